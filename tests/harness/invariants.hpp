// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/pool.hpp>
#include <leanworker/messages/pool_event.hpp>
#include <leanworker/messages/pool_snapshot.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

/// What every trace of a pool must satisfy, whatever happens. Feed it the events of one pool (`subscribe_pool`, from before its first request) and what its
/// clients hear; the first violation stays in `problem`, beginning with the number of the invariant in docs/TESTING.md.
namespace leanworker::harness {

struct invariant_limits {
  unsigned workers = 0;      ///< At the beginning; `resized` events change it.
  unsigned spares = 0;
  unsigned attempts_max = 2;
  unsigned restarts_max = 16;
  std::chrono::milliseconds restart_period{60'000};
};

class invariant_checker {
public:
  explicit invariant_checker(invariant_limits limits) : limits_{limits}, workers_{limits.workers}, wanted_{limits.workers} {}

  std::string problem;

  void feed(const pool_event& e) {
    if (stopped_)
      fail("I27", e, "something happened after the pool had stopped");
    switch (e.kind) {
      case pool_event_kind::queued: return on_queued(e);
      case pool_event_kind::started: return on_started(e);
      case pool_event_kind::retried: return on_retried(e);
      case pool_event_kind::refused:
      case pool_event_kind::finished: return on_ended(e);
      case pool_event_kind::lease_granted: return on_granted(e);
      case pool_event_kind::lease_released:
      case pool_event_kind::lease_dropped:
      case pool_event_kind::lease_invalidated: return on_lease_end(e);
      case pool_event_kind::cycle_due: due_.insert(e.slot); return;
      case pool_event_kind::resized:
        wanted_ = static_cast<unsigned>(e.value);
        workers_ = std::max(workers_, wanted_);
        return;
      case pool_event_kind::memory_paused: return on_memory_paused(e);
      case pool_event_kind::worker_killed: return on_killed(e);
      case pool_event_kind::stopping: stopping_ = true; return;
      case pool_event_kind::stopped: return on_stopped(e);
      default: return on_worker(e);
    }
  }

  // -- what clients said and heard ---
  void submitted(std::uint64_t client, ticket id) { ++promised_[{client, id}]; }
  void heard(std::uint64_t client, ticket id) {
    if (dead_.contains(client))
      return; // it may hear what was on its way
    if (--promised_[{client, id}] < 0)
      fail("I1", {}, "client " + std::to_string(client) + " heard the end of " + std::to_string(id) + " once too often");
  }
  void client_died(std::uint64_t client) {
    dead_.insert(client);
    std::erase_if(promised_, [&](const auto& entry) { return entry.first.first == client; });
  }
  bool lease_is_open(std::uint64_t lease) const {
    return std::any_of(places_.begin(), places_.end(), [&](const auto& entry) { return entry.second.lease == lease; });
  }
  /// Everything that was promised has been heard (I25, once children answer and time passes).
  bool all_heard() const {
    return std::all_of(promised_.begin(), promised_.end(), [](const auto& entry) { return entry.second == 0; });
  }

  /// I22: what the pool counts is what happened.
  void check(const pool_snapshot& shown) {
    const auto& c = shown.counters;
    auto sum = [](const std::map<std::string, std::uint64_t>& counts) {
      std::uint64_t total = 0;
      for (const auto& [cause, count] : counts)
        total += count;
      return total;
    };
    auto queued = shown.queued[0] + shown.queued[1] + shown.queued[2];
    if (c.admitted != c.finished + c.refused + queued + c.running)
      fail("I22", {}, "admitted is not finished + refused + queued + running");
    if (c.restarts != sum(c.restart_causes))
      fail("I22", {}, "restarts are not the sum of their causes");
    if (c.refused != sum(c.refusals) || c.finished != sum(c.outcomes) + c.leases_granted)
      fail("I22", {}, "outcomes or refusals do not add up");
    if (c.leases_granted != c.leases_released + c.leases_dropped + c.leases_invalidated + shown.leases)
      fail("I22", {}, "leases do not add up");
    auto ran = std::count_if(shown.slots.begin(), shown.slots.end(), [](const slot_snapshot& slot) { return slot.restarts != 0 || slot.generation != 0; });
    if (c.spawned < c.restarts || c.spawned > c.restarts + shown.slots.size() || (ran > 0 && c.spawned == 0))
      fail("I22", {}, "spawned generations are not restarts plus slots that ran");
    if (c.spawned < last_spawned_ || c.admitted < last_admitted_)
      fail("I22", {}, "a counter went back");
    last_spawned_ = c.spawned;
    last_admitted_ = c.admitted;
    auto serving = std::count_if(shown.slots.begin(), shown.slots.end(),
                                 [](const slot_snapshot& slot) { return slot.lease != 0 || slot.request != 0; });
    if (static_cast<std::size_t>(serving) > workers_ + limits_.spares)
      fail("I14", {}, "more workers serve than there are");
    if (shown.workers > wanted_)
      fail("I29", {}, "there are more workers than were asked for");
  }

private:
  struct request {
    bool over = false;
    unsigned starts = 0;
    bool running = false;
    std::uint32_t slot = 0;
    std::uint64_t lease = 0;
  };
  struct place {
    bool spawned = false; ///< The generation lives.
    bool ready = false;
    bool gave_up = false;
    std::uint64_t generation = 0;
    std::uint64_t running = 0;
    std::uint64_t lease = 0;
    std::deque<std::chrono::microseconds> restarts;
    unsigned unseen = 0; ///< An eviction is a new beginning for a worker whose child has just died, and a planned end for any other.
    bool any = false;
    bool evicted = false; ///< And the next generation has not begun.
  };

  void fail(const char* number, const pool_event& e, const std::string& what) {
    if (!problem.empty())
      return;
    std::ostringstream text;
    text << number << ": " << what << " (" << to_string(e.kind) << " request " << e.request << " slot " << e.slot << " generation " << e.generation
         << " lease " << e.lease << " code " << to_string(e.code) << ")";
    problem = text.str();
  }

  void on_queued(const pool_event& e) {
    if (requests_.contains(e.request))
      fail("I1", e, "admitted twice");
    requests_[e.request];
    if (stopping_)
      fail("I27", e, "admitted while stopping");
  }
  void on_started(const pool_event& e) {
    auto& r = requests_[e.request]; // one on a lease was never queued
    auto& p = places_[e.slot];
    if (r.over)
      fail("I2", e, "started after its end");
    if (r.running || p.running != 0)
      fail("I3", e, "two requests at once");
    if (!p.spawned || !p.ready || e.generation != p.generation)
      fail("I4", e, "started outside the life of its generation");
    if (p.gave_up)
      fail("I7", e, "started on a worker that gave up");
    if (e.lease != p.lease)
      fail("I13", e, "started on a worker that is leased to somebody else, or with a lease that has ended");
    if (due_.contains(e.slot) && limits_.spares == 0)
      fail("I17", e, "started on a generation that is to be replaced");
    if (stopping_)
      fail("I27", e, "started while stopping");
    r.running = true;
    r.slot = e.slot;
    ++r.starts;
    p.running = e.request;
  }
  void on_retried(const pool_event& e) {
    auto& r = requests_[e.request];
    if (!r.running)
      fail("I1", e, "tried again without having run");
    if (e.lease != 0)
      fail("I13", e, "a request on a lease was tried again");
    leave(r);
  }
  void on_ended(const pool_event& e) {
    auto& r = requests_[e.request];
    if (r.over)
      fail("I1", e, "ended twice");
    if (e.kind == pool_event_kind::finished && r.starts == 0)
      fail("I1", e, "an outcome of something that never ran");
    if (e.kind == pool_event_kind::refused && r.starts != 0)
      fail("I1", e, "refused after it had run");
    leave(r);
    r.over = true;
  }
  void leave(request& r) {
    if (r.running)
      places_[r.slot].running = 0;
    r.running = false;
  }
  void on_granted(const pool_event& e) {
    auto& r = requests_[e.request];
    auto& p = places_[e.slot];
    if (r.over)
      fail("I15", e, "a wish that had ended was granted");
    r.over = true;
    if (!leases_.insert(e.lease).second)
      fail("I13", e, "granted twice");
    if (p.lease != 0 || p.running != 0)
      fail("I14", e, "two users of one worker");
    if (!p.spawned || !p.ready || e.generation != p.generation)
      fail("I4", e, "a lease on a generation that does not live");
    if (stopping_)
      fail("I27", e, "granted while stopping");
    p.lease = e.lease;
  }
  void on_lease_end(const pool_event& e) {
    auto& p = places_[e.slot];
    if (p.lease != e.lease)
      fail("I13", e, "a lease ended that was not there");
    p.lease = 0;
    if (e.kind == pool_event_kind::lease_invalidated && e.code == errc::none)
      fail("I13", e, "invalidated without a cause");
  }
  void on_worker(const pool_event& e) {
    auto& p = places_[e.slot];
    switch (e.kind) {
      case pool_event_kind::worker_spawned:
        if (p.spawned)
          fail("I5", e, "a generation began before the one before was reaped");
        if (p.any && e.generation <= p.generation)
          fail("I6", e, "a generation number came again");
        p.spawned = p.any = true;
        p.ready = p.gave_up = p.evicted = false;
        p.generation = e.generation;
        due_.erase(e.slot);
        return;
      case pool_event_kind::worker_ready:
        if (!p.spawned || e.generation != p.generation)
          fail("I4", e, "ready without a life");
        p.ready = true;
        return;
      case pool_event_kind::worker_importing:
        if (!p.spawned || e.generation != p.generation)
          fail("I4", e, "an import without a life");
        return;
      case pool_event_kind::worker_down:
        p.spawned = p.ready = false;
        due_.erase(e.slot);
        return;
      case pool_event_kind::worker_restarting: return on_restarting(p, e);
      case pool_event_kind::worker_gave_up: p.gave_up = !std::exchange(p.evicted, false); return; // being woken for another kind, it goes on
      case pool_event_kind::evicted:
        p.restarts.clear();
        p.unseen = 1;
        p.evicted = true;
        return;
      case pool_event_kind::worker_woken:
        p.restarts.clear();
        p.unseen = 0;
        p.gave_up = false;
        return;
      default: return;
    }
  }
  void on_restarting(place& p, const pool_event& e) {
    if (p.gave_up)
      fail("I7", e, "a restart after giving up");
    if (e.value == 0)
      return; // an end that we brought about does not count
    p.restarts.push_back(e.at);
    while (p.restarts.front() + limits_.restart_period <= e.at)
      p.restarts.pop_front();
    if (p.restarts.size() > limits_.restarts_max + p.unseen)
      fail("I7", e, "more restarts than the window allows");
  }
  void on_memory_paused(const pool_event& e) {
    if (e.limit <= 0)
      fail("I16", e, "refused for memory without a limit");
  }
  void on_killed(const pool_event& e) {
    if (e.value <= 0 || (e.code == errc::memory_limit && e.value < e.limit))
      fail("I28", e, "killed for memory below its limit");
  }
  void on_stopped(const pool_event& e) {
    stopped_ = true;
    if (!stopping_)
      fail("I27", e, "stopped without having been told");
    for (const auto& [number, r] : requests_)
      if (!r.over)
        fail("I27", e, "request " + std::to_string(number) + " was open when the pool stopped");
    for (const auto& [slot, p] : places_)
      if (p.lease != 0)
        fail("I27", e, "a lease was open when the pool stopped");
  }

  invariant_limits limits_;
  unsigned workers_; ///< At most, so far.
  unsigned wanted_;
  std::map<std::uint64_t, request> requests_;
  std::map<std::uint32_t, place> places_;
  std::set<std::uint64_t> leases_;
  std::set<std::uint32_t> due_;
  std::set<std::uint64_t> dead_;
  std::map<std::pair<std::uint64_t, ticket>, int> promised_;
  bool stopping_ = false;
  bool stopped_ = false;
  std::uint64_t last_spawned_ = 0;
  std::uint64_t last_admitted_ = 0;
};

} // namespace leanworker::harness
