// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/alarm.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <queue>
#include <random>

using one_timer = leanworker::internal::alarm; // unistd.h has an alarm, too
using namespace std::chrono_literals;

namespace {

using time_point = one_timer::time_point;
constexpr time_point begun{};

/// A clock that takes nothing back, and the actor in front of it.
struct alarm_user {
  void set(time_point when) {
    if (timer.set(when))
      wake_ups.push(when);
    longest = std::max(longest, timer.on_their_way());
  }
  /// Lets time pass; tells when it rang, if it did.
  std::optional<time_point> pass_until(time_point until) {
    while (!wake_ups.empty() && wake_ups.top() <= until) {
      auto now = wake_ups.top();
      wake_ups.pop();
      auto next = timer.wake(now);
      if (next.again != one_timer::never)
        wake_ups.push(next.again);
      if (next.rings)
        return now;
    }
    return {};
  }

  one_timer timer;
  std::priority_queue<time_point, std::vector<time_point>, std::greater<>> wake_ups;
  std::size_t longest = 0;
};

} // namespace

TEST(alarm, rings_when_it_was_set_for_and_once) {
  alarm_user user;
  user.set(begun + 5ms);
  EXPECT_EQ(user.pass_until(begun + 4ms), std::nullopt);
  EXPECT_EQ(user.pass_until(begun + 9ms), begun + 5ms);
  EXPECT_EQ(user.timer.wanted(), one_timer::never);
  EXPECT_EQ(user.pass_until(begun + 99ms), std::nullopt);
  EXPECT_TRUE(user.wake_ups.empty());
}

TEST(alarm, a_later_instant_uses_the_wake_up_that_is_on_its_way) {
  alarm_user user;
  user.set(begun + 5ms);
  user.set(begun + 8ms);
  EXPECT_EQ(user.wake_ups.size(), 1u);
  EXPECT_EQ(user.pass_until(begun + 7ms), std::nullopt);
  EXPECT_EQ(user.pass_until(begun + 9ms), begun + 8ms);
}

TEST(alarm, an_earlier_instant_has_a_wake_up_of_its_own) {
  alarm_user user;
  user.set(begun + 5ms);
  user.set(begun + 2ms);
  EXPECT_EQ(user.wake_ups.size(), 2u);
  EXPECT_EQ(user.pass_until(begun + 9ms), begun + 2ms);
  EXPECT_EQ(user.pass_until(begun + 9ms), std::nullopt);
}

TEST(alarm, what_was_cleared_does_not_ring) {
  alarm_user user;
  user.set(begun + 5ms);
  user.timer.clear();
  EXPECT_EQ(user.pass_until(begun + 9ms), std::nullopt);
  user.set(begun + 20ms);
  EXPECT_EQ(user.pass_until(begun + 30ms), begun + 20ms);
}

TEST(alarm, a_wake_up_that_comes_before_its_time_is_sent_again) {
  one_timer timer;
  ASSERT_TRUE(timer.set(begun + 5ms));
  auto early = timer.wake(begun + 4ms);
  EXPECT_FALSE(early.rings);
  EXPECT_EQ(early.again, begun + 5ms);
  EXPECT_TRUE(timer.wake(begun + 5ms).rings);
}

TEST(alarm, many_short_requests_with_long_deadlines_leave_one_wake_up) {
  alarm_user user;
  for (int i = 0; i < 100'000; ++i) {
    user.set(begun + i * 1ms + 10min);
    EXPECT_EQ(user.pass_until(begun + i * 1ms), std::nullopt);
  }
  EXPECT_EQ(user.longest, 1u);
}

TEST(alarm, rings_at_every_instant_that_was_wanted_whatever_the_order) {
  static constexpr std::chrono::milliseconds waits[] = {1ms, 7ms, 50ms, 400ms, 3s, 10min};
  std::mt19937 dice{7};
  alarm_user user;
  auto now = begun;
  for (int i = 0; i < 50'000; ++i) {
    auto wanted = now + waits[dice() % std::size(waits)];
    user.set(wanted);
    auto next_event = now + std::chrono::milliseconds{dice() % 100};
    ASSERT_EQ(user.pass_until(next_event), wanted <= next_event ? std::optional{wanted} : std::nullopt) << i;
    if (user.timer.wanted() != one_timer::never && dice() % 2 == 0)
      user.timer.clear();
    now = next_event;
  }
  EXPECT_LE(user.longest, std::size(waits));
}
