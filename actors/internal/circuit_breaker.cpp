// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/circuit_breaker.hpp>

#include <algorithm>
#include <cmath>

namespace leanworker::internal {

circuit_breakers::circuit& circuit_breakers::known(std::uint64_t key, time_point now) {
  if (!circuits_.contains(key) && circuits_.size() >= breakers_max) {
    auto oldest = std::min_element(circuits_.begin(), circuits_.end(),
                                   [](const auto& a, const auto& b) { return a.second.last_failure < b.second.last_failure; });
    circuits_.erase(oldest);
  }
  auto& found = circuits_[key];
  found.last_failure = now;
  return found;
}

void circuit_breakers::open(circuit& which, time_point now, double random) {
  auto highest = static_cast<double>(config_.open_max.count());
  auto time = std::min(highest, static_cast<double>(config_.open_initial.count()) * std::pow(config_.open_factor, which.times_open));
  time *= 1.0 + config_.jitter * (2.0 * random - 1.0);
  which.open = true;
  which.probing = false;
  which.until = now + std::chrono::milliseconds{std::llround(std::max(0.0, time))};
  which.times_open = std::min(which.times_open + 1, 64u);
}

bool circuit_breakers::admit(std::uint64_t key, time_point now) {
  auto found = circuits_.find(key);
  if (found == circuits_.end() || !found->second.open)
    return true;
  auto& which = found->second;
  if (now < which.until)
    return false;
  which.probing = true;
  which.until = now + probe_guard;
  return true;
}

bool circuit_breakers::success(std::uint64_t key) {
  auto found = circuits_.find(key);
  if (found == circuits_.end())
    return false;
  bool was_open = found->second.open;
  circuits_.erase(found);
  return was_open;
}

void circuit_breakers::failure(std::uint64_t key, time_point now, double random) {
  auto& which = known(key, now);
  ++which.failures;
  if (which.open ? which.probing : which.failures >= std::max(1u, config_.failures_max))
    open(which, now, random);
}

void circuit_breakers::trip(std::uint64_t key, time_point now, double random) {
  auto& which = known(key, now);
  if (!which.open || which.probing || now >= which.until)
    open(which, now, random);
}

breaker_state circuit_breakers::state(std::uint64_t key, time_point now) const {
  auto found = circuits_.find(key);
  if (found == circuits_.end() || !found->second.open)
    return breaker_state::closed;
  return found->second.probing || now >= found->second.until ? breaker_state::half_open : breaker_state::open;
}

std::chrono::milliseconds circuit_breakers::retry_after(std::uint64_t key, time_point now) const {
  auto found = circuits_.find(key);
  if (found == circuits_.end() || !found->second.open || found->second.until <= now)
    return {};
  return std::chrono::ceil<std::chrono::milliseconds>(found->second.until - now);
}

std::vector<circuit_breakers::entry> circuit_breakers::list(time_point now) const {
  std::vector<entry> result;
  for (const auto& [key, which] : circuits_)
    if (which.open)
      result.push_back({key, state(key, now), which.failures, retry_after(key, now)});
  return result;
}

} // namespace leanworker::internal
