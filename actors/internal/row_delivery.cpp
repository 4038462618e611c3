// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/row_delivery.hpp>

#include <algorithm>
#include <exception>

namespace leanworker::internal {

std::chrono::milliseconds sink_time_left(std::chrono::milliseconds request_timeout, const request_outcome& outcome) noexcept {
  auto used = std::chrono::duration_cast<std::chrono::milliseconds>(outcome.work_time);
  return std::max(sink_time_least, request_timeout - used);
}

void slice_pacer::took(std::uint32_t frames, std::chrono::nanoseconds time) noexcept {
  auto each = std::max<std::chrono::nanoseconds::rep>(1, time.count() / std::max(1u, frames));
  auto fitting = std::chrono::nanoseconds{wanted_max}.count() / each;
  // Growing by at most a factor, because one quick row says little about the next.
  next_ = static_cast<std::uint32_t>(std::clamp<std::chrono::nanoseconds::rep>(fitting, 1, std::min<std::uint32_t>(frames_max, next_ * 64)));
}

request_outcome failed_by_sink(request_outcome outcome, const sink_status& status) {
  outcome.code = status.code;
  outcome.message = status.message.empty() ? std::string{describe(status.code)} : status.message;
  outcome.body.clear();
  outcome.work_started = true; // rows came
  outcome.retry_safe = false;
  return outcome;
}

template <class F>
void row_delivery::guarded(F&& call) {
  try {
    call();
  } catch (const std::exception& problem) {
    status_ = sink_status::failed(std::string{"the sink threw: "} + problem.what());
  } catch (...) {
    status_ = sink_status::failed("the sink threw something that is no std::exception");
  }
}

bool row_delivery::give(const row_slice& slice) {
  if (status_.ok())
    guarded([&] { status_ = consumer_.rows(slice); });
  return status_.ok();
}

void row_delivery::fail(sink_status status) {
  if (status_.ok())
    status_ = std::move(status);
}

request_outcome row_delivery::settle(request_outcome outcome, const rows_summary& summary, clock::time_point deadline) {
  if (status_.ok() && outcome.ok())
    guarded([&] { status_ = consumer_.finish({summary, outcome.body, deadline}); });
  if (!status_.ok())
    outcome = failed_by_sink(std::move(outcome), status_);
  if (!outcome.ok())
    consumer_.discard(outcome);
  return outcome;
}

} // namespace leanworker::internal
