// SPDX-License-Identifier: Apache-2.0
#include <leanworker/tests/actors/internal/supervision_driver.hpp>

#include <gtest/gtest.h>

namespace leanworker::internal {
namespace {

using namespace std::chrono_literals;
using enum supervision_strategy;
using enum restart_type;

supervision_config backing_off(supervision_strategy strategy = one_for_one) {
  auto config = driven_supervision(strategy);
  config.backoff_initial = 100ms;
  config.backoff_max = 1000ms;
  config.stable_after = 10'000ms;
  return config;
}

// -- back-off -------------------------------------------------------------------------

TEST(supervision_backoff, delays_grow_by_the_factor_up_to_the_cap) {
  supervision_driver d{backing_off()};
  d.begin(children("a"));
  for (auto delay : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
    ASSERT_EQ(d.fail("a"), "-");
    ASSERT_EQ(d.last_delay(), delay);
    ASSERT_EQ(d.state("a"), "restarting");
    ASSERT_EQ(d.pass(delay - 1ms), "-");
    ASSERT_NE(d.pass(1ms), "-");
    ASSERT_EQ(d.state("a"), "running");
  }
}

TEST(supervision_backoff, a_very_long_row_stays_at_the_cap) {
  auto config = backing_off();
  config.intensity = 5'000;
  supervision_driver d{config};
  d.begin(children("a"));
  for (int i = 0; i < 3'000; ++i) {
    d.fail("a");
    d.pass(1000ms);
  }
  EXPECT_EQ(d.last_delay(), 1000ms);
  EXPECT_EQ(d.status("a").restarts, 3'000u);
}

TEST(supervision_backoff, jitter_keeps_to_its_bounds_at_both_ends) {
  auto config = backing_off();
  config.jitter = 0.2;
  for (auto [dice, first, capped] : {std::tuple{0.0, 80ms, 800ms}, {0.5, 100ms, 1000ms}, {0.999999, 120ms, 1200ms}}) {
    supervision_driver d{config};
    d.dice = dice;
    d.begin(children("a"));
    d.fail("a");
    EXPECT_EQ(d.last_delay(), first);
    for (int i = 0; i < 10; ++i) {
      d.pass(2000ms);
      d.fail("a");
    }
    EXPECT_EQ(d.last_delay(), capped);
  }
}

TEST(supervision_backoff, a_child_that_lived_long_enough_begins_a_new_row) {
  for (auto [lived, delay] : {std::pair{9'999ms, 400ms}, {10'000ms, 100ms}}) {
    supervision_driver d{backing_off()};
    d.begin(children("a"));
    d.fail("a");
    d.pass(100ms);
    d.fail("a");
    d.pass(200ms);
    d.pass(lived);
    d.fail("a");
    EXPECT_EQ(d.last_delay(), delay) << lived.count();
  }
}

TEST(supervision_backoff, rows_of_different_children_are_their_own) {
  supervision_driver d{backing_off()};
  d.begin(children("ab"));
  d.fail("a");
  d.pass(100ms);
  d.fail("a");
  EXPECT_EQ(d.last_delay(), 200ms);
  d.fail("b");
  EXPECT_EQ(d.last_delay(), 100ms);
  // Each at its own time.
  EXPECT_EQ(d.pass(100ms), "start(b1)");
  EXPECT_EQ(d.pass(100ms), "start(a2)");
}

TEST(supervision_backoff, failed_starts_make_a_row_even_if_the_delays_are_longer_than_stable_after) {
  auto config = backing_off();
  config.stable_after = 50ms;
  supervision_driver d{config};
  d.broken_starts["a"] = 3;
  EXPECT_EQ(d.begin(children("a")), "start(a0)");
  EXPECT_EQ(d.pass(100ms), "start(a1)");
  EXPECT_EQ(d.pass(200ms), "start(a2)");
  EXPECT_EQ(d.pass(399ms), "-");
  EXPECT_EQ(d.pass(1ms), "start(a3)");
  EXPECT_EQ(d.status("a").last.code, errc::actor_start_failed);
}

TEST(supervision_backoff, a_second_failure_meanwhile_widens_the_group_and_all_wait_for_the_latest) {
  supervision_driver d{backing_off(rest_for_one)};
  d.begin(children("abcd"));
  EXPECT_EQ(d.fail("c"), "stop(d)");
  EXPECT_EQ(d.pass(60ms), "-");
  EXPECT_EQ(d.fail("b"), "-");
  EXPECT_EQ(d.pass(99ms), "-");
  EXPECT_EQ(d.pass(1ms), "start(b1) start(c1) start(d1)");
  EXPECT_EQ(d.state("a"), "running");
}

TEST(supervision_backoff, widening_never_makes_the_group_start_earlier) {
  supervision_driver d{backing_off(rest_for_one)};
  d.begin(children("abc"));
  for (auto delay : {100ms, 200ms, 400ms}) {
    d.fail("b");
    d.pass(delay);
  }
  d.fail("b"); // waits 800
  d.pass(10ms);
  EXPECT_EQ(d.fail("a"), "-");
  EXPECT_EQ(d.pass(789ms), "-");
  EXPECT_EQ(d.pass(1ms), "start(a1) start(b4) start(c4)");
}

TEST(supervision_backoff, one_that_fails_while_the_group_is_being_stopped_is_started_once_and_stays) {
  supervision_driver d{driven_supervision(one_for_all)};
  d.begin(children("abc"));
  d.stubborn = {"c"};
  EXPECT_EQ(d.fail("b"), "stop(c)");
  EXPECT_EQ(d.fail("a"), "-");
  EXPECT_EQ(d.status("a").restarts, 1u);
  EXPECT_EQ(d.leave("c"), "start(a1) start(b1) start(c1)");
}

TEST(supervision_backoff, a_normal_end_of_one_that_had_to_go_anyway_is_planned) {
  for (auto type : {permanent, transient}) {
    supervision_driver d{driven_supervision(one_for_all)};
    d.begin(children("abc", type));
    d.stubborn = {"c"};
    d.fail("b");
    d.heard();
    EXPECT_EQ(d.leave("a"), "-");
    EXPECT_EQ(d.heard(), "a down planned");
    EXPECT_EQ(d.status("a").restarts, 0u);
    EXPECT_EQ(d.leave("c"), "start(a1) start(b1) start(c1)");
  }
}

// -- changes at run time --------------------------------------------------------------

TEST(supervision_changes, an_added_child_is_the_last_one_in_the_order) {
  supervision_driver d{driven_supervision(rest_for_one)};
  d.begin(children("ab"));
  EXPECT_EQ(d.add("c"), "start(c0)");
  EXPECT_EQ(d.fail("b"), "stop(c) start(b1) start(c1)");
  EXPECT_EQ(d.shut_down(), "stop(c) stop(b) stop(a) finish");
}

TEST(supervision_changes, one_added_during_the_back_off_waits_only_where_the_strategy_has_groups) {
  for (auto [strategy, at_once, later] :
       {std::tuple{one_for_one, "start(c0)", "start(a1)"}, {rest_for_one, "-", "start(a1) start(b1) start(c0)"}}) {
    supervision_driver d{backing_off(strategy)};
    d.begin(children("ab"));
    d.fail("a");
    EXPECT_EQ(d.add("c"), at_once);
    EXPECT_EQ(d.pass(100ms), later);
  }
}

TEST(supervision_changes, one_added_while_another_is_being_stopped_is_started_afterwards) {
  supervision_driver d;
  d.begin(children("a"));
  d.stubborn = {"a"};
  EXPECT_EQ(d.restart("a"), "stop(a)");
  EXPECT_EQ(d.add("b"), "-");
  EXPECT_EQ(d.leave("a"), "start(a1) start(b0)");
}

TEST(supervision_changes, removing_stops_and_forgets_and_says_so) {
  supervision_driver d;
  d.begin(children("ab"));
  d.heard();
  EXPECT_EQ(d.remove("a"), "stop(a) forget(a)");
  EXPECT_EQ(d.heard(), "a down planned, a stopped");
  EXPECT_FALSE(d.machine.knows("a"));
  EXPECT_EQ(d.add("a"), "start(a0)");
}

TEST(supervision_changes, removing_one_that_is_down_says_so_too) {
  supervision_driver d{backing_off()};
  d.begin(children("ab", transient));
  d.leave("a");
  d.fail("b");
  d.heard();
  EXPECT_EQ(d.remove("a"), "forget(a)");
  EXPECT_EQ(d.heard(), "a stopped");
  EXPECT_EQ(d.remove("b"), "forget(b)"); // during its back-off
  EXPECT_EQ(d.heard(), "b stopped");
  EXPECT_EQ(d.pass(1h), "-");
}

TEST(supervision_changes, one_that_is_being_removed_is_not_known_and_is_not_brought_back) {
  supervision_driver d{driven_supervision(one_for_all)};
  d.begin(children("ab"));
  d.stubborn = {"a"};
  EXPECT_EQ(d.remove("a"), "stop(a)");
  EXPECT_FALSE(d.machine.knows("a"));
  EXPECT_EQ(d.restart("a"), "-");
  EXPECT_EQ(d.fail("b"), "-"); // a group restart meanwhile
  EXPECT_EQ(d.end("a", {errc::io_error, "in its last moments", {}}), "forget(a) start(b1)");
}

TEST(supervision_changes, a_restart_is_planned_and_does_not_count) {
  auto config = driven_supervision(one_for_all);
  config.intensity = 0;
  supervision_driver d{config};
  d.begin(children("ab"));
  for (int i = 1; i <= 10; ++i)
    ASSERT_EQ(d.restart("a"), "stop(a) start(a" + std::to_string(i) + ")");
  EXPECT_EQ(d.status("a").restarts, 0u);
  EXPECT_EQ(d.status("a").last.code, errc::none);
}

TEST(supervision_changes, planned_ends_never_count_however_they_look) {
  auto config = driven_supervision();
  config.intensity = 0;
  supervision_driver d{config};
  d.begin(children("a", transient));
  d.stubborn = {"a"};
  d.restart("a");
  d.heard();
  EXPECT_EQ(d.fail("a"), "start(a1)");
  EXPECT_EQ(d.heard(), "a down io_error planned, a started");
  EXPECT_EQ(d.status("a").last.code, errc::none);
}

TEST(supervision_changes, a_restart_ends_the_back_off_and_begins_one_that_is_stopped) {
  supervision_driver d{backing_off()};
  d.begin(children("ab", transient));
  d.fail("a");
  EXPECT_EQ(d.restart("a"), "start(a1)");
  EXPECT_EQ(d.pass(1h), "-");
  d.leave("b");
  EXPECT_EQ(d.restart("b"), "start(b1)");
}

TEST(supervision_changes, a_restart_while_it_is_being_stopped_is_one_restart) {
  supervision_driver d;
  d.begin(children("a"));
  d.stubborn = {"a"};
  d.restart("a");
  EXPECT_EQ(d.restart("a"), "-");
  EXPECT_EQ(d.leave("a"), "start(a1)");
}

TEST(supervision_changes, a_temporary_child_is_not_restarted_by_an_order) {
  supervision_driver d;
  d.begin(children("a", temporary));
  EXPECT_FALSE(d.machine.restartable("a"));
  EXPECT_EQ(d.restart("a"), "-");
  EXPECT_EQ(d.state("a"), "running");
}

// -- the end --------------------------------------------------------------------------

TEST(supervision_end, children_are_stopped_in_reverse_order_one_at_a_time) {
  supervision_driver d;
  d.begin(children("abc"));
  d.stubborn = {"a", "b", "c"};
  EXPECT_EQ(d.shut_down(), "stop(c)");
  EXPECT_EQ(d.shut_down(), "-");
  EXPECT_EQ(d.leave("c"), "stop(b)");
  EXPECT_EQ(d.leave("b"), "stop(a)");
  EXPECT_EQ(d.leave("a"), "finish");
  EXPECT_EQ(d.pass(1h), "-");
  EXPECT_EQ(d.shut_down(), "-");
}

TEST(supervision_end, without_children_it_ends_at_once_and_with_a_waiting_one_too) {
  supervision_driver none;
  none.begin({});
  EXPECT_EQ(none.shut_down(), "finish");
  supervision_driver waiting{backing_off()};
  waiting.begin(children("a"));
  waiting.fail("a");
  EXPECT_EQ(waiting.shut_down(), "finish");
  EXPECT_EQ(waiting.pass(1h), "-");
}

TEST(supervision_end, a_stubborn_child_is_killed_after_its_time_and_abandoned_after_that) {
  supervision_driver d;
  d.begin(children("ab"));
  d.stubborn = {"b"};
  d.shut_down();
  EXPECT_EQ(d.pass(999ms), "-");
  EXPECT_EQ(d.pass(1ms), "kill(b)");
  EXPECT_EQ(d.pass(499ms), "-");
  d.heard();
  EXPECT_EQ(d.pass(1ms), "abandon(b) stop(a) finish");
  EXPECT_EQ(d.heard(), "b stopped shutdown_timeout, a down planned, a stopped");
  EXPECT_EQ(d.status("b").last.code, errc::shutdown_timeout);
}

TEST(supervision_end, one_that_ends_by_the_kill_is_not_abandoned) {
  supervision_driver d;
  d.begin(children("ab"));
  d.stubborn = {"b"};
  d.shut_down();
  EXPECT_EQ(d.pass(1000ms), "kill(b)");
  EXPECT_EQ(d.end("b", {errc::actor_failed, "kill", {}}), "stop(a) finish");
  EXPECT_EQ(d.pass(1h), "-");
}

TEST(supervision_end, the_late_end_of_an_abandoned_incarnation_is_ignored) {
  supervision_driver d{backing_off()};
  d.begin(children("a"));
  d.stubborn = {"a"};
  d.restart("a");
  d.heard();
  EXPECT_EQ(d.pass(1500ms), "kill(a) abandon(a) start(a1)");
  EXPECT_EQ(d.heard(), "a stopped shutdown_timeout, a started");
  EXPECT_EQ(d.events[d.events.size() - 2].incarnation, 0u);
  EXPECT_EQ(d.events.back().incarnation, 1u);
  EXPECT_EQ(d.end_of("a", 0, {errc::io_error, "late", {}}), "-");
  EXPECT_EQ(d.heard(), "");
  EXPECT_EQ(d.state("a"), "running");
  // What was abandoned once is still told of when it ends in good order later.
  d.stubborn.clear();
  d.shut_down();
  EXPECT_EQ(d.heard(), "a down planned, a stopped");
}

TEST(supervision_end, an_abandoned_child_can_be_removed_and_its_late_end_finds_nobody) {
  supervision_driver d;
  d.begin(children("ab"));
  d.stubborn = {"a"};
  d.remove("a");
  d.heard();
  EXPECT_EQ(d.pass(1500ms), "kill(a) abandon(a) forget(a)");
  EXPECT_EQ(d.heard(), "a stopped shutdown_timeout");
  EXPECT_EQ(d.end_of("a", 0, {}), "-");
  EXPECT_EQ(d.machine.list(d.now).size(), 1u);
}

TEST(supervision_end, failures_while_it_ends_do_not_count_and_nothing_is_started) {
  auto config = driven_supervision();
  config.intensity = 0;
  supervision_driver d{config};
  d.begin(children("abc"));
  d.stubborn = {"c"};
  d.shut_down();
  EXPECT_EQ(d.fail("a"), "-");
  EXPECT_EQ(d.restart("a"), "-");
  EXPECT_EQ(d.leave("c"), "stop(b) finish");
  EXPECT_EQ(d.final_reason.code, errc::none);
}

TEST(supervision_end, a_shutdown_in_the_middle_of_a_group_restart_starts_nothing_more) {
  supervision_driver d{driven_supervision(one_for_all)};
  d.begin(children("abc"));
  d.stubborn = {"c"};
  EXPECT_EQ(d.fail("b"), "stop(c)");
  EXPECT_EQ(d.shut_down(), "-");
  EXPECT_EQ(d.leave("c"), "stop(a) finish");
}

TEST(supervision_end, stale_timers_and_ends_of_old_incarnations_change_nothing) {
  supervision_driver d{backing_off()};
  d.begin(children("a"));
  d.fail("a");
  d.pass(100ms);
  d.fail("a");
  EXPECT_EQ(d.stale_timer(), "-");
  EXPECT_EQ(d.state("a"), "restarting");
  d.pass(200ms);
  EXPECT_EQ(d.end_of("a", 1, {}), "-");
  EXPECT_EQ(d.end_of("nobody", 0, {}), "-");
  EXPECT_EQ(d.state("a"), "running");
}

TEST(supervision_end, the_list_shows_ages_and_the_last_unplanned_end) {
  supervision_driver d{backing_off()};
  d.begin(children("ab"));
  d.pass(3000ms);
  d.fail("b");
  EXPECT_EQ(d.status("a").age, 3000ms);
  EXPECT_EQ(d.status("b").age, 0ms);
  EXPECT_EQ(d.status("b").last, (failure_reason{errc::io_error, "the disk is gone", {}}));
}

} // namespace
} // namespace leanworker::internal
