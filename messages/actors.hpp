// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/registry.hpp>

#include <caf/typed_actor.hpp>

/// Start reading here: every actor of leanworker and every message that it takes.
namespace leanworker {

/// Speaks for one child process, that is for one generation of a worker; born and dying with it. Sends its worker child_started, child_hello,
/// child_response, child_progress, child_log, child_row_refused, child_fault, and as its last word exactly one child_down. Puts the rows of a request into its port.
using child_link_actor = caf::typed_actor<
  /// Writes a frame to the child.
  caf::reacts_to<link_send>,
  /// Sets the cap on what the child may send.
  caf::reacts_to<link_accept>,
  /// Ends the child by the kill ladder.
  caf::reacts_to<link_stop>>;

/// A slot with a history: keeps one child running, generation after generation, and runs one request at a time on it. Sends its owner
/// request_done and worker_event.
using worker_actor = caf::typed_actor<
  // -- from its owner ---
  /// Runs a request; answered with exactly one request_done.
  caf::reacts_to<run_request>,
  /// Ends a request now.
  caf::reacts_to<cancel_request>,
  /// Ends the child for good; answered with the event `stopped`.
  caf::reacts_to<stop_worker>,
  /// Replaces the child after the running request.
  caf::reacts_to<cycle_worker>,
  /// Ends the child after the running request and starts no other; answered with the event `resting`.
  caf::reacts_to<rest_worker>,
  /// Ends the child now, for want of memory.
  caf::reacts_to<kill_child>,
  /// Answers with its state and counters.
  caf::replies_to<get_worker_status>::with<worker_status>,
  // -- from its link ---
  /// The process runs.
  caf::reacts_to<child_started>,
  /// The child introduced itself.
  caf::reacts_to<child_hello>,
  /// A request ended in the child.
  caf::reacts_to<child_response>,
  /// A request tells how far it is.
  caf::reacts_to<child_progress>,
  /// A line for the log.
  caf::reacts_to<child_log>,
  /// A row came that its request does not take.
  caf::reacts_to<child_row_refused>,
  /// The channel is broken; child_down follows.
  caf::reacts_to<child_fault>,
  /// The generation has ended.
  caf::reacts_to<child_down>,
  // -- from itself ---
  /// Its timer rang.
  caf::reacts_to<worker_timer>>;

/// What a worker's owner must take; the pool does.
using worker_owner_actor = caf::typed_actor<
  /// The one outcome of a request.
  caf::reacts_to<request_done>,
  /// What happened to a worker.
  caf::reacts_to<worker_event>>;

/// Measures the memory of children. Sends subscribers memory_report; never kills.
using rss_monitor_actor = caf::typed_actor<
  /// Measures this child from now on.
  caf::reacts_to<watch_process>,
  /// Measures it no more.
  caf::reacts_to<unwatch_process>,
  /// Sends the sender a report each time.
  caf::reacts_to<subscribe_memory>,
  /// Its timer rang.
  caf::reacts_to<monitor_timer>>;

/// What a pool's client must take.
using pool_client_actor = caf::typed_actor<
  /// A request went to a worker.
  caf::reacts_to<submission_started>,
  /// The one outcome of a submission, or of a request on a lease.
  caf::reacts_to<submission_done>,
  /// A wish for a lease was granted.
  caf::reacts_to<lease_granted>,
  /// It was not.
  caf::reacts_to<lease_refused>,
  /// A lease was invalidated.
  caf::reacts_to<lease_ended>>;

/// What a pool's owner must take: it is the client of messages without a sender, too.
using pool_owner_actor = pool_client_actor::extend<
  /// What happened to a worker.
  caf::reacts_to<worker_event>,
  /// The pool has ended.
  caf::reacts_to<pool_stopped>>;

/// Hears everything that happens in a pool.
using pool_watcher_actor = caf::typed_actor<caf::reacts_to<pool_event>>;

/// N workers behind one bounded, fair queue, with leases. Sends its clients what `pool_client_actor` says, its owner worker_event and at its end pool_stopped, its
/// watchers pool_event.
using pool_actor = worker_owner_actor::extend<
  // -- from clients ---
  /// Queues a request; answered with exactly one submission_done.
  caf::reacts_to<submit_request>,
  /// Queues a wish; answered with exactly one lease_granted or lease_refused.
  caf::reacts_to<acquire_lease>,
  /// Runs a request on a lease; answered with exactly one submission_done.
  caf::reacts_to<run_on_lease>,
  /// Keeps a lease from expiring.
  caf::reacts_to<renew_lease>,
  /// Ends a lease.
  caf::reacts_to<release_lease>,
  /// Ends a request or a wish now.
  caf::reacts_to<cancel_submission>,
  /// Where in the queue, and how long yet?
  caf::replies_to<get_queue_position>::with<queue_position>,
  // -- from anyone ---
  /// Sends the sender every pool_event.
  caf::reacts_to<subscribe_pool>,
  /// Gives out no more work.
  caf::reacts_to<pause_pool>,
  /// Undoes pause and drain.
  caf::reacts_to<resume_pool>,
  /// Admits nothing more; answers when all is done, at the latest at the deadline.
  caf::replies_to<drain_pool>::with<pool_drained>,
  caf::replies_to<resize_pool>::with<pool_answer>,
  caf::replies_to<cycle_pool>::with<pool_answer>,
  caf::replies_to<prewarm_key>::with<pool_answer>,
  caf::replies_to<list_quarantine>::with<quarantine_list>,
  caf::replies_to<release_quarantine>::with<pool_answer>,
  caf::replies_to<get_pool_snapshot>::with<pool_snapshot>,
  caf::replies_to<get_crash_dossiers>::with<crash_dossiers>,
  /// Ends everything.
  caf::reacts_to<stop_pool>,
  // -- from its monitor, and from itself ---
  caf::reacts_to<memory_report>,
  caf::reacts_to<pool_timer>,
  /// Time to look for a new monitor.
  caf::reacts_to<monitor_timer>>;

/// Writes a pool's events to a file. Sends its pool get_crash_dossiers after each unplanned end.
using event_log_actor = pool_watcher_actor::extend<
  /// The answer of the pool.
  caf::reacts_to<crash_dossiers>>;

/// Takes the rows of one request. A sink of the user's own is such an actor, or one that `row_sink` makes of a `row_consumer`. It sends the sender of its rows `rows_refused` when it
/// wants no more; its death says the same.
using row_sink_actor = caf::typed_actor<
  /// Rows, diagnostics, progress and log lines, in order. Held credit until let go.
  caf::reacts_to<row_slice>,
  /// All rows were sent, and they are good.
  caf::replies_to<finish_rows>::with<rows_finished>,
  /// They are void.
  caf::reacts_to<discard_rows>>;

/// Who has a stream runner run something.
using stream_requester_actor = caf::typed_actor<caf::reacts_to<stream_done>>;

/// Runs one request with rows: a pool's client on one side, the driver of a sink on the other. Sends its requester stream_done, its sink what `row_sink_actor` says.
using stream_runner_actor = pool_client_actor::extend<
  /// Rows, from the link of the child.
  caf::reacts_to<row_slice>,
  /// The sink wants no more.
  caf::reacts_to<rows_refused>,
  /// The requester wants no more.
  caf::reacts_to<cancel_stream>>;

} // namespace leanworker
