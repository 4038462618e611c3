// SPDX-License-Identifier: Apache-2.0
// Planned ends: cycles with their replacements, idleness, rolling cycles, warm-ups.
#include <leanworker/actors/internal/pool_core.hpp>

#include <algorithm>
#include <utility>

namespace leanworker::internal {

/// The one point where a generation's limits are looked at: just before it is given something. False: it is not to be given anything.
bool pool_core::keep_fresh(pool_slot& slot, time_point now) {
  if (slot.due) {
    end_if_due(slot, now);
    return slot.replaced_by.has_value(); // its replacement is on its way; until then it goes on
  }
  auto due = cycle_due(config_.cycle, slot.facts, now);
  if (!due.diagnosis.empty() && !std::exchange(slot.diagnosed, true))
    note(pool_event_kind::limit_diagnosed, slot, now, errc::limit_below_baseline, due.diagnosis);
  if (!due.reason)
    return true;
  plan_end(slot, *due.reason, errc::cycled, false, now);
  // One that still settles a cancelled request is ready, and yet to be given nothing more.
  return slot.life == slot_life::ready && (!slot.due || slot.replaced_by);
}

void pool_core::plan_end(pool_slot& slot, cycle_reason reason, errc cause, bool rest, time_point now) {
  if (slot.due || slot.replaced_by || slot.closing || slot.life == slot_life::closed)
    return;
  bool put_off = false;
  auto spare = rest || reason.strict() || slot.life != slot_life::ready ? nullptr : spare_for(slot, put_off, now);
  if (put_off != std::exchange(slot.put_off, put_off) && put_off)
    note(pool_event_kind::cycle_put_off, slot, now, errc::circuit_open, reason.text(), reason.value(), reason.limit());
  if (put_off)
    return;
  note(pool_event_kind::cycle_due, slot, now, cause, reason.text(), reason.value(), reason.limit());
  ledger_.cycled(to_string(reason.kind));
  slot.next_cause = to_string(reason.kind);
  slot.due = std::move(reason);
  slot.end_cause = cause;
  slot.doomed = rest;
  if (!spare)
    return end_if_due(slot, now);
  spare->replaces = slot.id;
  slot.replaced_by = spare->id;
  bind(*spare, slot.bound, false, now);
}

/// Where the replacement starts; null: nowhere, the old child goes first. `put_off`: children of this kind cannot be started at present, so the one that works is worth more
/// than its limit.
pool_slot* pool_core::spare_for(const pool_slot& slot, bool& put_off, time_point now) {
  if (!slot.bound || stopping_)
    return nullptr;
  put_off = breakers_.state(slot.bound->bind, now) == breaker_state::open;
  auto spare = put_off || config_.spares == 0 ? nullptr : slots_.free_for(slot.bound->bind, true, true, now);
  if (spare && !admitted_by_memory(slot.bound, nullptr, now))
    spare = nullptr;
  // Half open: the next generation is the probe, or there is another one. A child without a spare is looked at when it is free, so its next generation comes at once.
  if (!put_off && (spare || config_.spares == 0))
    put_off = !breakers_.admit(slot.bound->bind, now);
  return put_off ? nullptr : spare;
}

void pool_core::replacement_ready(pool_slot& spare, time_point now) {
  auto& old = slots_.at(*spare.replaces);
  spare.replaces.reset();
  spare.spare = false;
  old.replaced_by.reset();
  old.spare = true; // it stands by in its turn
  old.doomed = true;
  if (rolling_now_ == old.id)
    rolling_now_.reset();
  if (old.life == slot_life::ready) {
    if (!old.due) { // it died and came again while this one started: there is one too many all the same
      old.due = cycle_reason::asked();
      old.end_cause = errc::cycled;
    }
    end_if_due(old, now);
  } else if (old.live()) { // it failed meanwhile, and is not needed any more
    old.life = slot_life::ending;
    port_.to_worker(old.id, rest_worker{});
  }
  advance_rolling(now);
}

/// The replacement will not come. `startable`: a child did start, so the old one may go without a net. Otherwise the old one goes on, and its end is decided anew
/// before its next work.
void pool_core::replacement_failed(pool_slot& spare, bool startable, time_point now) {
  auto& old = slots_.at(*spare.replaces);
  spare.replaces.reset();
  old.replaced_by.reset();
  if (spare.live()) {
    spare.doomed = true;
    port_.to_worker(spare.id, rest_worker{});
  }
  if (!startable && old.due) {
    old.due.reset();
    old.end_cause = errc::none;
    old.next_cause.clear();
  }
  end_if_due(old, now);
}

/// Ends a child whose end was decided, once it is free of work; a lease without work does not hold it.
void pool_core::end_if_due(pool_slot& slot, time_point now) {
  if (slot.closing)
    return close_if_free(slot, now);
  if (!slot.due || slot.replaced_by || slot.life != slot_life::ready)
    return;
  if (slot.lease != 0)
    doom_lease(slot.lease, slot.end_cause == errc::none ? errc::cycled : slot.end_cause, slot.due->text(), {}, now);
  if (slot.due && slot.unoccupied() && !slot.settling && slot.life == slot_life::ready)
    end_child(slot, now);
}

void pool_core::end_child(pool_slot& slot, time_point) {
  slot.life = slot_life::ending;
  if (slot.doomed)
    port_.to_worker(slot.id, rest_worker{});
  else
    port_.to_worker(slot.id, cycle_worker{});
}

/// Whoever becomes idle now is looked at in time.
void pool_core::arm_idle(time_point now) {
  if (config_.cycle.idle.count() > 0)
    port_.arm(now + config_.cycle.idle);
}

void pool_core::rest_idle(time_point now) {
  auto limit = config_.cycle.idle;
  if (limit.count() <= 0)
    return;
  for (auto& slot : slots_) {
    if (!slot.idle() || slot.due || pinned(slot))
      continue;
    if (auto reason = idle_due(config_.cycle, slot.last_used, now))
      plan_end(slot, *reason, errc::cycled, true, now);
    else
      port_.arm(slot.last_used + limit);
  }
}

/// Opens a key's session on idle children that do not have it, on as many as are to have it. Once per generation: a child that forgot it for want of room would do nothing else.
void pool_core::open_sessions(const warm_target& target, time_point now) {
  if (target.key->key.imports.empty())
    return;
  auto hash = target.key->hash;
  auto warm = std::count_if(slots_.begin(), slots_.end(), [&](const pool_slot& slot) {
    return slot.life == slot_life::ready && !slot.spare && !slot.closing && slot.warm.contains(hash);
  });
  for (auto& slot : slots_) {
    if (std::cmp_greater_equal(warm, target.workers))
      return;
    bool tried = std::find(slot.warmed_up.begin(), slot.warmed_up.end(), hash) != slot.warmed_up.end();
    if (tried || !slot.idle() || slot.due || !slot.bound || slot.bound->bind != target.key->bind || slot.warm.contains(hash))
      continue;
    slot.warmed_up.push_back(hash);
    ++warm;
    warm_up(slot, target.key, now);
  }
}

void pool_core::warm_up(pool_slot& slot, const key_ptr& key, time_point now) {
  auto body = port_.warm_up_body(key->key);
  if (body.empty() || slot.job != 0 || slot.lease != 0)
    return;
  auto& added = admit(job_kind::warm_up, 0, 0, key, now);
  added.body = std::move(body);
  start_job(slot, added, now);
}

pool_answer pool_core::cycle(const cycle_pool& order, time_point now) {
  if (stopping_)
    return {errc::shutting_down, {}};
  if (order.scope == cycle_scope::one && (!slots_.has(order.slot) || !slots_.at(order.slot).open()))
    return {errc::not_found, "there is no slot " + std::to_string(order.slot)};
  bool put_off = false;
  for (auto& slot : slots_) {
    // A child that is only starting is as new as it can be.
    if (slot.spare || slot.closing || slot.life != slot_life::ready || (order.scope == cycle_scope::one && slot.id != order.slot))
      continue;
    if (order.scope != cycle_scope::rolling) {
      plan_end(slot, cycle_reason::asked(), errc::cycled, false, now);
      put_off = put_off || (slot.life == slot_life::ready && !slot.due);
    } else if (rolling_now_ != slot.id && std::find(rolling_.begin(), rolling_.end(), slot.id) == rolling_.end())
      rolling_.push_back(slot.id);
  }
  put_off = advance_rolling(now) || put_off;
  dispatch(now);
  if (put_off)
    return {errc::circuit_open, "a child was not replaced: " + std::string{describe(errc::circuit_open)}};
  return {};
}

bool pool_core::advance_rolling(time_point now) {
  if (rolling_now_) {
    const auto& current = slots_.at(*rolling_now_);
    bool over = !current.due && (current.life == slot_life::ready || !current.live());
    if (!over)
      return false;
    rolling_now_.reset();
    if (current.life == slot_life::parked && !rolling_.empty()) { // what did not come back there would not come back elsewhere
      rolling_.clear();
      note(pool_event_kind::cycle_put_off, current, now, errc::start_limit);
    }
  }
  bool put_off = false;
  while (!rolling_.empty() && !rolling_now_) {
    auto id = rolling_.front();
    rolling_.pop_front();
    auto& next = slots_.at(id);
    if (next.life != slot_life::ready || next.spare || next.closing)
      continue;
    rolling_now_ = id;
    plan_end(next, cycle_reason::asked(), errc::cycled, false, now);
    if (next.life == slot_life::ready && !next.due) { // it goes on, and is left out
      put_off = true;
      rolling_now_.reset();
    }
  }
  return put_off;
}

} // namespace leanworker::internal
