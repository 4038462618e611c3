// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/internal/fair_queue.hpp>

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace leanworker::internal {

using ids = std::vector<std::uint64_t>;

inline const auto anything = [](const waiter&) { return true; };
inline const auto nothing = [](const waiter&) { return false; };

inline fair_queue_config plain() {
  fair_queue_config config;
  config.size_max = 1'000;
  config.overtaken_max = 4;
  config.ageing_step = std::chrono::seconds{10};
  return config;
}

/// A queue with a clock of its own; numbers are given in the order of arrival, beginning with 1.
struct clocked_queue {
  fair_queue queue;
  fair_queue::time_point now = fair_queue::time_point{} + std::chrono::hours{1};
  std::uint64_t last_id = 0;
  std::map<std::uint64_t, waiter> waiting;

  explicit clocked_queue(fair_queue_config config = plain()) : queue{config} {}

  std::uint64_t push(std::uint64_t caller, priority urgency = priority::normal, unsigned weight = 1, std::uint64_t key = 0,
                     std::uint64_t identity = 0) {
    waiter entry{++last_id, caller, weight, urgency, key, identity, now, now + std::chrono::hours{1}};
    EXPECT_TRUE(queue.push(entry));
    waiting[entry.id] = entry;
    return entry.id;
  }
  /// The one that is served next; 0 when there is none.
  std::uint64_t serve(const fair_queue::predicate& servable = anything, const fair_queue::predicate& warm = nothing) {
    auto taken = queue.take_for(now, servable, warm);
    if (!taken)
      return 0;
    EXPECT_TRUE(queue.remove(*taken));
    waiting.erase(*taken);
    return *taken;
  }
  ids serve_all() {
    ids order;
    while (auto id = serve())
      order.push_back(id);
    return order;
  }
};

/// A worker that has one key warm.
inline fair_queue::predicate knows(std::uint64_t key) {
  return [key](const waiter& w) { return w.key == key; };
}

} // namespace leanworker::internal
