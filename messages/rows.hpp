// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/errc.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/// The rows of one request on their way from the link of a child to whoever uses them. No row is ever copied or sent alone: what travels are slices of the batches that the
/// host thread cut out of its reads.
namespace leanworker {

class frame_batch;

/// Neighbouring frames of one batch that belong to one request: rows, diagnostics, progress, log lines, in the order of the pipe. Who holds a slice holds its batch, and with it the
/// credit of its bytes: let it go soon. Read it with `visit_rows` (child/data_row.hpp).
struct row_slice {
  std::shared_ptr<const frame_batch> batch;
  std::uint32_t first = 0; ///< Index of the first frame in `batch->frames()`.
  std::uint32_t last = 0;  ///< Behind the last one.
};

struct stream_count {
  std::string stream;
  std::uint64_t rows = 0;
  friend bool operator==(const stream_count&, const stream_count&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, stream_count& x) {
  return f(x.stream, x.rows);
}

/// What is known about the rows of a request when it has ended. All times are measured in the parent; the child's own are in its result.
struct rows_summary {
  std::uint64_t rows = 0;          ///< That came from the child in order. They are worth something only if the request succeeded.
  std::uint64_t payload_bytes = 0; ///< Their JSON texts.
  std::vector<stream_count> streams; ///< In the order in which they began. Empty where the link did not come to say it.
  std::uint64_t notes = 0;           ///< Diagnostics, progress and log lines.
  std::uint64_t backpressure_waits = 0;          ///< How often reading stopped because the credit was used up.
  std::chrono::microseconds backpressure_time{0}; ///< How long, altogether.
  std::chrono::microseconds first_row_after{0};   ///< From the request's way to the child until its first row; 0 without rows.
  std::chrono::microseconds elapsed{0};           ///< From the request's way to the child until its last frame.
  friend bool operator==(const rows_summary&, const rows_summary&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, rows_summary& x) {
  return f(x.rows, x.payload_bytes, x.streams, x.notes, x.backpressure_waits, x.backpressure_time, x.first_row_after, x.elapsed);
}

/// How often and how long a child was not read because its user was slow. Written by the host thread, read by anyone.
struct backpressure_meter {
  std::atomic<std::uint64_t> waits{0};
  std::atomic<std::int64_t> waited_microseconds{0};
};

/// Bytes of frames that may be on their way for one request, where it does not say.
inline constexpr std::size_t row_credit_bytes_default = 4u << 20;

/// Where the link of the child puts the rows of one request. The request carries it; who made it takes the rows. Safe from any thread. Tells nothing about the request's end, which
/// comes as its outcome: all `take` calls of a request that succeeds have returned before its outcome is sent.
class row_port {
public:
  explicit row_port(std::size_t credit_bytes = row_credit_bytes_default) : credit_bytes_{credit_bytes} {}
  virtual ~row_port() = default;
  row_port(const row_port&) = delete;
  row_port& operator=(const row_port&) = delete;

  /// Called on the link's thread; return soon, never block, never throw. Of a request that was ended from this side (cancel, deadline) some rows that were on their way may come after its
  /// outcome: they are void, as all of them.
  virtual void take(row_slice slice) = 0;
  /// This child sends no more for the request. Not called when the link is lost, and again where the pool ran the request in a second child because nothing had come from the first.
  virtual void closed(rows_summary summary) = 0;

  std::size_t credit_bytes() const noexcept { return credit_bytes_; }
  const std::shared_ptr<backpressure_meter>& meter() const noexcept { return meter_; }
  /// Rows given to `take` so far.
  std::uint64_t delivered() const noexcept { return delivered_.load(std::memory_order_relaxed); }
  /// The link's way of counting.
  void count(std::uint64_t rows) noexcept { delivered_.fetch_add(rows, std::memory_order_relaxed); }

private:
  std::size_t credit_bytes_;
  std::shared_ptr<backpressure_meter> meter_ = std::make_shared<backpressure_meter>();
  std::atomic<std::uint64_t> delivered_{0};
};

using row_port_ptr = std::shared_ptr<row_port>;

} // namespace leanworker
