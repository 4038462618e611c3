// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/internal/end_cause.hpp>
#include <leanworker/child/internal/stop_ladder.hpp>

#include <gtest/gtest.h>

#include <csignal>

namespace leanworker::internal {
namespace {

using std::chrono::milliseconds;

constexpr stop_ladder_times times{milliseconds{1000}, milliseconds{200}};

TEST(stop_ladder, each_mode_begins_on_its_own_rung_and_ends_with_sigkill) {
  struct {
    stop_mode mode;
    unsigned index;
    stop_action action;
    milliseconds patience;
  } rows[] = {
    {stop_mode::polite, 0, stop_action::say_terminate, milliseconds{1000}},
    {stop_mode::polite, 1, stop_action::signal_term, milliseconds{200}},
    {stop_mode::polite, 2, stop_action::signal_kill, milliseconds{0}},
    {stop_mode::polite, 3, stop_action::signal_kill, milliseconds{0}},
    {stop_mode::firm, 0, stop_action::signal_term, milliseconds{200}},
    {stop_mode::firm, 1, stop_action::signal_kill, milliseconds{0}},
    {stop_mode::firm, 2, stop_action::signal_kill, milliseconds{0}},
    {stop_mode::hard, 0, stop_action::signal_kill, milliseconds{0}},
    {stop_mode::hard, 1, stop_action::signal_kill, milliseconds{0}},
    {stop_mode::hard, 1000, stop_action::signal_kill, milliseconds{0}},
  };
  for (const auto& row : rows) {
    auto rung = stop_rung_at(row.mode, row.index, times);
    EXPECT_EQ(rung.action, row.action) << static_cast<int>(row.mode) << " rung " << row.index;
    EXPECT_EQ(rung.patience, row.patience) << static_cast<int>(row.mode) << " rung " << row.index;
  }
}

TEST(stop_ladder, the_patience_is_the_one_configured) {
  constexpr stop_ladder_times slow{milliseconds{7}, milliseconds{11}};
  EXPECT_EQ(stop_rung_at(stop_mode::polite, 0, slow).patience, milliseconds{7});
  EXPECT_EQ(stop_rung_at(stop_mode::firm, 0, slow).patience, milliseconds{11});
}

TEST(stop_ladder, a_stronger_mode_compares_greater) {
  EXPECT_LT(stop_mode::polite, stop_mode::firm);
  EXPECT_LT(stop_mode::firm, stop_mode::hard);
}

constexpr auto none = errc::none;
const auto code_0 = exit_status::exited(0);
const auto code_42 = exit_status::exited(42);
const auto killed = exit_status::signalled(SIGKILL, false);

TEST(end_cause, what_happened_first_decides) {
  struct {
    const char* story;
    errc fault;
    bool stop_asked;
    exit_status exit;
    bool inside_frame;
    errc cause;
  } rows[] = {
    {"it never ran", none, false, exit_status::not_started(2), false, errc::not_started},
    {"it never ran and was asked to stop meanwhile", none, true, exit_status::not_started(2), false, errc::not_started},
    {"a bad frame, then our SIGKILL", errc::frame_bad_magic, false, killed, true, errc::frame_bad_magic},
    {"a write timeout, then it left with 0", errc::write_timeout, false, code_0, false, errc::write_timeout},
    {"a fault counts more than a stop", errc::channel_closed, true, code_0, false, errc::channel_closed},
    {"a stop, then it left with 0", none, true, code_0, false, errc::stopped},
    {"a stop, then our SIGKILL", none, true, killed, false, errc::stopped},
    {"a stop in the middle of a frame", none, true, killed, true, errc::stopped},
    {"a stop, then it crashed", none, true, code_42, false, errc::stopped},
    {"killed by somebody else", none, false, killed, false, errc::child_signalled},
    {"killed in the middle of a frame", none, false, killed, true, errc::child_signalled},
    {"it left with 42", none, false, code_42, false, errc::child_failed},
    {"it left with 42 in the middle of a frame", none, false, code_42, true, errc::child_failed},
    {"it left with 0 in the middle of a frame", none, false, code_0, true, errc::frame_truncated},
    {"it left with 0", none, false, code_0, false, errc::child_exited},
    {"nobody knows", none, false, exit_status{}, false, errc::child_end_unknown},
  };
  for (const auto& row : rows)
    EXPECT_EQ(decide_end_cause(row.fault, row.stop_asked, row.exit, row.inside_frame), row.cause) << row.story;
}

TEST(end_cause, there_always_is_one) {
  for (auto fault : {none, errc::frame_bad_kind})
    for (bool stop_asked : {false, true})
      for (bool inside : {false, true})
        for (const auto& exit : {exit_status{}, code_0, code_42, killed, exit_status::not_started(1)})
          EXPECT_NE(decide_end_cause(fault, stop_asked, exit, inside), none);
}

} // namespace
} // namespace leanworker::internal
