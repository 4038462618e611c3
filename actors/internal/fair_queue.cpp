// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/fair_queue.hpp>

#include <algorithm>

namespace leanworker::internal {
namespace {

std::size_t index_of(priority urgency) { return std::min<std::size_t>(static_cast<std::size_t>(urgency), priority_count - 1); }

} // namespace

fair_queue::rank fair_queue::rank_of(const entry& of, time_point now) const {
  auto level = static_cast<int>(index_of(of.what.urgency));
  if (config_.ageing_step.count() > 0 && now > of.what.since)
    level -= static_cast<int>(std::min<std::int64_t>(level, (now - of.what.since) / config_.ageing_step));
  // One that has risen stands before those that were born there, in the order of arrival: its own class's tags mean nothing among theirs.
  bool risen = level != static_cast<int>(index_of(of.what.urgency));
  return {level, risen ? -1.0 : of.start, of.arrival};
}

fair_queue::entry& fair_queue::insert(const waiter& what) {
  auto& added = entries_.emplace_back();
  added.what = what;
  added.arrival = ++last_arrival_;
  by_id_[what.id] = std::prev(entries_.end());
  ++callers_[index_of(what.urgency)][what.caller].waiting;
  return added;
}

bool fair_queue::push(const waiter& what) {
  if (entries_.size() >= config_.size_max)
    return false;
  forget_callers();
  auto& added = insert(what);
  auto level = index_of(what.urgency);
  auto& caller = callers_[level][what.caller];
  added.start = std::max(virtual_time_[level], caller.finish);
  caller.finish = added.start + 1.0 / std::max(1u, what.weight);
  return true;
}

void fair_queue::push_back_first(const waiter& what) {
  auto& added = insert(what);
  added.start = -1.0; // it has paid already
  added.arrival = 0;
}

bool fair_queue::remove(std::uint64_t id) {
  auto found = by_id_.find(id);
  if (found == by_id_.end())
    return false;
  const auto& what = found->second->what;
  auto& level = callers_[index_of(what.urgency)];
  if (auto caller = level.find(what.caller); caller != level.end())
    --caller->second.waiting;
  entries_.erase(found->second);
  by_id_.erase(found);
  return true;
}

std::optional<std::uint64_t> fair_queue::next_in_order(time_point now, const predicate& servable) const {
  const entry* first = nullptr;
  rank best{};
  for (const auto& candidate : entries_) {
    auto its = rank_of(candidate, now);
    if ((!first || its < best) && servable(candidate.what)) {
      first = &candidate;
      best = its;
    }
  }
  return first ? std::optional{first->what.id} : std::nullopt;
}

std::optional<std::uint64_t> fair_queue::take_for(time_point now, const predicate& servable, const predicate& warm) {
  struct candidate {
    rank its;
    entry* what;
  };
  std::vector<candidate> candidates;
  for (auto& one : entries_)
    if (servable(one.what))
      candidates.push_back({rank_of(one, now), &one});
  if (candidates.empty())
    return std::nullopt;
  auto by_rank = [](const candidate& a, const candidate& b) { return a.its < b.its; };
  auto chosen = std::min_element(candidates.begin(), candidates.end(), by_rank);
  auto first = *chosen;
  if (!warm(first.what->what)) {
    // The first warm one of the same class, unless it would pass somebody who has been passed often enough.
    std::erase_if(candidates, [&](const candidate& c) { return c.its.level != first.its.level; });
    std::sort(candidates.begin(), candidates.end(), by_rank);
    chosen = candidates.begin();
    while (chosen != candidates.end() && !warm(chosen->what->what) && chosen->what->overtaken < config_.overtaken_max)
      ++chosen;
    if (chosen == candidates.end() || !warm(chosen->what->what))
      chosen = candidates.begin();
    std::for_each(candidates.begin(), chosen, [](const candidate& passed) { ++passed.what->overtaken; });
  }
  auto level = index_of(chosen->what->what.urgency);
  virtual_time_[level] = std::max(virtual_time_[level], chosen->what->start);
  return chosen->what->what.id;
}

std::vector<std::uint64_t> fair_queue::expired(time_point now) const {
  std::vector<std::uint64_t> found;
  for (const auto& one : entries_)
    if (one.what.deadline <= now)
      found.push_back(one.what.id);
  return found;
}

std::optional<fair_queue::time_point> fair_queue::next_deadline() const {
  std::optional<time_point> next;
  for (const auto& one : entries_)
    if (!next || one.what.deadline < *next)
      next = one.what.deadline;
  return next;
}

std::optional<std::size_t> fair_queue::position(time_point now, std::uint64_t id) const {
  auto found = by_id_.find(id);
  if (found == by_id_.end())
    return std::nullopt;
  auto own = rank_of(*found->second, now);
  return static_cast<std::size_t>(
    std::count_if(entries_.begin(), entries_.end(), [&](const entry& other) { return rank_of(other, now) < own; }));
}

std::array<std::size_t, priority_count> fair_queue::depth(time_point) const {
  std::array<std::size_t, priority_count> result{};
  for (const auto& one : entries_)
    ++result[index_of(one.what.urgency)];
  return result;
}

std::array<std::chrono::nanoseconds, priority_count> fair_queue::oldest_wait(time_point now) const {
  std::array<std::chrono::nanoseconds, priority_count> result{};
  for (const auto& one : entries_) {
    auto& oldest = result[index_of(one.what.urgency)];
    oldest = std::max(oldest, std::chrono::nanoseconds{now - one.what.since});
  }
  return result;
}

/// A caller with nothing waiting whose tags the virtual time has passed is as good as new.
void fair_queue::forget_callers() {
  std::size_t known = 0;
  for (const auto& level : callers_)
    known += level.size();
  if (known < forget_at_)
    return;
  for (std::size_t level = 0; level < callers_.size(); ++level)
    std::erase_if(callers_[level], [&](const auto& caller) {
      return caller.second.waiting == 0 && caller.second.finish <= virtual_time_[level] + 1.0;
    });
  known = 0;
  for (const auto& level : callers_)
    known += level.size();
  forget_at_ = std::max<std::size_t>(256, 2 * known);
}

} // namespace leanworker::internal
