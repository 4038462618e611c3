// SPDX-License-Identifier: Apache-2.0
// What the pool tells about itself: events, the snapshot, the dossiers.
#include <leanworker/actors/internal/pool_core.hpp>

namespace leanworker::internal {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;

} // namespace

pool_event pool_core::event(pool_event_kind kind) const {
  pool_event made;
  made.kind = kind;
  return made;
}

void pool_core::publish(pool_event event, time_point now) {
  if (!port_.watched())
    return;
  event.at = duration_cast<microseconds>(now - begun_);
  port_.publish(event);
}

void pool_core::note(pool_event_kind kind, const pool_job& job, time_point now, errc code, std::string text) {
  if (!port_.watched() || job.kind == job_kind::warm_up)
    return;
  auto made = event(kind);
  made.request = job.number;
  made.id = job.id;
  made.lease = job.lease;
  made.code = code;
  made.text = std::move(text);
  if (kind == pool_event_kind::quarantined)
    made.value = static_cast<std::int64_t>(job.fingerprint);
  publish(std::move(made), now);
}

void pool_core::note(pool_event_kind kind, const pool_slot& slot, time_point now, errc code, std::string text, std::int64_t value,
                     std::int64_t limit) {
  if (!port_.watched())
    return;
  auto made = event(kind);
  made.slot = slot.id;
  made.generation = slot.generation;
  made.request = slot.job;
  made.lease = slot.lease;
  made.code = code;
  made.text = std::move(text);
  made.value = value;
  made.limit = limit;
  if (auto running = jobs_.find(slot.job); running != jobs_.end())
    made.id = running->second.id;
  publish(std::move(made), now);
}

slot_snapshot pool_core::show(const pool_slot& slot, time_point now) const {
  slot_snapshot shown;
  shown.slot = slot.id;
  shown.state = slot.shown();
  shown.generation = slot.generation;
  shown.pid = slot.pid;
  shown.child = slot.bound ? slot.bound->child.str() : "";
  for (const auto& key : slot.warm.all())
    shown.warm_keys.push_back(key->key.str());
  shown.spare = slot.spare;
  shown.cycle_reason = slot.due ? slot.due->text() : "";
  shown.lease = slot.lease;
  shown.request = slot.job;
  shown.generation_requests = slot.facts.requests;
  shown.generation_imports = slot.facts.imports;
  shown.requests = slot.requests;
  shown.imports = slot.imports;
  shown.restarts = slot.restarts;
  shown.failures = slot.failures;
  if (slot.pid != 0)
    shown.age = duration_cast<milliseconds>(now - slot.spawned_at);
  if (slot.idle())
    shown.idle = duration_cast<milliseconds>(now - slot.last_used);
  if (!slot.memory_curve.empty())
    shown.memory = slot.memory_curve.back();
  shown.baseline_bytes = baseline_of(slot);
  shown.last_end = slot.last_end;
  return shown;
}

pool_snapshot pool_core::snapshot(bool reset_high_water, time_point now) {
  pool_snapshot shown;
  shown.uptime = duration_cast<milliseconds>(now - begun_);
  shown.paused = paused_;
  shown.draining = draining_;
  shown.stopping = stopping_;
  shown.workers = static_cast<unsigned>(slots_.workers());
  for (const auto& slot : slots_)
    shown.slots.push_back(show(slot, now));
  auto depth = queue_.depth(now);
  auto oldest = queue_.oldest_wait(now);
  for (std::size_t i = 0; i < shown.queued.size(); ++i) {
    shown.queued[i] = depth[i];
    shown.oldest_wait_us[i] = static_cast<std::uint64_t>(duration_cast<microseconds>(oldest[i]).count());
  }
  shown.leases = leases_.size();
  shown.counters = ledger_.by_cause();
  for (const auto& [number, job] : jobs_)
    shown.counters.running += !job.queued && job.kind != job_kind::warm_up ? 1 : 0;
  shown.high_water = ledger_.high;
  if (reset_high_water)
    ledger_.high = {};
  shown.histograms = ledger_.times;
  shown.memory = memory_picture();
  for (const auto& breaker : breakers_.list(now)) {
    auto known = last_failures_.find(breaker.key);
    breaker_snapshot one;
    one.state = to_string(breaker.state);
    one.failures = breaker.failures;
    one.retry_after = breaker.retry_after;
    one.last_failure = known == last_failures_.end() ? "" : known->second.str();
    for (const auto& slot : slots_)
      if (slot.bound && slot.bound->bind == breaker.key)
        one.child = slot.bound->child.str();
    shown.breakers.push_back(std::move(one));
  }
  shown.quarantined = quarantine_.list(now).size();
  shown.dossiers = ledger_.dossiers().size();
  return shown;
}

crash_dossiers pool_core::dossiers() const {
  crash_dossiers result;
  result.entries.assign(ledger_.dossiers().begin(), ledger_.dossiers().end());
  return result;
}

} // namespace leanworker::internal
