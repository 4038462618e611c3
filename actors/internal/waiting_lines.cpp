// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/waiting_lines.hpp>

#include <algorithm>

namespace leanworker::internal {

waiting_lines::line& waiting_lines::open(const key_ptr& key, const waiter& first) {
  auto found = lines_.find(key->bind);
  if (found == lines_.end())
    found = lines_.emplace(key->bind, line{key, fair_queue{config_}, first.id, first.since}).first;
  return found->second;
}

bool waiting_lines::push(const key_ptr& key, const waiter& entry) {
  if (size_ >= config_.size_max || !open(key, entry).queue.push(entry))
    return false;
  ++size_;
  return true;
}

void waiting_lines::push_back_first(const key_ptr& key, const waiter& entry) {
  open(key, entry).queue.push_back_first(entry);
  ++size_;
}

void waiting_lines::remove(std::uint64_t bind, std::uint64_t id) {
  auto found = lines_.find(bind);
  if (found == lines_.end() || !found->second.queue.remove(id))
    return;
  --size_;
  if (found->second.queue.empty())
    lines_.erase(found);
}

std::vector<std::uint64_t> waiting_lines::expired(time_point now) const {
  std::vector<std::uint64_t> found;
  for (const auto& [bind, one] : lines_)
    for (auto id : one.queue.expired(now))
      found.push_back(id);
  std::sort(found.begin(), found.end());
  return found;
}

std::optional<time_point> waiting_lines::next_deadline() const {
  std::optional<time_point> next;
  for (const auto& [bind, one] : lines_)
    if (auto its = one.queue.next_deadline(); its && (!next || *its < *next))
      next = its;
  return next;
}

std::optional<std::size_t> waiting_lines::position(time_point now, std::uint64_t bind, std::uint64_t id) {
  auto found = lines_.find(bind);
  return found == lines_.end() ? std::nullopt : found->second.queue.position(now, id);
}

std::array<std::size_t, priority_count> waiting_lines::depth(time_point now) const {
  std::array<std::size_t, priority_count> sum{};
  for (const auto& [bind, one] : lines_) {
    auto its = one.queue.depth(now);
    for (std::size_t i = 0; i < sum.size(); ++i)
      sum[i] += its[i];
  }
  return sum;
}

std::array<std::chrono::nanoseconds, priority_count> waiting_lines::oldest_wait(time_point now) const {
  std::array<std::chrono::nanoseconds, priority_count> oldest{};
  for (const auto& [bind, one] : lines_) {
    auto its = one.queue.oldest_wait(now);
    for (std::size_t i = 0; i < oldest.size(); ++i)
      oldest[i] = std::max(oldest[i], its[i]);
  }
  return oldest;
}

} // namespace leanworker::internal
