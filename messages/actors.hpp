// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/registry.hpp>

#include <caf/typed_actor.hpp>

/// Start reading here: every actor of leanworker and every message that it takes.
namespace leanworker {

/// Speaks for one child process, that is for one generation of a worker; born and dying with it. Sends its worker child_started, child_hello,
/// child_response, child_progress, child_log, child_fault, and as its last word exactly one child_down.
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

/// N workers behind one bounded queue. Sends its client submission_started, submission_done, worker_event, and at its end pool_stopped.
using pool_actor = worker_owner_actor::extend<
  /// Queues a request; answered with exactly one submission_done.
  caf::reacts_to<submit_request>,
  /// Ends a submission now.
  caf::reacts_to<cancel_submission>,
  /// Ends everything; answered with pool_stopped.
  caf::reacts_to<stop_pool>>;

/// What a pool's client must take.
using pool_client_actor = caf::typed_actor<
  /// A request went to a worker.
  caf::reacts_to<submission_started>,
  /// The one outcome of a submission.
  caf::reacts_to<submission_done>,
  /// What happened to a worker.
  caf::reacts_to<worker_event>,
  /// The pool has ended.
  caf::reacts_to<pool_stopped>>;

} // namespace leanworker
