// SPDX-License-Identifier: Apache-2.0
// I26: who waits, waits for a bounded number of others, and shares are shares. Over random arrivals.
#include <leanworker/tests/actors/internal/clocked_queue.hpp>

#include <algorithm>
#include <random>

namespace leanworker::internal {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

TEST(fair_queue, I26_first_in_first_out_among_those_alike_in_any_history) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 dice{seed};
    clocked_queue q;
    for (int step = 0; step < 1'500; ++step) {
      q.now += milliseconds{dice() % 700};
      if (dice() % 2 && q.waiting.size() < 100) {
        q.push(dice() % 3, static_cast<priority>(dice() % 3), 1 + dice() % 4, dice() % 3, dice() % 2);
        continue;
      }
      if (dice() % 8 == 0 && !q.waiting.empty()) { // cancelled
        auto gone = std::next(q.waiting.begin(), static_cast<std::ptrdiff_t>(dice() % q.waiting.size()))->first;
        ASSERT_TRUE(q.queue.remove(gone));
        q.waiting.erase(gone);
      }
      auto before = q.waiting;
      auto identity = dice() % 2;
      auto id = q.serve([&](const waiter& w) { return w.identity == identity; }, knows(dice() % 3));
      if (id == 0)
        continue;
      const auto& served = before.at(id);
      for (const auto& [other, w] : before) {
        bool alike = w.caller == served.caller && w.urgency == served.urgency && w.key == served.key && w.identity == served.identity;
        ASSERT_FALSE(alike && other < id) << "seed " << seed << " step " << step << ": " << id << " before " << other;
      }
    }
  }
}

TEST(fair_queue, I26_nobody_is_overtaken_by_affinity_more_often_than_allowed) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 dice{seed};
    clocked_queue q;
    std::map<std::uint64_t, unsigned> passed;
    for (int step = 0; step < 1'500; ++step) {
      q.now += milliseconds{dice() % 300};
      while (q.waiting.size() < 20)
        q.push(dice() % 3, static_cast<priority>(dice() % 2), 1 + dice() % 2, dice() % 4);
      std::map<std::uint64_t, std::size_t> places;
      for (const auto& [id, w] : q.waiting)
        places[id] = *q.queue.position(q.now, id);
      auto id = q.serve(anything, knows(dice() % 4));
      ASSERT_NE(id, 0u);
      for (const auto& [other, place] : places)
        if (place < places[id]) {
          ASSERT_LE(++passed[other], 4u) << "seed " << seed << " step " << step << " number " << other;
        }
    }
    EXPECT_GT(passed.size(), 20u) << "hardly anything was ever passed";
  }
}

TEST(fair_queue, I26_shares_follow_the_weights_within_one_service) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 dice{seed};
    clocked_queue q;
    std::vector<unsigned> weights(2 + dice() % 4);
    for (auto& weight : weights)
      weight = 1 + dice() % 5;
    std::vector<double> served(weights.size());
    auto push = [&](std::size_t caller) { q.push(caller, priority::normal, weights[caller]); };
    for (std::size_t caller = 0; caller < weights.size(); ++caller)
      for (auto left = 1 + dice() % 10; left > 0; --left)
        push(caller);
    for (int service = 0; service < 1'000; ++service) {
      auto caller = q.waiting.at(*q.queue.next_in_order(q.now, anything)).caller;
      q.push(caller, priority::normal, weights[caller]); // everybody always has something waiting
      if (dice() % 3 == 0 && q.waiting.size() < 100)
        push(dice() % weights.size());
      ASSERT_NE(q.serve(), 0u);
      served[caller] += 1;
      for (std::size_t a = 0; a < weights.size(); ++a)
        for (std::size_t b = 0; b < weights.size(); ++b)
          ASSERT_LE(served[a] / weights[a] - served[b] / weights[b], 1.0 / weights[a] + 1e-6) << "seed " << seed << " after " << service;
    }
  }
}

TEST(fair_queue, I26_bulk_is_served_within_a_bounded_number_of_services_once_it_has_risen) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 dice{seed};
    clocked_queue q;
    const unsigned callers = 1 + dice() % 5;
    auto bulk = q.push(99, priority::bulk, 1, 7);
    unsigned services_since_risen = 0;
    for (int step = 0;; ++step) {
      ASSERT_LT(step, 10'000) << "seed " << seed;
      for (unsigned i = 0; i < 3 && q.waiting.size() < 200; ++i) // three arrivals for each service
        q.push(dice() % callers, priority::interactive, 1, 8);
      q.now += milliseconds{dice() % 200};
      bool risen = q.now >= fair_queue::time_point{} + 1h + 20'000ms;
      auto id = q.serve(anything, knows(8));
      if (id == bulk)
        break;
      services_since_risen += risen;
      ASSERT_LE(services_since_risen, 2 * callers + 4) << "seed " << seed;
    }
    EXPECT_GT(q.now, fair_queue::time_point{} + 1h + 10'000ms) << "it was not interactive from the beginning";
  }
}

TEST(fair_queue, I26_interactive_is_not_starved_by_endless_bulk_that_has_risen) {
  clocked_queue q;
  for (int i = 0; i < 50; ++i)
    q.push(1, priority::bulk);
  q.now += 20'000ms; // all of them are in the most urgent class now, and for ever some will be
  auto first = q.push(2, priority::interactive);
  auto second = q.push(2, priority::interactive);
  ids order;
  for (int service = 0; service < 8; ++service) {
    order.push_back(q.serve());
    q.push(1, priority::bulk);
    q.now += 1'000ms;
  }
  EXPECT_LE(std::find(order.begin(), order.end(), first) - order.begin(), 2) << "one service of the other caller, and its turn";
  EXPECT_LE(std::find(order.begin(), order.end(), second) - order.begin(), 4);
}

TEST(fair_queue, I26_shares_also_hold_among_those_that_have_risen) {
  clocked_queue q;
  for (int i = 0; i < 20; ++i)
    q.push(1); // a large batch first
  q.push(2);   // 21
  q.push(2);   // 22
  q.now += 15'000ms;
  ids order = q.serve_all();
  EXPECT_EQ((ids{order.begin(), order.begin() + 5}), (ids{1, 21, 2, 22, 3}));
}

TEST(fair_queue, I26_a_second_request_is_not_starved_by_endless_callers_with_one_request_each) {
  clocked_queue q;
  q.push(1);
  auto second = q.push(1);
  std::uint64_t caller = 100;
  for (int i = 0; i < 3; ++i)
    q.push(++caller);
  for (int service = 0;; ++service) {
    ASSERT_LT(service, 10) << "each new caller went before it";
    if (q.serve() == second)
      break;
    q.push(++caller);
  }
}

TEST(fair_queue, I26_everything_is_served_once_and_nothing_is_lost) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    std::mt19937 dice{seed};
    clocked_queue q;
    std::map<std::uint64_t, unsigned> served;
    std::size_t back = 0;
    for (int step = 0; step < 2'000; ++step) {
      q.now += milliseconds{dice() % 500};
      if (dice() % 2 && q.waiting.size() < 200) {
        q.push(dice() % 5, static_cast<priority>(dice() % 3), dice() % 4, dice() % 4);
      } else if (!q.waiting.empty()) {
        auto before = q.waiting;
        auto id = q.serve(anything, knows(dice() % 4));
        ASSERT_NE(id, 0u) << "there was something to serve";
        ASSERT_EQ(++served[id], 1u);
        if (dice() % 10 == 0) { // its worker died
          q.queue.push_back_first(before.at(id));
          q.waiting[id] = before.at(id);
          served.erase(id);
          ++back;
        }
      }
      ASSERT_EQ(q.queue.size(), q.waiting.size());
    }
    for (auto id : q.serve_all())
      ASSERT_EQ(++served[id], 1u);
    EXPECT_EQ(served.size(), q.last_id) << "seed " << seed;
    EXPECT_GT(back, 10u);
  }
}

} // namespace
} // namespace leanworker::internal
