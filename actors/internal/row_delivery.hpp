// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/row_consumer.hpp>

namespace leanworker::internal {

/// How long a sink may still take when its request has ended in the child: what the child has left of the request's time, at least `least`.
std::chrono::milliseconds sink_time_left(std::chrono::milliseconds request_timeout, const request_outcome& outcome) noexcept;
inline constexpr std::chrono::milliseconds sink_time_least{100};

/// A request that ended with `outcome`, but whose rows failed first with `status`.
request_outcome failed_by_sink(request_outcome outcome, const sink_status& status);

/// How many frames a consumer is given at a time. A deadline can only be looked at in between, so a slow consumer gets them one by one.
class slice_pacer {
public:
  std::uint32_t next() const noexcept { return next_; }
  void took(std::uint32_t frames, std::chrono::nanoseconds time) noexcept;

  static constexpr std::uint32_t frames_max = 8192;
  static constexpr std::chrono::milliseconds wanted_max{10};

private:
  std::uint32_t next_ = 1;
};

/// One consumer and one request: gives it the rows, catches what it throws, lets it finish or discard, and says how the request ended after all. Whoever drives it keeps the order.
class row_delivery {
public:
  using clock = row_consumer::clock;

  explicit row_delivery(row_consumer& consumer) : consumer_{consumer} {}

  /// False when the consumer has failed, now or before; then nothing is given to it any more.
  bool give(const row_slice& slice);
  /// From outside: it is too slow, or gone.
  void fail(sink_status status);
  /// Its failure came after that of the request, which is the one to be told.
  void forgive() { status_ = {}; }
  const sink_status& status() const noexcept { return status_; }

  /// The request's end; the consumer's `finish` or `discard` is called in here.
  request_outcome settle(request_outcome outcome, const rows_summary& summary, clock::time_point deadline);

private:
  template <class F>
  void guarded(F&& call);

  row_consumer& consumer_;
  sink_status status_;
};

} // namespace leanworker::internal
