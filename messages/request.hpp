// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/child.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

/// A request as its caller sees it, and the one outcome that it ends with.
namespace leanworker {

/// Chosen by the caller, unique among its running requests; comes back in the outcome.
using ticket = std::uint64_t;

/// How far a request had come when it ended.
enum class request_phase : std::uint8_t {
  queue,  ///< Not yet given to a worker.
  start,  ///< Given to a worker whose child was not ready; nothing was sent.
  import, ///< The child was importing for it.
  work,   ///< It was sent, and the child may have acted on it.
};
std::string_view to_string(request_phase phase) noexcept;

/// `request_outcome::worker` of a request that no worker had.
inline constexpr std::uint32_t no_worker_id = 0xffff'ffff;

/// How one request ended. Exactly one per accepted request.
struct request_outcome {
  errc code = errc::none;         ///< `none`: `body` is the child's result.
  std::string body;               ///< JSON text; the child's error object when `code` is `child_refused`.
  std::string message;            ///< For people; empty on success.
  bool work_started = false;      ///< The request reached a child that may have acted on it. When false, running it again is harmless.
  std::uint64_t generation = 0;   ///< The generation that it ran in, or was meant for.
  child_down down;                ///< The child's end, where that is why; `down.cause` is `none` otherwise.
  std::chrono::milliseconds elapsed{0}; ///< From dispatch to the outcome, in the parent.
  request_phase phase = request_phase::queue;
  bool retry_safe = false;              ///< Running it again cannot do harm: it never started, or its caller calls it idempotent. Only of failures.
  std::uint32_t worker = no_worker_id;  ///< The worker (slot) that had it last.
  std::uint64_t rows_delivered = 0;     ///< Rows that were handed to its port by then, tentative unless `ok`.
  std::chrono::microseconds waited{0};  ///< In the queue, measured.
  std::chrono::milliseconds retry_after{0}; ///< Of a refusal: when it may be worth asking again; 0: unknown.
  std::chrono::microseconds import_time{0};
  std::chrono::microseconds work_time{0}; ///< From dispatch, or from the end of the import.
  std::chrono::milliseconds processor_wait{0}; ///< How long its child was ready to run and got no processor. Only measured of long requests.
  std::chrono::microseconds cpu_time{0}; ///< Processor time of its child, all threads, from dispatch to the outcome; 0: not known, as of a child that died.
  partial_results partial; ///< Of a request without an answer: how far it came.
  bool panicked = false;   ///< Lean told of a panic while it ran and went on with a default value: the result may be wrong.
  std::string panic;       ///< The first line of that.
  bool retire = false;     ///< The child asks to be replaced before its next request.

  bool ok() const noexcept { return code == errc::none; }
  friend bool operator==(const request_outcome&, const request_outcome&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, request_outcome& x) {
  return f(x.code, x.body, x.message, x.work_started, x.generation, x.down, x.elapsed, x.phase, x.retry_safe, x.worker,
           x.rows_delivered, x.waited, x.retry_after, x.import_time, x.work_time, x.processor_wait, x.cpu_time, x.partial, x.panicked, x.panic,
           x.retire);
}

/// Run this. Pool → worker; answered with `request_done`. Refused with `worker_busy` while another one runs.
struct run_request {
  ticket id = 0;
  std::string body;                             ///< JSON object with member `op`.
  std::chrono::milliseconds import_timeout{0};  ///< 0: the worker's default.
  std::chrono::milliseconds request_timeout{0}; ///< 0: the worker's default. Runs from dispatch, or from the end of the import.
  row_port_ptr rows{}; ///< Takes its rows, diagnostics and progress while it runs; null: a row ends it with `row_without_sink`. Stays in this process.
  bool pinned = false; ///< Only on this generation: if that has ended, or ends before dispatch, so does the request, with `work_started` false.
  std::uint64_t generation = 0; ///< Of `pinned`.
  friend bool operator==(const run_request&, const run_request&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, run_request& x) {
  return f(x.id, x.body, x.import_timeout, x.request_timeout, x.pinned, x.generation);
}

/// End this request now. Pool → worker; its outcome is `cancelled` unless it ended first. Unknown tickets are ignored.
struct cancel_request {
  ticket id = 0;
  friend bool operator==(const cancel_request&, const cancel_request&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, cancel_request& x) {
  return f(x.id);
}

/// The outcome. Worker → its owner, exactly one per `run_request`.
struct request_done {
  std::uint32_t worker = 0;
  ticket id = 0;
  request_outcome outcome;
  friend bool operator==(const request_done&, const request_done&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, request_done& x) {
  return f(x.worker, x.id, x.outcome);
}

} // namespace leanworker
