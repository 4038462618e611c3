// SPDX-License-Identifier: Apache-2.0
// Orders of operators, the clock, and the end of the pool.
#include <leanworker/actors/internal/pool_core.hpp>
#include <leanworker/actors/internal/worker_outcomes.hpp>

#include <algorithm>

namespace leanworker::internal {
namespace {

/// A polite stop without a deadline is bounded by the kill ladder and the workers' own guards; this bounds those.
constexpr std::chrono::seconds stop_bound{60};
/// After this time past a firm stop a worker that has not reported is counted as abandoned.
constexpr std::chrono::seconds abandon_bound{20};

} // namespace

void pool_core::start(time_point now) {
  begun_ = now;
  workers_wanted_ = config_.workers;
  for (unsigned i = 0; i < config_.workers + config_.spares; ++i) {
    auto& added = slots_.open(i >= config_.workers);
    port_.open_worker(added.id, 0);
    note(pool_event_kind::slot_opened, added, now);
  }
  eager_left_ = config_.start_eagerly ? config_.workers : 0;
  dispatch(now);
}

void pool_core::timer(time_point now) {
  if (over_)
    return;
  expire_waiters(now);
  expire_leases(now);
  rest_idle(now);
  if (draining_ && now >= drain_deadline_)
    check_drained(now, true);
  if (stopping_)
    check_stopped(now);
  dispatch(now);
  port_.arm(next_instant(now));
}

/// The port keeps the earliest wish alone, so whatever waits for a time must be asked for again when an earlier one has come. Idleness and circuits are asked for where they are
/// looked at.
time_point pool_core::next_instant(time_point now) const {
  auto next = std::min(queue_.next_deadline().value_or(time_point::max()), leases_.next_expiry().value_or(time_point::max()));
  if (draining_ && !drain_enforced_)
    next = std::min(next, drain_deadline_);
  if (stopping_)
    next = std::min(next, stop_deadline_);
  for (const auto& slot : slots_)
    if (slot.life == slot_life::parked && slot.parked_until > now)
      next = std::min(next, slot.parked_until);
  return next;
}

void pool_core::pause(time_point now) {
  if (!std::exchange(paused_, true))
    publish(event(pool_event_kind::paused), now);
}

void pool_core::resume(time_point now) {
  bool was_paused = std::exchange(paused_, false);
  bool was_draining = std::exchange(draining_, false);
  if (was_paused || was_draining)
    publish(event(pool_event_kind::resumed), now);
  if (was_draining && drain_deadline_ != time_point::max())
    port_.drained({false, drain_ended_}); // whoever waits for its end is told that there is none
  dispatch(now);
}

void pool_core::drain(std::chrono::milliseconds deadline, time_point now) {
  auto when = now + bounded(deadline);
  if (!std::exchange(draining_, true)) {
    drain_deadline_ = when;
    drain_ended_ = 0;
    drain_enforced_ = false;
    publish(event(pool_event_kind::draining), now);
  }
  drain_deadline_ = std::min(drain_deadline_, when);
  port_.arm(drain_deadline_);
  dispatch(now);
  check_drained(now, now >= drain_deadline_);
}

void pool_core::check_drained(time_point now, bool at_deadline) {
  auto open = static_cast<std::size_t>(
    std::count_if(jobs_.begin(), jobs_.end(), [](const auto& entry) { return entry.second.kind != job_kind::warm_up; }));
  if (at_deadline && !std::exchange(drain_enforced_, true) && open + leases_.size() != 0) {
    drain_ended_ = open + leases_.size();
    for (auto lease : leases_.all())
      doom_lease(lease, errc::draining, {}, {}, now);
    refuse_all(errc::draining, now);
    open = jobs_.size();
  }
  if (!draining_ || open != 0 || leases_.size() != 0 || drain_deadline_ == time_point::max())
    return;
  drain_deadline_ = time_point::max();
  publish(event(pool_event_kind::drained), now);
  port_.drained({drain_ended_ == 0, drain_ended_});
}

void pool_core::refuse_all(errc code, time_point now) {
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, job] : jobs_)
    if (job.kind != job_kind::warm_up)
      numbers.push_back(number);
  std::sort(numbers.begin(), numbers.end());
  for (auto number : numbers)
    if (auto found = job(number); found && found->queued) {
      leave_queue(*found);
      refuse(number, code, {}, now, {}, code == errc::no_worker ? last_failure_ : child_down{});
    } else if (found && code == errc::draining) {
      cancel_job(*found, code, now);
    }
}

pool_answer pool_core::resize(unsigned workers, time_point now) {
  constexpr unsigned workers_max = 4096;
  if (workers == 0 || workers > workers_max)
    return {errc::invalid_argument, "a pool has 1 to " + std::to_string(workers_max) + " workers"};
  if (stopping_)
    return {errc::shutting_down, {}};
  workers_wanted_ = workers;
  // One that was to be closed when it is free, and still works, is as good as a new one.
  for (auto& slot : slots_)
    if (slots_.workers() < workers && slot.open() && slot.closing && slot.end_cause != errc::stopped)
      slot.closing = false;
  while (slots_.workers() < workers) {
    auto& added = slots_.open(false);
    losses_.erase(added.id);
    port_.open_worker(added.id, added.next_generation);
    note(pool_event_kind::slot_opened, added, now);
  }
  // The last ones go, the free ones first.
  for (bool busy_too : {false, true})
    for (auto id = static_cast<std::uint32_t>(slots_.size()); id-- > 0 && slots_.workers() > workers;) {
      auto& slot = slots_.at(id);
      if (!slot.open() || slot.closing || slot.spare || (!busy_too && !slot.unoccupied()))
        continue;
      slot.closing = true;
      if (slot.replaced_by)
        replacement_failed(slots_.at(*slot.replaced_by), true, now);
      if (slot.lease != 0)
        doom_lease(slot.lease, errc::cycled, "the pool is being made smaller", {}, now);
      close_if_free(slot, now);
    }
  auto told = event(pool_event_kind::resized);
  told.value = workers;
  publish(std::move(told), now);
  dispatch(now);
  return {};
}

void pool_core::close_if_free(pool_slot& slot, time_point now) {
  if (!slot.closing || !slot.unoccupied() || slot.life == slot_life::closed || slot.end_cause == errc::stopped)
    return;
  if (slot.live())
    slot.life = slot_life::ending;
  slot.end_cause = errc::stopped;
  slot.doomed = true;
  (void)now;
  port_.to_worker(slot.id, stop_worker{false});
}

pool_answer pool_core::prewarm(prewarm_key order, time_point now) {
  constexpr std::size_t targets_max = 256;
  auto key = make_key(std::move(order.key), config_.isolate_sessions);
  std::erase_if(targets_, [&](const warm_target& target) { return target.key->hash == key->hash; });
  for (auto& slot : slots_)
    std::erase(slot.warmed_up, key->hash); // asked for again, it is opened again
  if (order.workers == 0) { // what it kept is free for others
    arm_idle(now);
    dispatch(now);
    return {};
  }
  if (targets_.size() >= targets_max)
    return {errc::overloaded, "at most " + std::to_string(targets_max) + " keys are kept warm"};
  targets_.push_back({key, order.workers});
  dispatch(now);
  return {};
}

quarantine_list pool_core::quarantined(time_point now) const { return {quarantine_.list(now)}; }

pool_answer pool_core::release_quarantine(std::uint64_t fingerprint, time_point now) {
  if (!quarantine_.release(fingerprint) && fingerprint != 0)
    return {errc::not_found, "this fingerprint is not in quarantine"};
  auto told = event(pool_event_kind::quarantine_released);
  told.value = static_cast<std::int64_t>(fingerprint);
  publish(std::move(told), now);
  return {};
}

// -- the end --------------------------------------------------------------------

void pool_core::stop(bool firmly, std::chrono::milliseconds deadline, time_point now) {
  if (over_)
    return;
  auto when = now + (deadline.count() > 0 ? std::min<std::chrono::milliseconds>(deadline, stop_bound) : stop_bound);
  bool first = !std::exchange(stopping_, true);
  if (first) {
    stop_began_ = now;
    stop_deadline_ = when;
    publish(event(pool_event_kind::stopping), now);
    report_.leases_ended = leases_.size();
    report_.requests_ended = static_cast<std::size_t>(
      std::count_if(jobs_.begin(), jobs_.end(), [](const auto& entry) { return entry.second.kind != job_kind::warm_up; }));
    for (auto lease : leases_.all())
      doom_lease(lease, errc::shutting_down, {}, {}, now);
    refuse_all(errc::shutting_down, now);
  }
  stop_deadline_ = std::min(stop_deadline_, when);
  port_.arm(stop_deadline_);
  bool hastened = firmly && !std::exchange(stopped_firmly_, true);
  if (first || hastened)
    for (auto& slot : slots_)
      if (slot.open()) {
        if (slot.live())
          slot.life = slot_life::ending;
        slot.end_cause = errc::shutting_down;
        port_.to_worker(slot.id, stop_worker{firmly});
      }
  check_stopped(now);
}

void pool_core::on_stopped(pool_slot& slot, time_point now) {
  slot.life = slot_life::closed;
  note(pool_event_kind::worker_stopped, slot, now);
  if (stopping_ && !slot.end_reported)
    ++report_.already_down;
  if (slot.replaces)
    replacement_failed(slot, false, now);
  note(pool_event_kind::slot_closed, slot, now);
  if (!stopping_)
    port_.close_worker(slot.id);
  advance_rolling(now);
}

void pool_core::finish_abandoned(pool_job& job, time_point now) {
  auto outcome = outcome_of(errc::shutting_down);
  outcome.work_started = job.ever_started; // nobody knows how far it came
  finish(job.number, std::move(outcome), now);
}

void pool_core::check_stopped(time_point now) {
  if (over_)
    return;
  bool all = std::none_of(slots_.begin(), slots_.end(), [](const pool_slot& slot) { return slot.open(); });
  if (!all && now < stop_deadline_)
    return;
  if (!all && !stopped_firmly_) {
    stop_deadline_ = now + abandon_bound;
    stop(true, abandon_bound, now);
    return;
  }
  over_ = true;
  for (auto& slot : slots_)
    if (slot.open()) {
      ++report_.abandoned;
      slot.life = slot_life::closed;
    }
  // Requests of workers that never answered.
  while (!jobs_.empty())
    finish_abandoned(jobs_.begin()->second, now);
  report_.workers = static_cast<std::uint32_t>(slots_.size());
  report_.elapsed = std::chrono::duration_cast<std::chrono::microseconds>(now - stop_began_);
  publish(event(pool_event_kind::stopped), now);
  port_.stopped(report_);
}

} // namespace leanworker::internal
