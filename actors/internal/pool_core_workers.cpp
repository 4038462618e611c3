// SPDX-License-Identifier: Apache-2.0
// What workers tell, and what follows from it.
#include <leanworker/actors/internal/last_words.hpp>
#include <leanworker/actors/internal/pool_core.hpp>
#include <leanworker/actors/internal/worker_outcomes.hpp>

#include <algorithm>

namespace leanworker::internal {
namespace {

constexpr std::size_t last_failures_max = 1024;

} // namespace

void pool_core::worker_told(const worker_event& told, time_point now) {
  if (!slots_.has(told.worker))
    return;
  auto& slot = slots_.at(told.worker);
  if (slot.life == slot_life::closed)
    return;
  switch (told.kind) {
    case worker_event_kind::started: on_spawned(slot, told, now); break;
    case worker_event_kind::ready: on_ready(slot, now); break;
    case worker_event_kind::importing:
      ++slot.imports;
      if (auto running = job(slot.job); !running || running->kind != job_kind::warm_up)
        ++slot.facts.imports; // a warm-up of ours does not wear a generation out
      ++ledger_.counters.imports;
      note(pool_event_kind::worker_importing, slot, now);
      break;
    case worker_event_kind::down: on_down(slot, told.down, now); break;
    case worker_event_kind::restarting:
      slot.life = slot_life::starting;
      note(pool_event_kind::worker_restarting, slot, now, errc::none, {}, told.delay.count());
      break;
    case worker_event_kind::gave_up: on_gave_up(slot, told, now); break;
    case worker_event_kind::stopped: on_stopped(slot, now); break;
    case worker_event_kind::settled:
      slot.settling = false;
      arm_idle(now);
      end_if_due(slot, now);
      break;
    case worker_event_kind::resting: on_resting(slot, now); break;
    case worker_event_kind::log: break;
  }
  port_.to_owner(told);
  dispatch(now);
  if (stopping_)
    check_stopped(now);
}

void pool_core::on_spawned(pool_slot& slot, const worker_event& told, time_point now) {
  slot.generation = told.generation;
  slot.next_generation = told.generation + 1;
  slot.pid = told.pid;
  slot.was_ready = false;
  slot.put_off = false;
  slot.killing = false;
  slot.warm.clear();
  slot.warmed_up.clear();
  slot.ran_before.clear();
  slot.spawned_at = now;
  auto kind = slot.bound ? slot.bound->bind : 0;
  auto floor = std::exchange(slot.kind, kind) == kind ? next_floor(slot.facts) : measured_bytes{};
  slot.facts = cycle_facts{};
  slot.facts.rss_floor = floor;
  slot.facts.jitter = port_.dice();
  slot.facts.began = now;
  slot.memory_curve.clear();
  slot.measured = true;
  ++ledger_.counters.spawned;
  if (std::exchange(slot.ever_ran, true)) {
    ++slot.restarts;
    ledger_.restarted(slot.next_cause.empty() ? std::string{to_string(errc::stopped)} : slot.next_cause);
  }
  slot.next_cause.clear();
  if (slot.life == slot_life::resting || slot.life == slot_life::parked) // one that was told to stop meanwhile does not come to be used
    slot.life = slot.end_cause == errc::stopped ? slot_life::ending : slot_life::starting;
  note(pool_event_kind::worker_spawned, slot, now, errc::none, {}, told.pid);
}

void pool_core::on_ready(pool_slot& slot, time_point now) {
  using std::chrono::duration_cast;
  using std::chrono::microseconds;
  bool wanted = slot.life == slot_life::starting; // otherwise its end was ordered meanwhile
  slot.was_ready = true;
  slot.settling = false;
  slot.ready_at = slot.last_used = now;
  ledger_.times.start.record(duration_cast<microseconds>(now - slot.spawned_at));
  if (slot.failed_at)
    ledger_.times.recovery.record(duration_cast<microseconds>(now - *slot.failed_at));
  slot.failed_at.reset();
  note(pool_event_kind::worker_ready, slot, now);
  if (slot.bound && breakers_.success(slot.bound->bind))
    note(pool_event_kind::circuit_closed, slot, now, errc::none, slot.bound->child.str());
  if (slot.bound)
    last_failures_.erase(slot.bound->bind);
  if (!wanted)
    return;
  slot.life = slot_life::ready;
  if (slot.closing)
    return close_if_free(slot, now);
  if (slot.replaces && slot.job == 0) {
    if (auto last = slots_.at(*slot.replaces).warm.latest())
      warm_up(slot, last, now);
    if (slot.job == 0)
      replacement_ready(slot, now);
  }
  end_if_due(slot, now); // decided while it was starting
  advance_rolling(now);
  arm_idle(now);
}

void pool_core::on_down(pool_slot& slot, const child_down& down, time_point now) {
  bool planned = down.cause == errc::stopped;
  bool running = slot.job != 0;
  auto cause = planned && slot.end_cause != errc::none ? slot.end_cause : down.cause;
  slot.last_end = down.str();
  slot.next_generation = std::max(slot.next_generation, down.generation + 1);
  slot.settling = slot.killing = false;
  note(pool_event_kind::worker_down, slot, now, down.cause, slot.last_end);
  slot.pid = 0;
  slot.life = slot_life::starting; // unless it says otherwise
  if (slot.next_cause.empty())
    slot.next_cause = to_string(cause);
  if (!planned) {
    ++slot.failures;
    slot.failed_at = slot.failed_at.value_or(now);
    last_failure_ = down;
    keep_dossier(slot, down, running, now);
    if (!slot.was_ready)
      breaker_failed(slot, down, false, now);
  }
  slot.was_ready = false; // the next one may fail before it is spawned
  if (stopping_) {
    slot.end_reported = true;
    if (!planned && down.cause == errc::link_lost)
      ++report_.abandoned;
    else if (down.exit.how == exit_status::kind::signalled)
      ++report_.killed;
    else
      ++report_.graceful;
  }
  doom_lease(slot.lease, cause, planned ? std::string{} : slot.last_end, down, now);
  slot.end_cause = errc::none;
  slot.due.reset();
  slot.memory_curve.clear(); // its memory is free
}

void pool_core::on_resting(pool_slot& slot, time_point now) {
  note(pool_event_kind::worker_resting, slot, now);
  bool parked = slot.life == slot_life::parked;
  slot.doomed = false;
  if (!parked)
    slot.life = slot_life::resting;
  if (slot.replaces)
    replacement_failed(slot, false, now);
  if (slot.closing)
    close_if_free(slot, now);
  advance_rolling(now);
}

void pool_core::on_gave_up(pool_slot& slot, const worker_event& told, time_point now) {
  if (slot.evicted == told.down.generation) { // it died before it could make room: says nothing about the kind that is to come, for which the worker is being woken
    slot.life = slot_life::starting;
    return note(pool_event_kind::worker_restarting, slot, now);
  }
  slot.life = slot_life::parked;
  slot.failed_at.reset();
  note(pool_event_kind::worker_gave_up, slot, now, told.cause, told.down.str());
  slot.parked_until = now + config_.breaker.open_initial;
  bool others_live = slot.bound && slots_.live(slot.bound->bind) > 0;
  if (!others_live)
    breaker_failed(slot, told.down, true, now);
  port_.arm(slot.parked_until);
  if (slot.replaces)
    replacement_failed(slot, false, now);
  if (slot.closing)
    close_if_free(slot, now);
  advance_rolling(now);
}

void pool_core::keep_last_failure(std::uint64_t bind_hash, const child_down& down) {
  if (last_failures_.size() >= last_failures_max && !last_failures_.contains(bind_hash))
    last_failures_.erase(last_failures_.begin());
  shorten_last_words(last_failures_[bind_hash] = down);
}

void pool_core::breaker_failed(pool_slot& slot, const child_down& down, bool trip, time_point now) {
  if (!slot.bound)
    return;
  auto bind_hash = slot.bound->bind;
  bool open_before = breakers_.state(bind_hash, now) == breaker_state::open;
  keep_last_failure(bind_hash, down);
  if (trip)
    breakers_.trip(bind_hash, now, port_.dice());
  else
    breakers_.failure(bind_hash, now, port_.dice());
  if (open_before || breakers_.state(bind_hash, now) != breaker_state::open)
    return;
  auto after = breakers_.retry_after(bind_hash, now);
  note(pool_event_kind::circuit_opened, slot, now, errc::circuit_open, slot.bound->child.str(), after.count());
  port_.arm(now + after);
  // What cannot start now will not start by trying on: its slots are free for others meanwhile.
  for (auto& other : slots_)
    if (other.bound && other.bound->bind == bind_hash && other.life == slot_life::starting && !other.was_ready && other.job == 0) {
      other.doomed = true;
      port_.to_worker(other.id, rest_worker{});
    }
}

void pool_core::keep_dossier(pool_slot& slot, const child_down& down, bool running, time_point now) {
  crash_dossier dossier;
  // Each has an instant of its own, by which readers know which they have.
  dossier.at = last_dossier_ = std::max(std::chrono::duration_cast<std::chrono::microseconds>(now - begun_), last_dossier_ + std::chrono::microseconds{1});
  dossier.unix_ms = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  dossier.slot = slot.id;
  dossier.child = slot.bound ? slot.bound->child.str() : "";
  dossier.down = down;
  dossier.request = slot.last_request;
  dossier.was_running = running;
  dossier.request_head = slot.last_request_head;
  dossier.generation_requests = slot.facts.requests;
  dossier.memory_curve.assign(slot.memory_curve.begin(), slot.memory_curve.end());
  ledger_.keep(std::move(dossier));
}

void pool_core::worker_done(request_done message, time_point now) {
  if (!slots_.has(message.worker) || slots_.at(message.worker).job != message.id || message.id == 0) {
    stale();
    return;
  }
  auto& slot = slots_.at(message.worker);
  auto& ended = jobs_.at(message.id);
  auto& outcome = message.outcome;
  outcome.worker = slot.id;
  slot.job = 0;
  slot.last_used = now;
  arm_idle(now);
  bool warm_up = ended.kind == job_kind::warm_up;
  bool retire = outcome.retire;
  bool isolated = config_.isolate_requests && !warm_up;
  auto label = warm_up ? std::string{} : ended.label;
  settle_outcome(slot, ended, outcome, now);
  if (!warm_up)
    slot.remember(std::move(label));
  if ((retire || isolated) && slot.life == slot_life::ready)
    plan_end(slot, {retire ? cycle_kind::asked_by_child : cycle_kind::isolation, 0, 0}, errc::cycled, false, now);
  if (slot.replaces && slot.life == slot_life::ready)
    replacement_ready(slot, now);
  else if (slot.replaces && warm_up && !outcome.ok())
    replacement_failed(slot, true, now);
  end_if_due(slot, now);
  dispatch(now);
  if (stopping_)
    check_stopped(now);
}

void pool_core::worker_lost(std::uint32_t id, time_point now) {
  auto& slot = slots_.at(id);
  if (slot.life == slot_life::closed)
    return;
  child_down lost;
  lost.generation = slot.generation;
  lost.cause = errc::link_lost;
  note(pool_event_kind::worker_lost, slot, now, errc::link_lost);
  bool had_child = slot.pid != 0;
  if (had_child)
    on_down(slot, lost, now);
  if (auto running = job(slot.job)) {
    request_done message{slot.id, running->number, outcome_of(lost)};
    message.outcome.generation = slot.generation;
    message.outcome.work_started = true;
    worker_done(std::move(message), now);
  }
  slot.pid = 0;
  auto window = losses_.try_emplace(id, config_.worker.restart).first;
  auto decision = window->second.failed(now, true, std::chrono::milliseconds{0}, port_.dice());
  if (stopping_ || slot.closing || decision.give_up != errc::none) {
    slot.life = slot_life::closed;
    note(pool_event_kind::slot_closed, slot, now, errc::link_lost);
    if (slot.replaced_by)
      replacement_failed(slots_.at(*slot.replaced_by), true, now);
    if (stopping_ && !had_child)
      ++report_.abandoned;
    if (slots_.workers() == 0)
      refuse_all(errc::no_worker, now);
  } else {
    slot.life = slot_life::resting;
    slot.next_cause = to_string(errc::link_lost);
    port_.open_worker(id, slot.next_generation);
  }
  if (slot.replaces)
    replacement_failed(slot, false, now);
  advance_rolling(now);
  dispatch(now);
  if (stopping_)
    check_stopped(now);
}

} // namespace leanworker::internal
