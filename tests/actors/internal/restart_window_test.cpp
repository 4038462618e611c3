// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/restart_window.hpp>

#include <gtest/gtest.h>

namespace leanworker::internal {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

restart_policy plain() {
  restart_policy policy;
  policy.restarts_max = 3;
  policy.period = 10'000ms;
  policy.failed_starts_max = 100;
  policy.backoff_initial = 100ms;
  policy.backoff_factor = 2.0;
  policy.backoff_max = 1'000ms;
  policy.jitter = 0.0;
  policy.stable_after = 5'000ms;
  return policy;
}

/// A window with a clock of its own.
struct clocked_window {
  restart_window window;
  restart_window::time_point now{};

  explicit clocked_window(restart_policy policy) : window{policy} {}
  restart_window::decision crash(milliseconds after = 0ms, milliseconds uptime = 0ms, double random = 0.5) {
    now += after;
    return window.failed(now, true, uptime, random);
  }
  restart_window::decision failed_start(milliseconds after = 0ms) {
    now += after;
    return window.failed(now, false, 0ms, 0.5);
  }
};

TEST(restart_window, exactly_the_allowed_number_of_restarts_back_to_back) {
  clocked_window w{plain()};
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(w.crash().give_up, errc::none) << i;
  EXPECT_EQ(w.crash(), (restart_window::decision{errc::restart_limit, 0ms}));
}

TEST(restart_window, none_allowed_means_the_first_failure_is_the_last) {
  auto policy = plain();
  policy.restarts_max = 0;
  EXPECT_EQ(clocked_window{policy}.crash().give_up, errc::restart_limit);
}

TEST(restart_window, one_allowed_is_what_otp_has_by_default) {
  auto policy = plain();
  policy.restarts_max = 1;
  policy.period = 5'000ms;
  clocked_window w{policy};
  EXPECT_EQ(w.crash().give_up, errc::none);
  EXPECT_EQ(w.crash(5'000ms).give_up, errc::none) << "the first is out of the period";
  EXPECT_EQ(w.crash(4'999ms).give_up, errc::restart_limit);
}

TEST(restart_window, a_failure_leaves_the_window_when_it_is_exactly_one_period_old) {
  clocked_window w{plain()};
  w.crash();
  w.crash(1ms);
  w.crash(1ms);
  auto early = w;
  EXPECT_EQ(early.crash(9'997ms).give_up, errc::restart_limit) << "9.999 s after the first";
  EXPECT_EQ(w.crash(9'998ms).give_up, errc::none) << "10 s after the first";
  EXPECT_EQ(w.crash().give_up, errc::restart_limit) << "and only one left";
}

TEST(restart_window, a_steady_rate_just_below_the_limit_goes_on_for_ever) {
  clocked_window w{plain()};
  for (int i = 0; i < 1'000; ++i)
    ASSERT_EQ(w.crash(3'334ms).give_up, errc::none) << i;
}

TEST(restart_window, a_steady_rate_just_above_the_limit_ends) {
  clocked_window w{plain()};
  int restarts = 0;
  while (restarts < 1'000 && w.crash(3'333ms).give_up == errc::none)
    ++restarts;
  EXPECT_EQ(restarts, 3);
}

TEST(restart_window, delays_grow_by_the_factor_up_to_the_cap) {
  auto policy = plain();
  policy.restarts_max = 100;
  clocked_window w{policy};
  for (auto expected : {100ms, 200ms, 400ms, 800ms, 1'000ms, 1'000ms, 1'000ms})
    EXPECT_EQ(w.crash().delay, expected);
}

TEST(restart_window, a_thousand_failures_still_give_the_cap) {
  auto policy = plain();
  policy.restarts_max = 5'000;
  policy.backoff_factor = 10.0;
  clocked_window w{policy};
  for (int i = 0; i < 2'000; ++i)
    ASSERT_EQ(w.crash().delay, std::min(1'000ms, i == 0 ? 100ms : 1'000ms)) << i;
}

TEST(restart_window, without_any_delay_asked_for_there_is_none_however_long_the_row) {
  auto policy = plain();
  policy.restarts_max = 5'000;
  policy.backoff_initial = 0ms;
  clocked_window w{policy};
  for (int i = 0; i < 2'000; ++i)
    ASSERT_EQ(w.crash().delay, 0ms) << i;
}

TEST(restart_window, a_factor_of_one_keeps_the_delay) {
  auto policy = plain();
  policy.restarts_max = 10;
  policy.backoff_factor = 1.0;
  clocked_window w{policy};
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(w.crash().delay, 100ms);
}

TEST(restart_window, a_stable_life_ends_the_row_and_a_slightly_shorter_one_does_not) {
  auto policy = plain();
  policy.restarts_max = 100;
  clocked_window w{policy};
  w.crash();
  EXPECT_EQ(w.crash(0ms, 4'999ms).delay, 200ms);
  EXPECT_EQ(w.crash(0ms, 5'000ms).delay, 100ms);
  EXPECT_EQ(w.crash().delay, 200ms) << "and the row begins anew";
}

TEST(restart_window, a_long_life_that_never_became_ready_is_not_stable) {
  auto policy = plain();
  policy.restarts_max = 100;
  restart_window w{policy};
  restart_window::time_point now{};
  EXPECT_EQ(w.failed(now, false, 60'000ms, 0.5).delay, 100ms);
  EXPECT_EQ(w.failed(now, false, 60'000ms, 0.5).delay, 200ms);
}

TEST(restart_window, a_stable_life_does_not_empty_the_window) {
  clocked_window w{plain()};
  for (int i = 0; i < 3; ++i)
    w.crash(0ms, 60'000ms);
  EXPECT_EQ(w.crash(0ms, 60'000ms).give_up, errc::restart_limit);
}

TEST(restart_window, jitter_moves_a_delay_within_its_bounds) {
  auto policy = plain();
  policy.jitter = 0.2;
  struct {
    double random;
    milliseconds delay;
  } rows[] = {{0.0, 80ms}, {0.25, 90ms}, {0.5, 100ms}, {0.75, 110ms}, {0.999999, 120ms}};
  for (const auto& row : rows)
    EXPECT_EQ(clocked_window{policy}.crash(0ms, 0ms, row.random).delay, row.delay) << row.random;
  policy.jitter = 1.0;
  EXPECT_EQ(clocked_window{policy}.crash(0ms, 0ms, 0.0).delay, 0ms);
  EXPECT_EQ(clocked_window{policy}.crash(0ms, 0ms, 0.999999).delay, 200ms);
}

TEST(restart_window, failed_starts_in_a_row_end_it_and_one_good_start_begins_anew) {
  auto policy = plain();
  policy.restarts_max = 100;
  policy.failed_starts_max = 3;
  clocked_window w{policy};
  EXPECT_EQ(w.failed_start().give_up, errc::none);
  EXPECT_EQ(w.failed_start().give_up, errc::none);
  EXPECT_EQ(w.crash().give_up, errc::none) << "this one was ready";
  EXPECT_EQ(w.failed_start().give_up, errc::none);
  EXPECT_EQ(w.failed_start().give_up, errc::none);
  EXPECT_EQ(w.failed_start(), (restart_window::decision{errc::start_limit, 0ms}));
}

TEST(restart_window, failed_starts_count_however_much_time_lies_between) {
  auto policy = plain();
  policy.failed_starts_max = 2;
  clocked_window w{policy};
  EXPECT_EQ(w.failed_start().give_up, errc::none);
  EXPECT_EQ(w.failed_start(3'600'000ms).give_up, errc::start_limit);
}

TEST(restart_window, a_limit_of_one_failed_start_forgives_crashes_of_ready_children) {
  auto policy = plain();
  policy.failed_starts_max = 1;
  clocked_window w{policy};
  EXPECT_EQ(w.crash().give_up, errc::none);
  EXPECT_EQ(w.failed_start().give_up, errc::start_limit);
}

TEST(restart_window, failed_starts_also_count_as_restarts) {
  clocked_window w{plain()};
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(w.failed_start().give_up, errc::none);
  EXPECT_EQ(w.failed_start().give_up, errc::restart_limit);
}

TEST(restart_window, what_a_request_did_counts_for_the_intensity_and_brings_no_delay) {
  auto policy = plain();
  policy.restarts_max = 20;
  restart_window window{policy};
  restart_window::time_point now{};
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(window.failed(now, true, 10ms, 0.5, true), (restart_window::decision{errc::none, 0ms})) << i;
  EXPECT_EQ(window.failed(now, true, 10ms, 0.5, true).give_up, errc::restart_limit);
}

TEST(restart_window, a_start_that_fails_keeps_its_delay_whatever_requests_did_before) {
  restart_window window{plain()};
  restart_window::time_point now{};
  window.failed(now, true, 10ms, 0.5, true);
  EXPECT_EQ(window.failed(now, false, 0ms, 0.5).delay, 100ms);
  EXPECT_EQ(window.failed(now, false, 0ms, 0.5).delay, 200ms);
}

} // namespace
} // namespace leanworker::internal
