// SPDX-License-Identifier: Apache-2.0
// Who gets what: the waiting line meets the idle children, and children are started for those who still wait.
#include <leanworker/actors/internal/pool_core.hpp>

#include <algorithm>

namespace leanworker::internal {

void pool_core::dispatch(time_point now) {
  if (stopping_)
    return;
  if (paused_) {
    if (draining_)
      check_drained(now, false);
    return;
  }
  // Serving may close a line; each is looked up anew.
  std::vector<std::uint64_t> kinds;
  if (slots_.any_idle())
    for (const auto& [bind_hash, line] : queue_.lines())
      if (slots_.any_idle(bind_hash))
        kinds.push_back(bind_hash);
  for (auto bind_hash : kinds)
    for (auto line = queue_.lines().find(bind_hash); line != queue_.lines().end() && serve_one(line->second, now);)
      line = queue_.lines().find(bind_hash);
  provision(now);
  if (draining_)
    check_drained(now, false);
}

bool pool_core::serve_one(waiting_lines::line& line, time_point now) {
  auto bind_hash = line.key->bind;
  if (!slots_.any_idle(bind_hash))
    return false;
  yield_place(line, now);
  if (!slots_.any_idle(bind_hash))
    return false;
  auto anyone = [](const waiter&) { return true; };
  auto first = line.queue.next_in_order(now, anyone);
  auto& slot = *slots_.best_idle(bind_hash, jobs_.at(*first).key->hash, jobs_.at(*first).in_own_child);
  bool used = !slot.ran_before.empty();
  if (used && jobs_.at(*first).in_own_child) { // there is no other: the next generation in this place is its own
    plan_end(slot, {cycle_kind::isolation, 0, 0}, errc::cycled, false, now);
    return slot.life != slot_life::ready;
  }
  // The one point at which a generation's limits are looked at: before it is given anything.
  if (!keep_fresh(slot, now))
    return true;
  auto may_take = [&](const waiter& w) { return !used || !jobs_.at(w.id).in_own_child; };
  auto taken = line.queue.take_for(now, may_take, [&](const waiter& w) { return slot.warm.contains(w.key); });
  auto& chosen = jobs_.at(*taken);
  leave_queue(chosen);
  if (chosen.deadline <= now)
    return refuse(*taken, errc::queue_timeout, {}, now), true;
  if (chosen.kind == job_kind::submission && refused_as_killer(chosen, now)) // others like it killed children while it waited
    return true;
  auto number = *taken;
  auto since = chosen.since;
  give(slot, chosen, now);
  count_passed(bind_hash, number, since, now);
  return true;
}

/// An idle child of this kind may have to go, so that one of another kind can come whose turn it is and that has no child, or none but busy ones. Otherwise a kind that always has something waiting would
/// keep all the places.
void pool_core::yield_place(waiting_lines::line& line, time_point now) {
  if (queue_.lines().size() < 2)
    return;
  auto own = line.queue.first(now);
  const waiting_lines::line* ahead = nullptr;
  for (auto& [bind_hash, other] : queue_.lines()) {
    if (bind_hash == line.key->bind || slots_.coming(bind_hash) != 0 || slots_.any_idle(bind_hash))
      continue;
    auto head = other.queue.first(now);
    if (*head < *own && lacks_child(other, *head, head->level != own->level, now) && (!ahead || other.first < ahead->first))
      ahead = &other;
  }
  if (ahead)
    start_one(key_ptr{ahead->key}, true, now);
}

/// Whether a kind whose head comes first is to have a place of another kind. Starting a child for it costs more than a short wait for a busy one.
bool pool_core::lacks_child(const waiting_lines::line& line, const fair_queue::head& head, bool more_urgent, time_point now) const {
  if (slots_.live(line.key->bind) != 0)
    return now >= std::max(head.since, line.unserved_since) + (more_urgent ? 1 : 2) * config_.ageing_step;
  return more_urgent || line.passed >= config_.overtaken_max || now >= line.unserved_since + 2 * config_.ageing_step;
}

/// Counts for those who still have no child and came before the one that was served.
void pool_core::count_passed(std::uint64_t served, std::uint64_t number, time_point since, time_point now) {
  for (auto& [bind_hash, line] : queue_.lines()) {
    if (bind_hash == served || slots_.coming(bind_hash) != 0)
      line.unserved_since = now;
    if (slots_.live(bind_hash) != 0) {
      line.passed = 0;
      continue;
    }
    auto head = line.queue.first(now);
    line.passed += std::pair{head->since, head->id} < std::pair{since, number} ? 1 : 0;
  }
}

void pool_core::give(pool_slot& slot, pool_job& job, time_point now) {
  if (!job.ever_started) {
    job.waited = std::chrono::duration_cast<std::chrono::microseconds>(now - job.since);
    ledger_.granted(job.waited);
  }
  if (job.kind == job_kind::wish)
    return grant(slot, job, now);
  port_.to_client(job.client, submission_started{job.id, slot.id});
  start_job(slot, job, now);
}

void pool_core::grant(pool_slot& slot, pool_job& job, time_point now) {
  bool warm = slot.warm.contains(job.key->hash);
  auto& lease = leases_.grant(slot.id, slot.generation, job.client, job.key, job.expiry, now);
  slot.lease = lease.token.number;
  ++ledger_.counters.leases_granted;
  ++ledger_.counters.finished;
  ledger_.high.leases = std::max(ledger_.high.leases, leases_.size());
  if (port_.watched()) {
    auto told = event(pool_event_kind::lease_granted);
    told.request = job.number;
    told.id = job.id;
    told.lease = lease.token.number;
    told.slot = slot.id;
    told.generation = slot.generation;
    publish(std::move(told), now);
  }
  port_.arm(now + lease.expiry);
  port_.to_client(job.client, lease_granted{job.id, lease.token, job.waited, warm});
  forget(job.number);
}

void pool_core::start_job(pool_slot& slot, pool_job& job, time_point now) {
  slot.job = job.number;
  slot.last_used = now;
  slot.warm.use(job.key, config_.worker.child.sessions_max);
  ++job.attempts;
  job.ever_started = true;
  bool counted = job.kind != job_kind::warm_up;
  if (counted) {
    ++slot.facts.requests;
    ++slot.requests;
    slot.last_request = job.number;
    slot.last_request_head = job.head;
    ledger_.high.busy = std::max(ledger_.high.busy, slots_.busy());
    note(pool_event_kind::started, slot, now);
  }
  // A submission may come back untouched, when its child ends before it is sent.
  bool again = job.kind == job_kind::submission;
  port_.to_worker(slot.id, run_request{job.number, again ? job.body : std::move(job.body), job.import_timeout, job.request_timeout, job.rows, true,
                                       slot.generation});
}

void pool_core::provision(time_point now) {
  // A refusal below changes the demand: walk over a copy, the longest waiting kind first.
  struct demand {
    std::uint64_t first;
    key_ptr key;
    std::size_t waiting;
  };
  std::vector<demand> wanted;
  for (const auto& [bind_hash, line] : queue_.lines())
    wanted.push_back({line.first, line.key, line.queue.size()});
  std::sort(wanted.begin(), wanted.end(), [](const demand& a, const demand& b) { return a.first < b.first; });
  for (const auto& kind : wanted)
    provide_for(kind.key, kind.waiting, true, now);
  provide_standing(now);
}

void pool_core::provide_standing(time_point now) {
  if (draining_)
    return;
  while (eager_left_ > 0 && start_one(default_key_, false, now) == start_result::started)
    --eager_left_;
  for (const auto& target : targets_) {
    provide_for(target.key, target.workers, false, now);
    open_sessions(target, now);
  }
}

void pool_core::provide_for(const key_ptr& key, std::size_t wanted, bool for_waiters, time_point now) {
  auto there = for_waiters ? slots_.coming(key->bind) : slots_.live(key->bind);
  for (; there < wanted; ++there)
    if (start_one(key, for_waiters, now) != start_result::started)
      return;
}

/// Warm children are kept, but not for ever from another kind that has no child at all.
pool_slot* pool_core::evictable(std::uint64_t bind, time_point now) {
  auto found = slots_.to_evict(bind, [this](const pool_slot& candidate) { return pinned(candidate); });
  auto line = queue_.lines().find(bind);
  if (found || line == queue_.lines().end() || slots_.live(bind) != 0)
    return found;
  auto patience_ends = line->second.unserved_since + 2 * config_.ageing_step;
  if (now < patience_ends)
    return port_.arm(patience_ends), nullptr;
  return slots_.to_evict(bind, [](const pool_slot&) { return false; });
}

pool_core::start_result pool_core::start_one(const key_ptr& key, bool for_waiters, time_point now) {
  auto bind_hash = key->bind;
  auto circuit = breakers_.state(bind_hash, now);
  if (circuit == breaker_state::open)
    return admitted_by_breaker(key, for_waiters, now), start_result::blocked;
  auto slot = slots_.free_for(bind_hash, false, true, now);
  bool evicts = false;
  if (!slot && for_waiters) {
    slot = evictable(bind_hash, now);
    evicts = slot != nullptr;
  }
  if (!slot)
    return start_result::no_slot;
  std::string problem;
  if (!port_.can_start(*key, problem)) {
    if (for_waiters)
      refuse_waiters(bind_hash, errc::invalid_argument, problem, now);
    return start_result::blocked;
  }
  bool admitted = admitted_by_memory(key, evicts ? slot : nullptr, now);
  if (auto leaving = !admitted && for_waiters && !evicts ? evictable(bind_hash, now) : nullptr; leaving && admitted_by_memory(key, leaving, now)) {
    slot = leaving; // an idle child's memory for a wanted one's
    evicts = admitted = true;
  }
  if (!admitted) {
    bool nothing_will_change = std::none_of(slots_.begin(), slots_.end(), [](const pool_slot& s) { return s.live(); });
    if (for_waiters && nothing_will_change)
      refuse_waiters(bind_hash, errc::memory_refused, memory_refusal_, now);
    return start_result::blocked;
  }
  if (!admitted_by_breaker(key, for_waiters, now))
    return start_result::blocked;
  if (evicts) {
    note(pool_event_kind::evicted, *slot, now, errc::evicted, slot->bound->key.str());
    ++ledger_.counters.evictions;
  }
  bind(*slot, key, evicts, now);
  return circuit == breaker_state::closed ? start_result::started : start_result::blocked; // one probe at a time
}

bool pool_core::admitted_by_breaker(const key_ptr& key, bool for_waiters, time_point now) {
  if (breakers_.admit(key->bind, now))
    return true;
  auto after = breakers_.retry_after(key->bind, now);
  port_.arm(now + after);
  if (for_waiters && slots_.live(key->bind) == 0) {
    auto known = last_failures_.find(key->bind);
    auto last = known == last_failures_.end() ? child_down{} : known->second;
    refuse_waiters(key->bind, errc::circuit_open, last.cause == errc::none ? std::string{} : last.str(), now, after, last);
  }
  return false;
}

void pool_core::bind(pool_slot& slot, const key_ptr& key, bool again, time_point now) {
  bool moved = !slot.bound || slot.bound->bind != key->bind;
  slot.bound = key;
  slot.doomed = false;
  slot.due.reset();
  if (again) {
    slot.life = slot_life::ending;
    slot.end_cause = errc::evicted;
    slot.evicted = slot.generation;
    slot.next_cause = to_string(errc::evicted);
  } else {
    slot.life = slot_life::starting;
    note(pool_event_kind::worker_woken, slot, now);
  }
  slot.spawned_at = now;
  if (moved)
    note(pool_event_kind::slot_bound, slot, now, errc::none, key->child.str());
  port_.wake(slot.id, *key, again);
}

void pool_core::refuse_waiters(std::uint64_t bind, errc code, const std::string& detail, time_point now, std::chrono::milliseconds retry_after,
                               const child_down& last) {
  std::vector<std::uint64_t> waiting;
  for (const auto& [number, waiter] : jobs_)
    if (waiter.queued && waiter.key->bind == bind)
      waiting.push_back(number);
  std::sort(waiting.begin(), waiting.end()); // in the order of their arrival
  for (auto number : waiting) {
    leave_queue(jobs_.at(number));
    refuse(number, code, detail, now, retry_after, last);
  }
}

bool pool_core::pinned(const pool_slot& slot) const {
  for (const auto& target : targets_)
    if (slot.bound && slot.bound->bind == target.key->bind && slots_.live(target.key->bind) <= target.workers)
      return true;
  return false;
}

} // namespace leanworker::internal
