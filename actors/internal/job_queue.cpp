// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/job_queue.hpp>

#include <algorithm>

namespace leanworker::internal {

bool job_queue::push(job entry) {
  if (jobs_.size() >= size_max_)
    return false;
  jobs_.push_back(std::move(entry));
  return true;
}

std::optional<job> job_queue::take(const std::set<std::string>& known_keys) {
  if (jobs_.empty())
    return std::nullopt;
  // The first job of a known key, unless that would overtake one that has been overtaken often enough.
  auto chosen = jobs_.begin();
  while (chosen != jobs_.end() && !known_keys.contains(chosen->request.session_key) && chosen->overtaken < overtaken_max_)
    ++chosen;
  if (chosen == jobs_.end() || !known_keys.contains(chosen->request.session_key))
    chosen = jobs_.begin();
  std::for_each(jobs_.begin(), chosen, [](job& passed) { ++passed.overtaken; });
  auto taken = std::move(*chosen);
  jobs_.erase(chosen);
  return taken;
}

std::optional<job> job_queue::remove(ticket id) {
  auto found = std::find_if(jobs_.begin(), jobs_.end(), [&](const job& entry) { return entry.request.id == id; });
  if (found == jobs_.end())
    return std::nullopt;
  auto taken = std::move(*found);
  jobs_.erase(found);
  return taken;
}

} // namespace leanworker::internal
