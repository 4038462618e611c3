// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/priority.hpp>
#include <leanworker/messages/request.hpp>
#include <leanworker/messages/session_key.hpp>

#include <chrono>
#include <cstdint>
#include <string>

/// Leases: the right of one caller to be the only user of one generation of one worker. A lease ends exactly once: released by its holder, dropped because the
/// holder died, or invalidated with a cause. Afterwards its token opens nothing: what is asked with it fails at once and touches no worker.
namespace leanworker {

/// Names a lease. A token is worth nothing to others: the pool checks who sends it.
struct lease_token {
  std::uint64_t number = 0; ///< Unique in the life of a pool; 0: none.
  std::uint32_t slot = 0;
  std::uint64_t generation = 0;
  friend bool operator==(const lease_token&, const lease_token&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, lease_token& x) {
  return f(x.number, x.slot, x.generation);
}

/// Client → pool; answered with exactly one `lease_granted` or `lease_refused`, whatever happens, within `wait` and a moment.
struct acquire_lease {
  ticket id = 0; ///< Unique among the sender's running requests; `cancel_submission` takes it.
  session_key key;
  std::string caller; ///< Whose share of the queue this counts on. Empty: the sender is a caller of its own.
  priority urgency = priority::normal;
  unsigned weight = 1; ///< Of the caller, among the callers of its class. The last one named counts.
  std::chrono::milliseconds wait{0}; ///< At most this long in the queue; 0: the pool's default. Longer than the pool's maximum means that maximum.
  std::chrono::milliseconds expiry{0}; ///< The lease ends with `lease_expired` after this time without work and without `renew_lease`; 0: the pool's default.
  friend bool operator==(const acquire_lease&, const acquire_lease&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, acquire_lease& x) {
  return f(x.id, x.key, x.caller, x.urgency, x.weight, x.wait, x.expiry);
}

/// Pool → client. The worker is ready; it is the holder's alone.
struct lease_granted {
  ticket id = 0;
  lease_token lease;
  std::chrono::microseconds waited{0}; ///< In the queue, measured.
  bool warm = false; ///< The worker has served this key in this generation.
  friend bool operator==(const lease_granted&, const lease_granted&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, lease_granted& x) {
  return f(x.id, x.lease, x.waited, x.warm);
}

/// Pool → client. Nothing was started for it.
struct lease_refused {
  ticket id = 0;
  errc code = errc::none; ///< `queue_timeout`, `overloaded`, `cancelled`, `draining`, `shutting_down`, `circuit_open`, `memory_refused`, `invalid_argument`.
  std::string detail; ///< For people: the numbers.
  std::chrono::microseconds waited{0}; ///< In the queue, measured; not what was asked for.
  std::chrono::milliseconds retry_after{0}; ///< When it may be worth asking again; 0: unknown.
  child_down last_failure; ///< `circuit_open`: how the last child for this key ended.
  friend bool operator==(const lease_refused&, const lease_refused&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, lease_refused& x) {
  return f(x.id, x.code, x.detail, x.waited, x.retry_after, x.last_failure);
}

/// Run this on the leased worker. Holder → pool; answered with exactly one `submission_done`.
struct run_on_lease {
  lease_token lease;
  ticket id = 0;
  std::string body; ///< JSON object with member `op`.
  std::chrono::milliseconds import_timeout{0}; ///< 0: the worker's default.
  std::chrono::milliseconds request_timeout{0}; ///< 0: the worker's default.
  bool idempotent = false; ///< Running it twice does no harm; only said back in `retry_safe`: a leased request is never retried by the pool.
  std::uint64_t fingerprint = 0; ///< What is quarantined when it kills two children; 0: made from key and body.
  row_port_ptr rows{}; ///< As in `run_request`.
  friend bool operator==(const run_on_lease&, const run_on_lease&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, run_on_lease& x) {
  return f(x.lease, x.id, x.body, x.import_timeout, x.request_timeout, x.idempotent, x.fingerprint);
}

/// The holder is alive. Holder → pool. Ignored when the lease has ended; `lease_ended` says so.
struct renew_lease {
  lease_token lease;
  friend bool operator==(const renew_lease&, const renew_lease&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, renew_lease& x) {
  return f(x.lease);
}

/// The holder needs it no more. Holder → pool. A request that runs on it is cancelled. Idempotent.
struct release_lease {
  lease_token lease;
  friend bool operator==(const release_lease&, const release_lease&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, release_lease& x) {
  return f(x.lease);
}

/// The lease was invalidated; not said after a release. Pool → holder, once, after the outcome of a request that ran on it.
struct lease_ended {
  lease_token lease;
  errc cause = errc::none; ///< How the generation ended, a deadline, `cancelled`, `cycled`, `memory_limit`, `memory_pressure`, `lease_expired`, `draining`, `shutting_down`.
  std::string detail; ///< For people.
  child_down down; ///< The child's end, where that is why.
  friend bool operator==(const lease_ended&, const lease_ended&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, lease_ended& x) {
  return f(x.lease, x.cause, x.detail, x.down);
}

} // namespace leanworker
