// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/frame_batch.hpp>
#include <leanworker/child/internal/json_scan.hpp>
#include <leanworker/child/internal/serve_output.hpp>
#include <leanworker/child/serve.hpp>

#include <deque>
#include <memory>

namespace leanworker::internal {

/// The body of an error response, cut so that it fits `body_bytes_max`.
std::string error_body(std::string_view code, std::string_view message, std::uint32_t body_bytes_max);

/// A request that was accepted: what its handler sees, and what the loop knows about it.
class running_request final : public request_context {
public:
  /// The views of `scanned` and `op` point into `storage`, which is kept.
  running_request(std::uint64_t id, std::string op, std::string_view body, json_scan_result scanned, frame_batch_ptr storage, serve_output& output)
      : id_{id}, op_{std::move(op)}, body_{body}, scanned_{std::move(scanned)}, storage_{std::move(storage)}, output_{output} {}

  std::uint64_t id() const noexcept override { return id_; }
  std::string_view op() const noexcept override { return op_; }
  std::string_view body() const noexcept override { return body_; }
  std::string_view member(std::string_view name) const noexcept override { return scanned_.find(name); }
  void emit_row(std::string_view stream, std::string_view payload_json) override;
  void diagnostic(std::string_view code, std::string_view message) override;
  void progress(std::string_view phase, std::uint64_t current, std::optional<std::uint64_t> total) override;
  void log(log_level level, std::string_view message) override;
  bool cancelled() const noexcept override { return cancelled_; }
  bool wait_cancelled(std::chrono::milliseconds time) override;

  void cancel();
  /// Calls the handler and checks what comes out of it.
  request_result run(child_host& host);

private:
  void event(frame_kind kind, std::string_view first_name, std::string_view first, std::string_view message);
  request_result call(child_host& host);

  const std::uint64_t id_;
  const std::string op_;
  const std::string_view body_;
  const json_scan_result scanned_;
  const frame_batch_ptr storage_;
  serve_output& output_;

  std::atomic<bool> cancelled_{false};
  std::mutex cancel_mutex_;
  std::condition_variable cancel_changed_;
  std::mutex rows_mutex_;
  std::vector<std::pair<std::string, std::uint64_t>> next_sequences_; ///< Per stream; few streams, so a list.
  std::atomic<bool> row_too_large_{false};
};

/// Runs accepted requests on `in_flight_max` threads, and answers them.
class request_runner {
public:
  request_runner(child_host& host, serve_output& output, std::uint32_t in_flight_max);
  ~request_runner();

  /// False when `in_flight_max` requests are running.
  bool start(std::shared_ptr<running_request> request);
  /// An id that is not running is ignored.
  void cancel(std::uint64_t id);
  std::vector<std::uint64_t> running() const;
  std::uint64_t done() const;
  /// Cancels everything. False if a handler has not returned by the deadline; then this object must not be destroyed.
  bool stop(std::chrono::steady_clock::time_point deadline);

private:
  void work();
  void answer(std::uint64_t id, const request_result& result);

  child_host& host_;
  serve_output& output_;
  const std::size_t in_flight_max_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable idle_changed_;
  std::vector<std::shared_ptr<running_request>> running_; ///< Started or queued, and not yet answered.
  std::deque<std::shared_ptr<running_request>> queue_;
  std::size_t busy_threads_ = 0;
  std::uint64_t done_ = 0;
  bool over_ = false;
  std::vector<std::thread> threads_;
};

} // namespace leanworker::internal
