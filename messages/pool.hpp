// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/lease.hpp>
#include <leanworker/messages/worker.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

/// What a pool and its clients say to each other. Whoever sends a pool `submit_request` or `acquire_lease` is a client: answers go to the sender, and its death
/// cancels what it asked for. The pool's owner, named when it is spawned, hears the worker events besides, and is the client where a message has no sender.
namespace leanworker {

/// Run this on some worker. Client → pool; answered with exactly one `submission_done`, with `overloaded` at once when the queue is full.
struct submit_request {
  ticket id = 0; ///< Unique among the sender's running requests.
  session_key key; ///< Requests with equal keys like to share a worker.
  std::string body; ///< JSON object with member `op`.
  std::chrono::milliseconds import_timeout{0}; ///< 0: the worker's default.
  std::chrono::milliseconds request_timeout{0}; ///< 0: the worker's default.
  std::string caller; ///< As in `acquire_lease`.
  priority urgency = priority::normal;
  unsigned weight = 1;
  std::chrono::milliseconds wait{0}; ///< At most this long in the queue; 0: the pool's default.
  bool idempotent = false; ///< Running it twice does no harm: the pool may try it again after its child died.
  std::uint64_t fingerprint = 0; ///< What is quarantined when it kills two children; 0: made from key and body.
  std::string label; ///< What people call it, such as a file's name; at most 256 bytes are kept. Deaths tell by it what ran before.
  row_port_ptr rows{}; ///< As in `run_request`. Once a row has come, it is not tried again, idempotent or not.
  friend bool operator==(const submit_request&, const submit_request&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, submit_request& x) {
  return f(x.id, x.key, x.body, x.import_timeout, x.request_timeout, x.caller, x.urgency, x.weight, x.wait, x.idempotent, x.fingerprint, x.label);
}

/// A queued request was handed to a worker. Pool → client; again if its worker died and it is tried a second time.
struct submission_started {
  ticket id = 0;
  std::uint32_t worker = 0;
  friend bool operator==(const submission_started&, const submission_started&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, submission_started& x) {
  return f(x.id, x.worker);
}

/// The one outcome of a submission, or of a request on a lease. Pool → client.
struct submission_done {
  ticket id = 0;
  request_outcome outcome;
  std::vector<child_down> deaths; ///< The children that died while they ran it, oldest first.
  friend bool operator==(const submission_done&, const submission_done&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, submission_done& x) {
  return f(x.id, x.outcome, x.deaths);
}

/// End this now, queued, starting or running. Client → pool. Its outcome is `cancelled` unless it ended first. Unknown tickets are ignored.
struct cancel_submission {
  ticket id = 0;
  friend bool operator==(const cancel_submission&, const cancel_submission&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, cancel_submission& x) {
  return f(x.id);
}

/// Where is this? Client → pool; answered with `queue_position`.
struct get_queue_position {
  ticket id = 0;
  friend bool operator==(const get_queue_position&, const get_queue_position&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, get_queue_position& x) {
  return f(x.id);
}

struct queue_position {
  bool queued = false; ///< False: it is not in the queue.
  std::size_t before = 0; ///< How many stand before it now.
  std::chrono::microseconds expected_wait{0}; ///< Those before it, and one that runs, times the mean service time so far, over the workers. An estimate; 0 while nothing is known.
  friend bool operator==(const queue_position&, const queue_position&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, queue_position& x) {
  return f(x.queued, x.before, x.expected_wait);
}

/// Give out no more work; what runs goes on, what comes is queued. Anyone → pool. Idempotent.
struct pause_pool {
  bool unused = false;
  friend bool operator==(const pause_pool&, const pause_pool&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, pause_pool& x) {
  return f(x.unused);
}

/// Undo `pause_pool` and `drain_pool`. Anyone → pool. Idempotent.
struct resume_pool {
  bool unused = false;
  friend bool operator==(const resume_pool&, const resume_pool&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, resume_pool& x) {
  return f(x.unused);
}

/// Admit nothing more (`draining`), work off what is queued and running. What is left at the deadline ends with `draining`. Anyone → pool; answered with
/// `pool_drained`. A second one while draining only shortens the deadline.
struct drain_pool {
  std::chrono::milliseconds deadline{60'000}; ///< From now.
  friend bool operator==(const drain_pool&, const drain_pool&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, drain_pool& x) {
  return f(x.deadline);
}

struct pool_drained {
  bool complete = false; ///< Everything ended by itself.
  std::size_t ended = 0; ///< Requests and leases that the deadline ended.
  friend bool operator==(const pool_drained&, const pool_drained&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, pool_drained& x) {
  return f(x.complete, x.ended);
}

/// Change the number of workers. Those too many finish what they do, then end. Anyone → pool. Idempotent.
struct resize_pool {
  unsigned workers = 0; ///< At least 1.
  friend bool operator==(const resize_pool&, const resize_pool&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, resize_pool& x) {
  return f(x.workers);
}

/// Which workers `cycle_pool` replaces.
enum class cycle_scope : std::uint8_t {
  one,     ///< The slot named.
  all,     ///< Every one before its next work, at the same time.
  rolling, ///< One after the other: the next only after the one before is ready again, so that capacity stays.
};

/// Replace generations as planned. Loses no request; a lease on a generation that is replaced ends with `cycled` as soon as its holder has no request running. Anyone →
/// pool. Idempotent: a slot that is being replaced is not replaced again. Answered with `circuit_open` where a child goes on because no other can be started.
struct cycle_pool {
  cycle_scope scope = cycle_scope::all;
  std::uint32_t slot = 0; ///< For `one`.
  friend bool operator==(const cycle_pool&, const cycle_pool&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, cycle_pool& x) {
  return f(x.scope, x.slot);
}

/// Keep this many workers warm for a key: started in advance, its session opened, not evicted, replaced ahead of a planned end. A session is opened when its child is idle and nobody
/// waits, once per generation: asking again opens it again where the child may have forgotten it. 0 ends it. Anyone → pool.
struct prewarm_key {
  session_key key;
  unsigned workers = 1;
  friend bool operator==(const prewarm_key&, const prewarm_key&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, prewarm_key& x) {
  return f(x.key, x.workers);
}

/// The pool's answer to an order.
struct pool_answer {
  errc code = errc::none;
  std::string text; ///< For people.
  friend bool operator==(const pool_answer&, const pool_answer&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, pool_answer& x) {
  return f(x.code, x.text);
}

/// Anyone → pool; answered with `quarantine_list`.
struct list_quarantine {
  bool unused = false;
  friend bool operator==(const list_quarantine&, const list_quarantine&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, list_quarantine& x) {
  return f(x.unused);
}

/// A request that is refused because it killed two children.
struct quarantine_entry {
  std::uint64_t fingerprint = 0;
  std::chrono::milliseconds left{0}; ///< Until it may be tried again.
  std::vector<child_down> deaths; ///< Oldest first.
  friend bool operator==(const quarantine_entry&, const quarantine_entry&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, quarantine_entry& x) {
  return f(x.fingerprint, x.left, x.deaths);
}

struct quarantine_list {
  std::vector<quarantine_entry> entries;
  friend bool operator==(const quarantine_list&, const quarantine_list&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, quarantine_list& x) {
  return f(x.entries);
}

/// Let a fingerprint be tried again; 0: all of them. Anyone → pool.
struct release_quarantine {
  std::uint64_t fingerprint = 0;
  friend bool operator==(const release_quarantine&, const release_quarantine&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, release_quarantine& x) {
  return f(x.fingerprint);
}

/// Take no more, end everything queued or running with `shutting_down`, stop all workers, say `pool_stopped` to the owner, and quit. Anyone → pool. Idempotent;
/// a firm or earlier order hastens one that is under way.
struct stop_pool {
  bool firmly = false; ///< Do not wait for the children's own good-byes.
  std::chrono::milliseconds deadline{0}; ///< From now until the children are ended firmly; 0: the kill ladder's own bounds.
  friend bool operator==(const stop_pool&, const stop_pool&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, stop_pool& x) {
  return f(x.firmly, x.deadline);
}

/// Every worker is stopped and every child reaped. Pool → owner, once, its last word.
struct pool_stopped {
  std::uint32_t workers = 0;
  std::uint32_t graceful = 0; ///< Children that left by themselves when asked.
  std::uint32_t killed = 0; ///< By a signal.
  std::uint32_t already_down = 0; ///< Workers without a child.
  std::uint32_t abandoned = 0; ///< Workers or links that were lost, or did not report in time.
  std::size_t requests_ended = 0; ///< Queued or running, ended with `shutting_down`.
  std::size_t leases_ended = 0;
  std::chrono::microseconds elapsed{0}; ///< From the order.
  friend bool operator==(const pool_stopped&, const pool_stopped&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, pool_stopped& x) {
  return f(x.workers, x.graceful, x.killed, x.already_down, x.abandoned, x.requests_ended, x.leases_ended, x.elapsed);
}

/// The pool's timer rang. Pool → itself.
struct pool_timer {
  bool unused = false;
  friend bool operator==(const pool_timer&, const pool_timer&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, pool_timer& x) {
  return f(x.unused);
}

} // namespace leanworker
