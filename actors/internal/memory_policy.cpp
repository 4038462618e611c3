// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/memory_policy.hpp>

#include <algorithm>

namespace leanworker::internal {
namespace {

std::string mib(std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

std::uint64_t share(std::uint64_t bytes, double of) { return static_cast<std::uint64_t>(static_cast<double>(bytes) * of); }

template <class Better>
const memory_slot* choose(const std::vector<memory_slot>& slots, bool (*eligible)(const memory_slot&), Better better) {
  const memory_slot* best = nullptr;
  for (const auto& slot : slots)
    if (!slot.ending && eligible(slot) && (!best || better(slot, *best)))
      best = &slot;
  return best;
}

bool used_longer_ago(const memory_slot& a, const memory_slot& b) { return a.last_used < b.last_used; }
bool newer(const memory_slot& a, const memory_slot& b) { return a.started > b.started; }

} // namespace

std::string memory_admission::text() const {
  if (blind)
    return "it is not known yet what a child takes, or what there is; the next one is started when that was measured";
  auto text = mib(use.total()) + " of " + mib(use.limit) + " are taken";
  if (use.unknown != 0)
    text += " (" + std::to_string(use.unknown) + " children not measured, reckoned at " + mib(use.reserved) + ")";
  if (use.projected > use.total())
    text += ", and " + mib(use.projected) + " may be";
  return wanted == 0 ? text : text + "; a child like this takes " + mib(wanted);
}

void memory_policy::observe(std::uint64_t bind, std::uint64_t bytes) {
  if (highest_.size() >= kinds_max && !highest_.contains(bind))
    highest_.erase(highest_.begin());
  auto& highest = highest_[bind];
  highest = std::max(highest, bytes);
}

std::uint64_t memory_policy::reservation(std::uint64_t bind) const {
  if (auto known = highest_.find(bind); known != highest_.end())
    return config_.worker_bytes_max == 0 ? known->second : std::min(known->second, config_.worker_bytes_max); // none lives that takes more
  std::uint64_t highest = config_.reservation_bytes;
  for (const auto& [kind, bytes] : highest_)
    highest = std::max(highest, bytes);
  return highest;
}

std::uint64_t memory_policy::budget(const machine_memory& machine) const {
  if (config_.budget_bytes != 0 || config_.budget_share <= 0)
    return config_.budget_bytes;
  auto ceiling = machine.total;
  if (machine.group_limit.known && (!ceiling.known || machine.group_limit.bytes < ceiling.bytes))
    ceiling = machine.group_limit;
  return ceiling.known ? share(ceiling.bytes, std::min(1.0, config_.budget_share)) : 0;
}

memory_use memory_policy::use(const std::vector<memory_slot>& slots, const machine_memory& machine) const {
  memory_use result;
  result.limit = budget(machine);
  for (const auto& slot : slots) {
    if (slot.bytes.known) {
      result.used += slot.bytes.bytes;
    } else {
      result.reserved += reservation(slot.bind);
      ++result.unknown;
    }
    auto now = slot.bytes.known ? slot.bytes.bytes : 0;
    result.projected += slot.ending ? now : std::max(now, reservation(slot.bind));
  }
  return result;
}

memory_admission memory_policy::admit(std::uint64_t bind, const std::vector<memory_slot>& slots, const machine_memory& machine) const {
  memory_admission result;
  result.use = use(slots, machine);
  result.wanted = reservation(bind);
  result.blind = blind(bind, slots, machine);
  auto limit = result.use.limit;
  if (result.blind)
    result.admitted = false;
  else if (limit != 0)
    result.admitted = result.use.total() < share(limit, config_.pause_at) && result.use.projected + result.wanted < share(limit, config_.doom_at);
  return result;
}

bool memory_policy::blind(std::uint64_t bind, const std::vector<memory_slot>& slots, const machine_memory& machine) const {
  bool wanted = config_.budget_bytes != 0 || config_.budget_share > 0;
  if (!measured_ || !wanted)
    return false;
  if (budget(machine) == 0)
    return !slots.empty();
  return reservation(bind) == 0 && std::any_of(slots.begin(), slots.end(), [](const memory_slot& slot) { return !slot.bytes.known; });
}

const memory_slot* memory_policy::over_hard_limit(const std::vector<memory_slot>& slots, bool hopeless) const {
  auto limit = config_.worker_bytes_max;
  const memory_slot* largest = nullptr;
  for (const auto& slot : slots) {
    bool over = limit != 0 && !slot.ending && slot.bytes.known && slot.bytes.bytes >= limit;
    bool was_over = slot.baseline.known && slot.baseline.bytes >= limit;
    if (over && was_over == hopeless && (!largest || slot.bytes.bytes > largest->bytes.bytes))
      largest = &slot;
  }
  return largest;
}

std::optional<memory_action> memory_policy::act(const std::vector<memory_slot>& slots, const machine_memory& machine) const {
  auto limit = config_.worker_bytes_max;
  if (auto slot = over_hard_limit(slots, false))
    return memory_action{memory_action::kind::kill, slot->slot, errc::memory_limit, slot->bytes.bytes, limit};
  if (auto action = under_pressure(slots, machine))
    return action;
  // Last, because it stays true for as long as the child lives.
  if (auto slot = over_hard_limit(slots, true))
    return memory_action{memory_action::kind::diagnose, slot->slot, errc::limit_below_baseline, slot->baseline.bytes, limit};
  return std::nullopt;
}

std::optional<memory_action> memory_policy::under_pressure(const std::vector<memory_slot>& slots, const machine_memory& machine) const {
  auto now = use(slots, machine);
  // Only what is known kills: a reservation is a guess.
  bool settling = std::any_of(slots.begin(), slots.end(), [](const memory_slot& slot) { return slot.ending; });
  if (now.limit == 0 || settling || now.used < share(now.limit, config_.doom_at))
    return std::nullopt;
  auto action = [&](memory_action::kind what, const memory_slot* slot) -> std::optional<memory_action> {
    if (!slot)
      return std::nullopt;
    return memory_action{what, slot->slot, errc::memory_pressure, now.used, now.limit};
  };
  if (auto idle = choose(slots, [](const memory_slot& s) { return s.idle && !s.doomed; }, used_longer_ago))
    return action(memory_action::kind::doom, idle);
  if (now.used >= share(now.limit, config_.kill_at)) {
    auto victim = choose(slots, [](const memory_slot& s) { return s.retriable && s.bytes.known; }, newer);
    if (!victim)
      victim = choose(slots, [](const memory_slot& s) { return s.bytes.known; }, newer);
    return action(memory_action::kind::kill, victim);
  }
  bool one_is_doomed = std::any_of(slots.begin(), slots.end(), [](const memory_slot& slot) { return slot.doomed; });
  return one_is_doomed ? std::nullopt
                       : action(memory_action::kind::doom, choose(slots, [](const memory_slot& s) { return !s.idle && !s.starting; }, used_longer_ago));
}

} // namespace leanworker::internal
