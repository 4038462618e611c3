// SPDX-License-Identifier: Apache-2.0
#include <leanworker/tests/actors/internal/supervision_driver.hpp>

#include <gtest/gtest.h>

namespace leanworker::internal {
namespace {

using namespace std::chrono_literals;
using enum supervision_strategy;
using enum restart_type;

// -- the table: children a, b and c of one type; b ends ------------------------------

enum class exit_kind { normal, abnormal, start_failure };

struct cell {
  supervision_strategy strategy;
  restart_type type;
  exit_kind kind;
  const char* orders;
};

const cell table[] = {
  {one_for_one, permanent, exit_kind::normal, "start(b1)"},
  {one_for_one, permanent, exit_kind::abnormal, "start(b1)"},
  {one_for_one, permanent, exit_kind::start_failure, "start(a0) start(b0) start(b1) start(c0)"},
  {one_for_one, transient, exit_kind::normal, "-"},
  {one_for_one, transient, exit_kind::abnormal, "start(b1)"},
  {one_for_one, transient, exit_kind::start_failure, "start(a0) start(b0) start(b1) start(c0)"},
  {one_for_one, temporary, exit_kind::normal, "forget(b)"},
  {one_for_one, temporary, exit_kind::abnormal, "forget(b)"},
  {one_for_one, temporary, exit_kind::start_failure, "start(a0) start(b0) forget(b) start(c0)"},

  {one_for_all, permanent, exit_kind::normal, "stop(c) stop(a) start(a1) start(b1) start(c1)"},
  {one_for_all, permanent, exit_kind::abnormal, "stop(c) stop(a) start(a1) start(b1) start(c1)"},
  {one_for_all, permanent, exit_kind::start_failure, "start(a0) start(b0) stop(a) start(a1) start(b1) start(c0)"},
  {one_for_all, transient, exit_kind::normal, "-"},
  {one_for_all, transient, exit_kind::abnormal, "stop(c) stop(a) start(a1) start(b1) start(c1)"},
  {one_for_all, transient, exit_kind::start_failure, "start(a0) start(b0) stop(a) start(a1) start(b1) start(c0)"},
  {one_for_all, temporary, exit_kind::normal, "forget(b)"},
  {one_for_all, temporary, exit_kind::abnormal, "forget(b)"},
  {one_for_all, temporary, exit_kind::start_failure, "start(a0) start(b0) forget(b) start(c0)"},

  {rest_for_one, permanent, exit_kind::normal, "stop(c) start(b1) start(c1)"},
  {rest_for_one, permanent, exit_kind::abnormal, "stop(c) start(b1) start(c1)"},
  {rest_for_one, permanent, exit_kind::start_failure, "start(a0) start(b0) start(b1) start(c0)"},
  {rest_for_one, transient, exit_kind::normal, "-"},
  {rest_for_one, transient, exit_kind::abnormal, "stop(c) start(b1) start(c1)"},
  {rest_for_one, transient, exit_kind::start_failure, "start(a0) start(b0) start(b1) start(c0)"},
  {rest_for_one, temporary, exit_kind::normal, "forget(b)"},
  {rest_for_one, temporary, exit_kind::abnormal, "forget(b)"},
  {rest_for_one, temporary, exit_kind::start_failure, "start(a0) start(b0) forget(b) start(c0)"},
};

TEST(supervision, each_cell_of_the_table_gives_its_orders_in_order) {
  ASSERT_EQ(std::size(table), 27u);
  for (const auto& [strategy, type, kind, orders] : table) {
    SCOPED_TRACE(std::string{to_string(strategy)} + " " + std::string{to_string(type)} + " " + std::to_string(static_cast<int>(kind)));
    supervision_driver d{driven_supervision(strategy)};
    if (kind == exit_kind::start_failure) {
      d.broken_starts["b"] = 1;
      EXPECT_EQ(d.begin(children("abc", type)), orders);
    } else {
      ASSERT_EQ(d.begin(children("abc", type)), "start(a0) start(b0) start(c0)");
      EXPECT_EQ(kind == exit_kind::normal ? d.leave("b") : d.fail("b"), orders);
    }
    // Nothing is left over.
    EXPECT_EQ(d.pass(1h), "-");
    for (const auto& one : d.machine.list(d.now))
      EXPECT_EQ(one.state, type == transient && kind == exit_kind::normal && one.id == "b" ? child_state::stopped : child_state::running) << one.id;
  }
}

TEST(supervision, a_failed_start_in_a_restart_of_the_group_begins_that_restart_anew) {
  struct row {
    supervision_strategy strategy;
    const char* orders;
  };
  for (auto [strategy, orders] : {row{one_for_one, "start(b1) start(b2)"}, row{rest_for_one, "stop(c) start(b1) start(b2) start(c1)"},
                                  row{one_for_all, "stop(c) stop(a) start(a1) start(b1) stop(a) start(a2) start(b2) start(c1)"}}) {
    supervision_driver d{driven_supervision(strategy)};
    d.begin(children("abc"));
    d.broken_starts["b"] = 1;
    EXPECT_EQ(d.fail("b"), orders);
    EXPECT_EQ(d.status("b").restarts, 2u);
    EXPECT_EQ(d.status("a").restarts + d.status("c").restarts, 0u);
  }
}

TEST(supervision, siblings_go_by_their_own_type_when_the_group_restarts) {
  supervision_driver d{driven_supervision(one_for_all)};
  auto all = children("abcd");
  all[0].restart = transient;
  all[2].restart = temporary;
  all[3].restart = transient;
  d.begin(all);
  d.leave("d"); // has done its work: it stays down until its group begins anew
  EXPECT_EQ(d.state("d"), "stopped");
  EXPECT_EQ(d.fail("b"), "stop(c) forget(c) stop(a) start(a1) start(b1) start(d1)");
  EXPECT_EQ(d.state("d"), "running");
  EXPECT_FALSE(d.machine.knows("c"));
}

TEST(supervision, one_that_had_ended_normally_is_started_with_its_group_and_only_with_its_group) {
  struct row {
    supervision_strategy strategy;
    const char* failed;
    const char* orders;
    const char* state;
  };
  for (auto [strategy, failed, orders, state] :
       {row{one_for_one, "a", "start(a1)", "stopped"}, row{rest_for_one, "a", "stop(c) start(a1) start(b1) start(c1)", "running"},
        row{rest_for_one, "c", "start(c1)", "stopped"}, row{one_for_all, "c", "stop(a) start(a1) start(b1) start(c1)", "running"}}) {
    SCOPED_TRACE(orders);
    supervision_driver d{driven_supervision(strategy)};
    d.begin(children("abc", transient));
    d.leave("b");
    EXPECT_EQ(d.fail(failed), orders);
    EXPECT_EQ(d.state("b"), state);
    EXPECT_EQ(d.status("b").restarts, 0u);
  }
}

TEST(supervision, a_list_with_one_id_twice_or_without_an_id_starts_nobody) {
  for (auto ids : {"aa", "aba", "bcaa"}) {
    supervision_driver d;
    EXPECT_EQ(d.begin(children(ids)), "finish(already_exists)") << ids;
    EXPECT_NE(d.final_reason.text.find("the id a"), std::string::npos) << d.final_reason.text;
    EXPECT_EQ(d.heard(), "");
    EXPECT_TRUE(d.machine.ending());
  }
  supervision_driver nameless;
  auto all = children("ab");
  all[1].id.clear();
  EXPECT_EQ(nameless.begin(all), "finish(invalid_argument)");
}

TEST(supervision, the_first_and_the_last_child_make_the_smallest_and_the_largest_rest) {
  supervision_driver d{driven_supervision(rest_for_one)};
  d.begin(children("abc"));
  EXPECT_EQ(d.fail("c"), "start(c1)");
  EXPECT_EQ(d.fail("a"), "stop(c) stop(b) start(a1) start(b1) start(c2)");
}

TEST(supervision, events_tell_it_all_in_order) {
  supervision_driver d{driven_supervision(rest_for_one)};
  d.begin(children("ab"));
  EXPECT_EQ(d.heard(), "a started, b started");
  d.fail("a");
  EXPECT_EQ(d.heard(), "a down io_error, a restarting 0, b restarting 0, b down planned, a started, b started");
  EXPECT_EQ(d.events.back().incarnation, 1u);
  EXPECT_EQ(d.events.back().supervisor, "top");
  d.shut_down();
  EXPECT_EQ(d.heard(), "b down planned, b stopped, a down planned, a stopped");
}

// -- intensity ------------------------------------------------------------------------

supervision_config bearing(unsigned intensity, std::chrono::milliseconds period = 1000ms) {
  auto config = driven_supervision();
  config.intensity = intensity;
  config.period = period;
  return config;
}

TEST(supervision, exactly_intensity_failures_are_borne_and_one_more_is_too_many) {
  for (unsigned intensity : {1u, 2u, 7u}) {
    supervision_driver d{bearing(intensity)};
    d.begin(children("ab"));
    for (unsigned i = 1; i <= intensity; ++i)
      ASSERT_EQ(d.fail("a"), "start(a" + std::to_string(i) + ")");
    EXPECT_EQ(d.fail("a"), "stop(b) finish(intensity_exceeded)");
  }
}

TEST(supervision, intensity_0_bears_nothing) {
  supervision_driver d{bearing(0)};
  d.begin(children("abc"));
  EXPECT_EQ(d.fail("b"), "stop(c) stop(a) finish(intensity_exceeded)");
}

TEST(supervision, a_failure_that_is_exactly_a_period_old_counts_and_an_older_one_is_forgotten) {
  for (auto [last, borne] : {std::pair{499ms, false}, {500ms, false}, {501ms, true}}) {
    supervision_driver d{bearing(2)};
    d.begin(children("a"));
    d.fail("a");
    d.pass(500ms);
    d.fail("a");
    d.pass(last);
    EXPECT_EQ(d.fail("a"), borne ? "start(a3)" : "finish(intensity_exceeded)") << last.count();
  }
}

TEST(supervision, slow_failures_are_borne_for_ever) {
  supervision_driver d{bearing(1)};
  d.begin(children("a"));
  for (int i = 1; i <= 1000; ++i) {
    ASSERT_EQ(d.fail("a"), "start(a" + std::to_string(i) + ")");
    d.pass(1001ms);
  }
}

TEST(supervision, a_period_of_0_only_counts_what_happens_at_the_same_time) {
  supervision_driver d{bearing(1, 0ms)};
  d.begin(children("a"));
  d.fail("a");
  d.pass(1ms);
  EXPECT_EQ(d.fail("a"), "start(a2)");
  EXPECT_EQ(d.fail("a"), "finish(intensity_exceeded)");
}

TEST(supervision, failures_of_all_children_count_together_and_a_group_restart_counts_once) {
  auto config = bearing(2);
  config.strategy = one_for_all;
  supervision_driver d{config};
  d.begin(children("abc"));
  d.fail("a");
  d.fail("b");
  EXPECT_EQ(d.fail("c"), "stop(b) stop(a) finish(intensity_exceeded)");
}

TEST(supervision, what_is_not_restarted_does_not_count) {
  supervision_driver d{bearing(0)};
  auto all = children("abc");
  all[1].restart = transient;
  all[2].restart = temporary;
  d.begin(all);
  EXPECT_EQ(d.leave("b"), "-");
  EXPECT_EQ(d.fail("c"), "forget(c)");
  EXPECT_EQ(d.state("a"), "running");
}

TEST(supervision, failed_starts_count_from_the_first_one_on) {
  supervision_driver d{bearing(3)};
  d.broken_starts["b"] = 100;
  EXPECT_EQ(d.begin(children("abc")), "start(a0) start(b0) start(b1) start(b2) start(b3) stop(a) finish(intensity_exceeded)");
  EXPECT_EQ(d.state("c"), "stopped");
}

TEST(supervision, giving_up_names_the_numbers_and_the_leaf) {
  supervision_driver d{bearing(1)};
  d.begin(children("ab"));
  d.fail("a");
  d.pass(250ms);
  d.heard();
  d.fail("b");
  EXPECT_EQ(d.heard(), "b down io_error, b gave_up intensity_exceeded, a down planned, a stopped");
  EXPECT_EQ(d.final_reason.code, errc::intensity_exceeded);
  EXPECT_EQ(d.final_reason.chain, (std::vector<std::string>{"top gave up: 2 failures within 250 ms, the last one of b", "b: the disk is gone"}));
  EXPECT_EQ(d.final_reason.text, d.final_reason.chain.front());
}

TEST(supervision, a_chain_from_below_is_kept_and_the_outermost_comes_first) {
  supervision_driver d{bearing(0)};
  d.begin(children("a"));
  d.end("a", {errc::intensity_exceeded, "inner gave up", {"inner gave up", "leaf: no disk"}});
  ASSERT_EQ(d.final_reason.chain.size(), 3u);
  EXPECT_TRUE(d.final_reason.chain[0].starts_with("top gave up: 1 failures"));
  EXPECT_EQ(d.final_reason.chain[1], "inner gave up");
  EXPECT_EQ(d.final_reason.chain[2], "leaf: no disk");
}

TEST(supervision, a_leaf_without_words_is_still_described) {
  for (auto [code, words] : {std::pair{errc::none, "a: it ended normally, and is permanent"}, {errc::link_lost, "a: "}}) {
    supervision_driver d{bearing(0)};
    d.begin(children("a"));
    d.end("a", {code, "", {}});
    EXPECT_EQ(d.final_reason.chain.at(1), code == errc::none ? words : words + std::string{describe(code)});
  }
}

} // namespace
} // namespace leanworker::internal
