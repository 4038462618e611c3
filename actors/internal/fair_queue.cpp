// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/fair_queue.hpp>

#include <algorithm>

namespace leanworker::internal {
namespace {

std::size_t index_of(priority urgency) { return std::min<std::size_t>(static_cast<std::size_t>(urgency), priority_count - 1); }

} // namespace

std::size_t fair_queue::level_of(const waiter& what, time_point now) const {
  auto level = index_of(what.urgency);
  if (config_.ageing_step.count() > 0 && now > what.since)
    level -= std::min(level, static_cast<std::size_t>((now - what.since) / config_.ageing_step));
  return level;
}

void fair_queue::join(entry& which, std::size_t level) {
  which.level = level;
  auto& caller = accounts_[level][which.what.caller];
  if (caller.waiting++ == 0) {
    caller.next = virtual_time_[level];
    caller.weight = std::max(1u, which.what.weight);
  }
  which.payer = &caller;
}

void fair_queue::leave(entry& which) {
  if (which.payer && --which.payer->waiting == 0)
    accounts_[which.level].erase(which.what.caller);
  which.payer = nullptr;
}

void fair_queue::arrange(time_point now) {
  if (arranged_ && now < next_rise_)
    return;
  arranged_ = true;
  next_rise_ = time_point::max();
  for (auto& one : entries_) {
    auto level = level_of(one.what, now);
    if (level > 0 && config_.ageing_step.count() > 0) {
      auto steps = static_cast<int>(index_of(one.what.urgency) - level) + 1;
      next_rise_ = std::min(next_rise_, one.what.since + steps * config_.ageing_step);
    }
    if (one.payer && level != one.level) {
      leave(one);
      join(one, level);
    }
    one.level = level;
    if (one.payer)
      one.payer->seen = 0;
  }
  for (auto& one : entries_) {
    if (!one.payer) {
      one.at = {one.level, -1.0, static_cast<std::uint64_t>(one.what.since.time_since_epoch().count()), one.what.id};
      continue;
    }
    auto& caller = *one.payer;
    one.at = {one.level, caller.next + static_cast<double>(caller.seen++) / caller.weight, one.arrival, one.what.id};
  }
}

fair_queue::entry& fair_queue::insert(const waiter& what) {
  arranged_ = false;
  auto& added = entries_.emplace_back();
  added.what = what;
  added.arrival = ++last_arrival_;
  by_id_[what.id] = std::prev(entries_.end());
  return added;
}

bool fair_queue::push(const waiter& what) {
  if (entries_.size() >= config_.size_max)
    return false;
  auto& added = insert(what);
  join(added, index_of(what.urgency));
  added.payer->weight = std::max(1u, what.weight);
  return true;
}

void fair_queue::push_back_first(const waiter& what) { insert(what); }

bool fair_queue::remove(std::uint64_t id) {
  auto found = by_id_.find(id);
  if (found == by_id_.end())
    return false;
  arranged_ = false;
  auto& which = *found->second;
  if (which.taken && which.payer) {
    auto& caller = *which.payer;
    caller.next += 1.0 / caller.weight;
    virtual_time_[which.level] = std::max(virtual_time_[which.level], caller.next);
  }
  leave(which);
  entries_.erase(found->second);
  by_id_.erase(found);
  if (entries_.empty())
    virtual_time_ = {}; // nobody has a tag any more
  return true;
}

std::optional<fair_queue::head> fair_queue::first(time_point now) {
  arrange(now);
  auto first = std::min_element(entries_.begin(), entries_.end(), [](const entry& a, const entry& b) { return a.at < b.at; });
  return first == entries_.end() ? std::nullopt : std::optional{head{first->level, first->what.since, first->what.id}};
}

std::optional<std::uint64_t> fair_queue::next_in_order(time_point now, const predicate& servable) {
  arrange(now);
  const entry* first = nullptr;
  for (const auto& candidate : entries_)
    if ((!first || candidate.at < first->at) && servable(candidate.what))
      first = &candidate;
  return first ? std::optional{first->what.id} : std::nullopt;
}

std::optional<std::uint64_t> fair_queue::take_for(time_point now, const predicate& servable, const predicate& warm) {
  arrange(now);
  std::vector<entry*> candidates;
  for (auto& one : entries_)
    if (servable(one.what))
      candidates.push_back(&one);
  if (candidates.empty())
    return std::nullopt;
  auto by_place = [](const entry* a, const entry* b) { return a->at < b->at; };
  auto chosen = std::min_element(candidates.begin(), candidates.end(), by_place);
  if (!warm((*chosen)->what)) {
    // The first warm one of the same class, unless it would pass somebody who has been passed often enough.
    std::erase_if(candidates, [level = (*chosen)->level](const entry* other) { return other->level != level; });
    std::sort(candidates.begin(), candidates.end(), by_place);
    chosen = candidates.begin();
    while (chosen != candidates.end() && !warm((*chosen)->what) && (*chosen)->overtaken < config_.overtaken_max)
      ++chosen;
    if (chosen == candidates.end() || !warm((*chosen)->what))
      chosen = candidates.begin();
    std::for_each(candidates.begin(), chosen, [](entry* passed) { ++passed->overtaken; });
  }
  (*chosen)->taken = true;
  return (*chosen)->what.id;
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

std::optional<std::size_t> fair_queue::position(time_point now, std::uint64_t id) {
  auto found = by_id_.find(id);
  if (found == by_id_.end())
    return std::nullopt;
  arrange(now);
  const auto& own = found->second->at;
  return static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), [&](const entry& other) { return other.at < own; }));
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

} // namespace leanworker::internal
