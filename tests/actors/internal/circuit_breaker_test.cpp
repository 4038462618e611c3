// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/circuit_breaker.hpp>

#include <gtest/gtest.h>

#include <random>
#include <utility>

namespace leanworker::internal {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

breaker_config plain() {
  breaker_config config;
  config.failures_max = 3;
  config.open_initial = 1'000ms;
  config.open_factor = 2.0;
  config.open_max = 5'000ms;
  config.jitter = 0.0;
  return config;
}

/// Breakers with a clock of their own; everything is about kind 7.
struct clocked_breakers {
  circuit_breakers all;
  circuit_breakers::time_point now = circuit_breakers::time_point{} + 1h;

  explicit clocked_breakers(breaker_config config = plain()) : all{config} {}
  void fail(int times = 1, double random = 0.5) {
    for (int i = 0; i < times; ++i)
      all.failure(7, now, random);
  }
  bool admit() { return all.admit(7, now); }
  breaker_state state() const { return all.state(7, now); }
  milliseconds retry_after() const { return all.retry_after(7, now); }
};

TEST(circuit_breaker, an_unknown_kind_is_closed) {
  clocked_breakers b;
  EXPECT_EQ(b.state(), breaker_state::closed);
  EXPECT_TRUE(b.admit());
  EXPECT_EQ(b.retry_after(), 0ms);
  EXPECT_FALSE(b.all.success(7)) << "nothing was open";
  EXPECT_TRUE(b.all.list(b.now).empty());
}

TEST(circuit_breaker, it_opens_with_exactly_the_configured_failure) {
  clocked_breakers b;
  b.fail(2);
  EXPECT_EQ(b.state(), breaker_state::closed);
  EXPECT_TRUE(b.admit());
  b.fail();
  EXPECT_EQ(b.state(), breaker_state::open);
  EXPECT_FALSE(b.admit());
  EXPECT_EQ(b.retry_after(), 1'000ms);
}

TEST(circuit_breaker, a_success_in_between_begins_the_count_anew) {
  clocked_breakers b;
  for (int round = 0; round < 10; ++round) {
    b.fail(2);
    EXPECT_FALSE(b.all.success(7)) << "it was never open";
  }
  EXPECT_EQ(b.state(), breaker_state::closed);
}

TEST(circuit_breaker, a_limit_of_none_means_one) {
  auto config = plain();
  config.failures_max = 0;
  clocked_breakers b{config};
  EXPECT_EQ(b.state(), breaker_state::closed);
  b.fail();
  EXPECT_EQ(b.state(), breaker_state::open);
}

TEST(circuit_breaker, it_is_half_open_exactly_when_its_time_is_over_and_admits_one_probe) {
  clocked_breakers b;
  b.fail(3);
  b.now += 999ms;
  EXPECT_EQ(b.state(), breaker_state::open);
  EXPECT_EQ(b.retry_after(), 1ms);
  EXPECT_FALSE(b.admit());
  b.now += 1ms;
  EXPECT_EQ(b.state(), breaker_state::half_open);
  EXPECT_EQ(b.retry_after(), 0ms);
  EXPECT_TRUE(b.admit());
  EXPECT_EQ(b.state(), breaker_state::half_open);
  EXPECT_FALSE(b.admit()) << "one probe only";
  EXPECT_GT(b.retry_after(), 0ms);
}

TEST(circuit_breaker, a_good_probe_closes_it_and_forgets_everything) {
  clocked_breakers b;
  b.fail(3);
  b.now += 1'000ms;
  ASSERT_TRUE(b.admit());
  EXPECT_TRUE(b.all.success(7));
  EXPECT_EQ(b.state(), breaker_state::closed);
  EXPECT_TRUE(b.admit());
  EXPECT_TRUE(b.admit());
  b.fail(2);
  EXPECT_EQ(b.state(), breaker_state::closed) << "the count began anew";
  b.fail();
  EXPECT_EQ(b.retry_after(), 1'000ms) << "and so did the times";
}

TEST(circuit_breaker, a_failed_probe_opens_it_for_longer_up_to_the_cap) {
  clocked_breakers b;
  b.fail(3);
  for (auto expected : {1'000ms, 2'000ms, 4'000ms, 5'000ms, 5'000ms}) {
    EXPECT_EQ(b.retry_after(), expected);
    b.now += expected;
    ASSERT_TRUE(b.admit());
    b.fail();
    EXPECT_EQ(b.state(), breaker_state::open) << "one failure is enough now";
  }
}

TEST(circuit_breaker, a_thousand_failed_probes_still_give_the_cap) {
  auto config = plain();
  config.open_factor = 10.0;
  clocked_breakers b{config};
  b.fail(3);
  for (int i = 0; i < 1'000; ++i) {
    b.now += 5'000ms;
    ASSERT_TRUE(b.admit());
    b.fail();
    ASSERT_EQ(b.retry_after(), 5'000ms) << i;
  }
}

TEST(circuit_breaker, late_failures_of_children_that_were_on_their_way_do_not_prolong_it) {
  clocked_breakers b;
  b.fail(3);
  b.now += 600ms;
  b.fail(5);
  EXPECT_EQ(b.retry_after(), 400ms);
}

TEST(circuit_breaker, a_probe_of_which_nothing_is_heard_does_not_keep_it_shut_for_ever) {
  clocked_breakers b;
  b.fail(3);
  b.now += 1'000ms;
  ASSERT_TRUE(b.admit());
  b.now += 119'999ms;
  EXPECT_FALSE(b.admit());
  b.now += 1ms;
  EXPECT_TRUE(b.admit());
  EXPECT_FALSE(b.admit());
}

TEST(circuit_breaker, trip_opens_it_whatever_the_count) {
  clocked_breakers b;
  b.all.trip(7, b.now, 0.5);
  EXPECT_EQ(b.state(), breaker_state::open);
  EXPECT_EQ(b.retry_after(), 1'000ms);
  b.now += 500ms;
  b.all.trip(7, b.now, 0.5);
  EXPECT_EQ(b.retry_after(), 500ms) << "an open one stays as it is";
}

TEST(circuit_breaker, trip_also_opens_one_that_waits_for_its_probe_or_has_it) {
  clocked_breakers b;
  b.all.trip(7, b.now, 0.5);
  b.now += 1'000ms;
  ASSERT_EQ(b.state(), breaker_state::half_open);
  b.all.trip(7, b.now, 0.5);
  EXPECT_EQ(b.state(), breaker_state::open) << "nobody probed yet";
  EXPECT_EQ(b.retry_after(), 2'000ms);
  b.now += 2'000ms;
  ASSERT_TRUE(b.admit());
  b.all.trip(7, b.now, 0.5);
  EXPECT_EQ(b.state(), breaker_state::open) << "during the probe";
  EXPECT_EQ(b.retry_after(), 4'000ms);
}

TEST(circuit_breaker, jitter_moves_the_time_within_its_bounds) {
  struct {
    double random;
    milliseconds time;
  } rows[] = {{0.0, 800ms}, {0.25, 900ms}, {0.5, 1'000ms}, {0.75, 1'100ms}, {0.999999, 1'200ms}};
  auto config = plain();
  config.jitter = 0.2;
  for (const auto& row : rows) {
    clocked_breakers b{config};
    b.fail(3, row.random);
    EXPECT_EQ(b.retry_after(), row.time) << row.random;
  }
}

TEST(circuit_breaker, kinds_do_not_know_each_other) {
  clocked_breakers b;
  b.fail(3);
  EXPECT_EQ(b.all.state(8, b.now), breaker_state::closed);
  EXPECT_TRUE(b.all.admit(8, b.now));
  b.all.success(8);
  EXPECT_EQ(b.state(), breaker_state::open);
}

TEST(circuit_breaker, only_those_that_are_not_closed_are_listed) {
  clocked_breakers b;
  b.fail(3);
  b.all.failure(8, b.now, 0.5);
  b.all.trip(9, b.now, 0.5);
  b.now += 400ms;
  auto listed = b.all.list(b.now);
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed[0].key, 7u);
  EXPECT_EQ(listed[0].state, breaker_state::open);
  EXPECT_EQ(listed[0].failures, 3u);
  EXPECT_EQ(listed[0].retry_after, 600ms);
  EXPECT_EQ(listed[1].key, 9u);
  EXPECT_EQ(listed[1].failures, 0u);
}

TEST(circuit_breaker, beyond_the_maximum_the_one_that_failed_longest_ago_is_forgotten) {
  circuit_breakers all{plain()};
  auto now = circuit_breakers::time_point{} + 1h;
  for (std::uint64_t key = 1; key <= circuit_breakers::breakers_max; ++key)
    all.trip(key, now += 1us, 0.5);
  all.failure(1, now += 1us, 0.5); // so 2 is the oldest now
  all.trip(5'000, now += 1us, 0.5);
  EXPECT_EQ(all.list(now).size(), circuit_breakers::breakers_max);
  EXPECT_EQ(all.state(1, now), breaker_state::open);
  EXPECT_EQ(all.state(2, now), breaker_state::closed);
  EXPECT_EQ(all.state(3, now), breaker_state::open);
  EXPECT_EQ(all.state(5'000, now), breaker_state::open);
}

TEST(circuit_breaker, at_any_history_an_open_one_admits_nobody_and_a_half_open_one_a_single_probe) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 dice{seed};
    auto config = plain();
    config.jitter = 0.2;
    clocked_breakers b{config};
    bool probing = false;
    for (int step = 0; step < 2'000; ++step) {
      auto before = b.state();
      switch (dice() % 6) {
        case 0: b.now += milliseconds{dice() % 1'500}; break;
        case 1: b.fail(1, (dice() % 1'000) / 1'000.0), probing = probing && b.state() == breaker_state::half_open; break;
        case 2: EXPECT_EQ(b.all.success(7), before != breaker_state::closed), probing = false; break;
        default:
          bool probes = before == breaker_state::half_open && b.retry_after() == 0ms;
          ASSERT_EQ(b.admit(), before == breaker_state::closed || probes) << "seed " << seed << " step " << step;
          if (probes) {
            ASSERT_FALSE(std::exchange(probing, true)) << "seed " << seed << " step " << step;
          }
          ASSERT_EQ(b.state(), before) << "asking changes nothing that is seen";
      }
      if (b.state() == breaker_state::half_open && b.retry_after() == 0ms)
        probing = false; // its time is over, or none has begun
      ASSERT_LE(b.retry_after(), 120s);
    }
  }
}

} // namespace
} // namespace leanworker::internal
