// SPDX-License-Identifier: Apache-2.0
// What the monitor measured, and what is done about it.
#include <leanworker/actors/internal/pool_core.hpp>

namespace leanworker::internal {
namespace {

/// One child that outgrows its limit is what the limit is for; so many in a row are told to the operator.
constexpr unsigned limit_kills_told = 3;

} // namespace

memory_slot pool_core::memory_slot_of(const pool_slot& slot) const {
  memory_slot facts;
  facts.slot = slot.id;
  facts.bind = slot.bound ? slot.bound->bind : 0;
  if (!slot.memory_curve.empty())
    facts.bytes = slot.memory_curve.back().counted();
  if (auto baseline = baseline_of(slot); baseline != 0)
    facts.baseline = measured_bytes::of(baseline);
  else if (slot.life == slot_life::ready && slot.unoccupied() && slot.facts.requests == 0)
    facts.baseline = facts.bytes; // one that has not worked yet: the next one would be no smaller
  facts.idle = slot.life == slot_life::ready && slot.unoccupied() && !slot.settling;
  facts.starting = slot.life == slot_life::starting;
  auto running = jobs_.find(slot.job);
  facts.retriable = running != jobs_.end() && running->second.idempotent;
  facts.doomed = slot.due.has_value();
  facts.ending = slot.life == slot_life::ending || slot.killing;
  facts.started = slot.spawned_at;
  facts.last_used = slot.last_used;
  return facts;
}

std::vector<memory_slot> pool_core::memory_slots() const {
  std::vector<memory_slot> result;
  for (const auto& slot : slots_)
    if (slot.live())
      result.push_back(memory_slot_of(slot));
  return result;
}

std::uint64_t pool_core::baseline_of(const pool_slot& slot) const { return slot.facts.rss_baseline.known ? slot.facts.rss_baseline.bytes : 0; }

bool pool_core::admitted_by_memory(const key_ptr& key, const pool_slot* leaving, time_point now) {
  auto slots = memory_slots();
  if (leaving)
    std::erase_if(slots, [&](const memory_slot& slot) { return slot.slot == leaving->id; });
  auto decision = memory_policy_.admit(key->bind, slots, last_report_.machine);
  bool refused = !decision.admitted;
  if (refused)
    memory_refusal_ = decision.text();
  if (refused != std::exchange(memory_paused_, refused)) {
    auto told = event(refused ? pool_event_kind::memory_paused : pool_event_kind::memory_resumed);
    told.value = static_cast<std::int64_t>(decision.use.total());
    told.limit = static_cast<std::int64_t>(decision.use.limit);
    told.text = decision.text();
    publish(std::move(told), now);
  }
  return decision.admitted;
}

void pool_core::memory(const memory_report& report, time_point now) {
  last_report_ = report;
  memory_policy_.measured();
  for (const auto& sample : report.samples) {
    if (!slots_.has(sample.worker) || slots_.at(sample.worker).generation != sample.generation || slots_.at(sample.worker).pid == 0)
      continue;
    auto& slot = slots_.at(sample.worker);
    if (!sample.rss.known) {
      ++ledger_.counters.samples_unavailable;
      if (std::exchange(slot.measured, false))
        note(pool_event_kind::memory_unavailable, slot, now);
    } else {
      slot.measured = true;
    }
    slot.memory_curve.push_back(sample);
    if (slot.memory_curve.size() > memory_curve_max)
      slot.memory_curve.pop_front();
    bool idle = slot.life == slot_life::ready && slot.job == 0 && !slot.settling;
    take_sample(config_.cycle, slot.facts, sample, idle);
    if (slot.kind != 0 && sample.counted().known) // not what it is bound to: that may be what comes next
      memory_policy_.observe(slot.kind, sample.counted().bytes);
  }
  auto use = memory_policy_.use(memory_slots(), report.machine);
  ledger_.high.memory_bytes = std::max(ledger_.high.memory_bytes, use.used);
  if (auto action = memory_policy_.act(memory_slots(), report.machine); action && !stopping_)
    act_on_memory(*action, now);
  dispatch(now);
}

void pool_core::act_on_memory(const memory_action& action, time_point now) {
  auto& slot = slots_.at(action.slot);
  auto value = static_cast<std::int64_t>(action.value);
  auto limit = static_cast<std::int64_t>(action.limit);
  switch (action.what) {
    case memory_action::kind::diagnose:
      if (!std::exchange(slot.diagnosed, true))
        note(pool_event_kind::limit_diagnosed, slot, now, action.cause,
             "the hard limit for one worker is not above what a warm, idle child takes; it is not acted on", value, limit);
      return;
    case memory_action::kind::doom: return plan_end(slot, cycle_reason{cycle_kind::memory, value, limit}, errc::memory_pressure, true, now);
    case memory_action::kind::kill: break;
  }
  slot.killing = true;
  note(pool_event_kind::worker_killed, slot, now, action.cause, {}, value, limit);
  auto text = std::to_string(action.value >> 20) + " MiB of " + std::to_string(action.limit >> 20) + " MiB";
  port_.to_worker(slot.id, kill_child{slot.generation, action.cause, std::move(text)});
  if (action.cause == errc::memory_limit && ++slot.limit_kills == limit_kills_told)
    note(pool_event_kind::limit_diagnosed, slot, now, errc::limit_below_baseline,
         "the hard limit for one worker is below what the work takes: " + std::to_string(slot.limit_kills) + " children in a row outgrew it, and no request succeeded in between", value, limit);
  if (action.cause == errc::memory_pressure) { // the next one needs to be admitted, as any other
    slot.doomed = true;
    port_.to_worker(slot.id, rest_worker{});
  }
}

pool_memory pool_core::memory_picture() const {
  auto use = memory_policy_.use(memory_slots(), last_report_.machine);
  return {use.used, use.reserved, use.limit, use.unknown, memory_paused_, last_report_.machine};
}

} // namespace leanworker::internal
