// SPDX-License-Identifier: Apache-2.0
#include <leanworker/messages/exit_status.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>

namespace leanworker {
namespace {

TEST(exit_status, what_waitid_reports_is_translated) {
  struct {
    int code, status;
    exit_status expected;
  } rows[] = {
    {CLD_EXITED, 0, exit_status::exited(0)},
    {CLD_EXITED, 42, exit_status::exited(42)},
    {CLD_EXITED, 255, exit_status::exited(255)},
    {CLD_KILLED, SIGKILL, exit_status::signalled(SIGKILL, false)},
    {CLD_DUMPED, SIGSEGV, exit_status::signalled(SIGSEGV, true)},
    {CLD_STOPPED, SIGSTOP, exit_status{}},
    {CLD_CONTINUED, SIGCONT, exit_status{}},
    {CLD_TRAPPED, SIGTRAP, exit_status{}},
    {0, 0, exit_status{}},
  };
  for (const auto& row : rows)
    EXPECT_EQ(exit_status::from_wait(row.code, row.status), row.expected) << row.code << " " << row.status;
}

TEST(exit_status, it_reads_as_people_say_it) {
  struct {
    exit_status status;
    const char* text;
  } rows[] = {
    {exit_status::exited(0), "exit code 0"},
    {exit_status::exited(42), "exit code 42"},
    {exit_status::signalled(SIGKILL, false), "killed by signal 9 (SIGKILL)"},
    {exit_status::signalled(SIGABRT, true), "killed by signal 6 (SIGABRT, core dumped)"},
    {exit_status::signalled(64, false), "killed by signal 64 (unnamed)"},
    {exit_status::not_started(ENOENT), "not started: No such file or directory"},
    {exit_status::not_started(EACCES), "not started: Permission denied"},
    {exit_status{}, "unknown"},
  };
  for (const auto& row : rows)
    EXPECT_EQ(row.status.str(), row.text);
}

TEST(exit_status, only_exit_code_0_is_success) {
  EXPECT_TRUE(exit_status::exited(0).success());
  EXPECT_FALSE(exit_status::exited(1).success());
  EXPECT_FALSE(exit_status::signalled(0, false).success());
  EXPECT_FALSE(exit_status::not_started(0).success());
  EXPECT_FALSE(exit_status{}.success());
}

TEST(exit_status, equality_looks_at_everything) {
  EXPECT_NE(exit_status::exited(9), exit_status::signalled(9, false));
  EXPECT_NE(exit_status::signalled(6, false), exit_status::signalled(6, true));
  EXPECT_NE(exit_status::exited(1), exit_status::exited(2));
}

} // namespace
} // namespace leanworker
