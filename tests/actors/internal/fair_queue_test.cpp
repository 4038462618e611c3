// SPDX-License-Identifier: Apache-2.0
#include <leanworker/tests/actors/internal/clocked_queue.hpp>

#include <algorithm>
#include <random>

namespace leanworker::internal {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

TEST(fair_queue, one_caller_is_served_in_the_order_of_arrival) {
  clocked_queue q;
  for (int i = 0; i < 5; ++i)
    q.push(1);
  EXPECT_EQ(q.queue.size(), 5u);
  EXPECT_EQ(q.serve_all(), (ids{1, 2, 3, 4, 5}));
  EXPECT_TRUE(q.queue.empty());
  EXPECT_EQ(q.serve(), 0u);
}

TEST(fair_queue, a_more_urgent_class_goes_first) {
  clocked_queue q;
  q.push(1, priority::bulk);
  q.push(1, priority::normal);
  q.push(1, priority::interactive);
  q.push(2, priority::bulk);
  q.push(2, priority::interactive);
  EXPECT_EQ(q.serve_all(), (ids{3, 5, 2, 1, 4}));
}

TEST(fair_queue, a_full_queue_takes_no_more_but_for_one_that_comes_back) {
  auto config = plain();
  config.size_max = 2;
  clocked_queue q{config};
  q.push(1);
  q.push(1);
  EXPECT_FALSE(q.queue.push({3, 1, 1, priority::interactive, 0, 0, q.now, q.now}));
  EXPECT_EQ(q.queue.size(), 2u);
  q.queue.push_back_first({9, 1, 1, priority::normal, 0, 0, q.now, q.now});
  EXPECT_EQ(q.queue.size(), 3u);
  EXPECT_EQ(q.serve(), 9u);
  EXPECT_EQ(q.serve(), 1u);
  EXPECT_TRUE(q.queue.push({3, 1, 1, priority::normal, 0, 0, q.now, q.now}));
}

TEST(fair_queue, what_waits_rises_by_one_class_per_step) {
  struct {
    milliseconds wait;
    ids order; ///< 1 is bulk and has waited; 2 is fresh bulk, 3 fresh normal, 4 fresh interactive.
  } rows[] = {{9'999ms, {4, 3, 1, 2}}, {10'000ms, {4, 1, 3, 2}}, {19'999ms, {4, 1, 3, 2}}, {20'000ms, {1, 4, 3, 2}}, {24h, {1, 4, 3, 2}}};
  for (const auto& row : rows) {
    clocked_queue q;
    q.push(1, priority::bulk);
    q.now += row.wait;
    q.push(2, priority::bulk);
    q.push(3, priority::normal);
    q.push(4, priority::interactive);
    EXPECT_EQ(q.serve_all(), row.order) << row.wait.count() << " ms";
  }
}

TEST(fair_queue, a_step_of_zero_means_strict_classes) {
  auto config = plain();
  config.ageing_step = 0ms;
  clocked_queue q{config};
  q.push(1, priority::bulk);
  q.now += 24h;
  q.push(2, priority::interactive);
  EXPECT_EQ(q.serve_all(), (ids{2, 1}));
}

TEST(fair_queue, callers_of_equal_weight_take_turns_however_much_one_has_waiting) {
  clocked_queue q;
  for (int i = 0; i < 4; ++i)
    q.push(1); // 1…4
  q.push(2);   // 5
  q.push(2);   // 6
  EXPECT_EQ(q.serve_all(), (ids{1, 5, 2, 6, 3, 4}));
}

TEST(fair_queue, a_caller_of_weight_three_has_three_services_for_one) {
  clocked_queue q;
  for (int i = 0; i < 6; ++i)
    q.push(1, priority::normal, 3); // 1…6
  q.push(2);                        // 7
  q.push(2);                        // 8
  EXPECT_EQ(q.serve_all(), (ids{1, 7, 2, 3, 4, 8, 5, 6}));
}

TEST(fair_queue, a_weight_of_zero_counts_as_one) {
  clocked_queue q;
  for (int i = 0; i < 2; ++i)
    q.push(1, priority::normal, 0), q.push(2, priority::normal, 1);
  EXPECT_EQ(q.serve_all(), (ids{1, 2, 3, 4}));
}

TEST(fair_queue, only_services_count_on_a_share) {
  clocked_queue q;
  for (int i = 0; i < 100; ++i)
    q.push(1);
  for (std::uint64_t id = 1; id < 100; ++id)
    q.queue.remove(id); // cancelled, or expired: the caller received nothing
  q.push(2);            // 101
  q.push(2);            // 102
  EXPECT_EQ(q.serve_all(), (ids{100, 101, 102}));
}

TEST(fair_queue, a_caller_that_comes_back_after_a_rest_has_no_credit_and_no_debt) {
  clocked_queue q;
  for (int i = 0; i < 50; ++i) {
    q.push(1);
    q.serve();
  }
  q.push(1); // 51
  q.push(1); // 52
  q.push(2); // 53
  q.push(2); // 54
  EXPECT_EQ(q.serve_all(), (ids{51, 53, 52, 54}));
}

TEST(fair_queue, what_comes_back_stands_first_in_its_class_and_has_paid) {
  clocked_queue q;
  auto back = q.push(1, priority::normal);
  q.serve();
  q.push(1), q.push(2), q.push(1);
  auto urgent = q.push(3, priority::interactive);
  q.queue.push_back_first({back, 1, 1, priority::normal, 0, 0, q.now, q.now + 1h});
  EXPECT_EQ(q.queue.position(q.now, back), 1u);
  EXPECT_EQ(q.serve_all(), (ids{urgent, back, 2, 3, 4}));
}

TEST(fair_queue, I26_of_several_that_come_back_the_one_admitted_first_is_first) {
  for (bool in_order : {true, false}) {
    clocked_queue q;
    waiter first{1, 1, 1, priority::normal, 0, 0, q.now, q.now + 1h};
    waiter second{2, 1, 1, priority::normal, 0, 0, q.now, q.now + 1h};
    waiter third{3, 1, 1, priority::normal, 0, 0, q.now + 1ms, q.now + 1h};
    for (const auto& one : in_order ? std::vector{first, second, third} : std::vector{third, second, first})
      q.queue.push_back_first(one);
    EXPECT_EQ(q.serve_all(), (ids{1, 2, 3}));
  }
}

TEST(fair_queue, a_warm_key_lets_one_pass_within_its_class_only) {
  clocked_queue q;
  q.push(1, priority::normal, 1, 7);
  q.push(1, priority::normal, 1, 8);
  q.push(1, priority::bulk, 1, 9);
  EXPECT_EQ(q.serve(anything, knows(9)), 1u) << "bulk passes nobody normal";
  q.push(1, priority::normal, 1, 9); // 4
  EXPECT_EQ(q.serve(anything, knows(9)), 4u);
  EXPECT_EQ(q.serve(anything, knows(9)), 2u);
  EXPECT_EQ(q.serve(anything, knows(9)), 3u);
}

TEST(fair_queue, nobody_is_passed_more_often_than_allowed) {
  for (unsigned allowed : {0u, 1u, 4u}) {
    auto config = plain();
    config.overtaken_max = allowed;
    clocked_queue q{config};
    q.push(1, priority::normal, 1, 7);
    for (int i = 0; i < 10; ++i)
      q.push(1, priority::normal, 1, 9);
    for (unsigned passed = 0; passed < allowed; ++passed)
      EXPECT_EQ(q.serve(anything, knows(9)), passed + 2);
    EXPECT_EQ(q.serve(anything, knows(9)), 1u) << allowed;
  }
}

TEST(fair_queue, what_a_worker_cannot_serve_is_neither_taken_nor_passed) {
  auto config = plain();
  config.overtaken_max = 1;
  clocked_queue q{config};
  q.push(1, priority::interactive, 1, 7, 100);
  for (int i = 0; i < 4; ++i)
    q.push(1, priority::normal, 1, 8, 200);
  auto of_200 = [](const waiter& w) { return w.identity == 200; };
  EXPECT_EQ(q.queue.next_in_order(q.now, anything), 1u);
  EXPECT_EQ(q.queue.next_in_order(q.now, of_200), 2u);
  EXPECT_EQ(q.queue.next_in_order(q.now, nothing), std::nullopt);
  for (std::uint64_t expected = 2; expected <= 5; ++expected)
    EXPECT_EQ(q.serve(of_200), expected);
  EXPECT_EQ(q.serve(of_200), 0u);
  q.push(1, priority::interactive, 1, 9, 100); // 6
  EXPECT_EQ(q.serve(anything, knows(9)), 6u) << "it has not been passed before";
}

TEST(fair_queue, deadlines_are_told_and_what_expired_is_named) {
  clocked_queue q;
  EXPECT_EQ(q.queue.next_deadline(), std::nullopt);
  for (auto wait : {300ms, 100ms, 200ms})
    q.queue.push({++q.last_id, 1, 1, priority::normal, 0, 0, q.now, q.now + wait});
  EXPECT_EQ(q.queue.next_deadline(), q.now + 100ms);
  EXPECT_TRUE(q.queue.expired(q.now + 99ms).empty());
  EXPECT_EQ(q.queue.expired(q.now + 200ms), (ids{2, 3}));
  EXPECT_EQ(q.queue.size(), 3u) << "they stay until they are removed";
  EXPECT_TRUE(q.queue.remove(2));
  EXPECT_FALSE(q.queue.remove(2));
  EXPECT_EQ(q.queue.next_deadline(), q.now + 200ms);
}

TEST(fair_queue, depth_and_waits_are_told_by_class_as_admitted) {
  clocked_queue q;
  q.push(1, priority::bulk);
  q.now += 25'000ms;
  q.push(1, priority::bulk);
  q.push(1, priority::interactive);
  q.now += 5ms;
  EXPECT_EQ(q.queue.depth(q.now), (std::array<std::size_t, 3>{1, 0, 2}));
  auto oldest = q.queue.oldest_wait(q.now);
  EXPECT_EQ(oldest[0], 5ms);
  EXPECT_EQ(oldest[1], 0ms);
  EXPECT_EQ(oldest[2], 25'005ms);
}

TEST(fair_queue, positions_are_the_order_of_service) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    std::mt19937 dice{seed};
    clocked_queue q;
    for (int i = 0; i < 60; ++i) {
      q.push(dice() % 4, static_cast<priority>(dice() % 3), 1 + dice() % 3);
      q.now += milliseconds{dice() % 800};
    }
    std::vector<std::pair<std::size_t, std::uint64_t>> places;
    for (std::uint64_t id = 1; id <= 60; ++id)
      places.emplace_back(*q.queue.position(q.now, id), id);
    std::sort(places.begin(), places.end());
    EXPECT_EQ(q.queue.next_in_order(q.now, anything), places[0].second);
    for (std::size_t i = 0; i < places.size(); ++i)
      ASSERT_EQ(places[i].first, i) << "seed " << seed;
    EXPECT_EQ(q.queue.position(q.now, 61), std::nullopt);
    EXPECT_EQ(q.serve(), places[0].second);
  }
}

} // namespace
} // namespace leanworker::internal
