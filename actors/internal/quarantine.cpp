// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/quarantine.hpp>

#include <leanworker/actors/internal/last_words.hpp>

#include <algorithm>

namespace leanworker::internal {

bool quarantine::killed(std::uint64_t fingerprint, std::uint32_t slot, const child_down& down, time_point now) {
  if (!records_.contains(fingerprint))
    make_room(now);
  auto& which = records_[fingerprint];
  if (lapsed(which, now))
    which = {};
  which.last = now;
  auto deaths_max = std::max(1u, config_.deaths_max);
  bool alone = down.ran_before.empty();
  // Those beyond the last that counts were on their way already.
  if ((which.children.size() < deaths_max || (alone && !which.alone)) && which.children.emplace(slot, down.generation).second) {
    which.alone = which.alone || alone;
    which.deaths.push_back(down);
    shorten_last_words(which.deaths.back());
  }
  // What ran before in the same child may have killed it, too.
  if (which.children.size() < deaths_max || !which.alone)
    return false;
  which.until = now + config_.time;
  return true;
}

void quarantine::absolve(std::uint64_t fingerprint) {
  if (!records_.empty())
    records_.erase(fingerprint);
}

std::optional<quarantine_entry> quarantine::find(std::uint64_t fingerprint, time_point now) const {
  auto found = records_.find(fingerprint);
  if (found == records_.end() || !locked(found->second, now))
    return std::nullopt;
  return quarantine_entry{fingerprint, std::chrono::ceil<std::chrono::milliseconds>(found->second.until - now), found->second.deaths};
}

std::vector<quarantine_entry> quarantine::list(time_point now) const {
  std::vector<quarantine_entry> result;
  for (const auto& [fingerprint, which] : records_)
    if (auto found = find(fingerprint, now))
      result.push_back(std::move(*found));
  return result;
}

bool quarantine::release(std::uint64_t fingerprint) {
  if (fingerprint != 0)
    return records_.erase(fingerprint) != 0;
  bool any = !records_.empty();
  records_.clear();
  return any;
}

/// A quarantine that is over, or the suspicion of one that never was in quarantine.
bool quarantine::lapsed(const record& which, time_point now) const {
  if (which.until != time_point{})
    return !locked(which, now);
  return which.last != time_point{} && which.last + config_.suspicion <= now;
}

void quarantine::make_room(time_point now) {
  auto entries_max = std::max<std::size_t>(1, config_.entries_max);
  if (records_.size() < entries_max)
    return;
  std::erase_if(records_, [&](const auto& entry) { return lapsed(entry.second, now); });
  if (records_.size() < entries_max)
    return;
  // The oldest suspect goes, before the oldest of those that are locked up.
  auto older = [](const auto& a, const auto& b) { return std::pair{a.second.until, a.second.last} < std::pair{b.second.until, b.second.last}; };
  records_.erase(std::min_element(records_.begin(), records_.end(), older));
}

} // namespace leanworker::internal
