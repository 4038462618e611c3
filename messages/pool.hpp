// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/request.hpp>
#include <leanworker/messages/worker.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

/// What a pool and its client say to each other.
namespace leanworker {

/// Run this on some worker. Client → pool; answered with exactly one `submission_done`, with `overloaded` at once when the queue is full.
struct submit_request {
  ticket id = 0;
  std::string session_key;                      ///< Requests with equal keys like to share a worker (for Lean: the ordered imports). May be empty.
  std::string body;                             ///< JSON object with member `op`.
  std::chrono::milliseconds import_timeout{0};  ///< 0: the worker's default.
  std::chrono::milliseconds request_timeout{0}; ///< 0: the worker's default.
  friend bool operator==(const submit_request&, const submit_request&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, submit_request& x) {
  return f(x.id, x.session_key, x.body, x.import_timeout, x.request_timeout);
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

/// The one outcome of a submission. Pool → client.
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

/// End this submission now, queued or running. Client → pool. Its outcome is `cancelled` unless it ended first.
struct cancel_submission {
  ticket id = 0;
  friend bool operator==(const cancel_submission&, const cancel_submission&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, cancel_submission& x) {
  return f(x.id);
}

/// Take no more, end everything queued or running with `shutting_down`, stop all workers, then say `pool_stopped` and quit. Client → pool. Idempotent.
struct stop_pool {
  bool firmly = false; ///< Do not wait for the children's own good-byes.
  friend bool operator==(const stop_pool&, const stop_pool&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, stop_pool& x) {
  return f(x.firmly);
}

/// Every worker is stopped and every child reaped. Pool → client, once, its last word.
struct pool_stopped {
  std::uint32_t workers = 0;
  friend bool operator==(const pool_stopped&, const pool_stopped&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, pool_stopped& x) {
  return f(x.workers);
}

} // namespace leanworker
