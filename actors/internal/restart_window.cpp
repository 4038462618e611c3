// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/restart_window.hpp>

#include <algorithm>
#include <cmath>

namespace leanworker::internal {

restart_window::decision restart_window::failed(time_point now, bool became_ready, std::chrono::milliseconds uptime, double random,
                                                 bool under_request) {
  failed_starts_ = became_ready ? 0 : failed_starts_ + 1;
  if (!became_ready && failed_starts_ >= policy_.failed_starts_max)
    return {errc::start_limit, {}};
  while (!failures_.empty() && failures_.front() + policy_.period <= now)
    failures_.pop_front();
  failures_.push_back(now);
  if (failures_.size() > policy_.restarts_max)
    return {errc::restart_limit, {}};
  if (became_ready && under_request)
    return {};
  in_a_row_ = became_ready && uptime >= policy_.stable_after ? 1 : in_a_row_ + 1;
  auto initial = static_cast<double>(policy_.backoff_initial.count());
  auto highest = static_cast<double>(policy_.backoff_max.count());
  // Without a delay to grow from there is none: 0 times the infinity that a long row grows to would be no number.
  auto delay = initial > 0 ? std::min(highest, initial * std::pow(policy_.backoff_factor, in_a_row_ - 1)) : 0.0;
  delay *= 1.0 + policy_.jitter * (2.0 * random - 1.0);
  return {errc::none, std::chrono::milliseconds{std::llround(std::max(0.0, delay))}};
}

} // namespace leanworker::internal
