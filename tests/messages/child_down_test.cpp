// SPDX-License-Identifier: Apache-2.0
#include <leanworker/messages/child.hpp>
#include <leanworker/messages/worker.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <set>

namespace leanworker {
namespace {

child_down end(errc cause, exit_status exit, std::string detail = {}, std::string tail = {}) {
  child_down down;
  down.cause = cause;
  down.exit = exit;
  down.detail = std::move(detail);
  down.stderr_tail = std::move(tail);
  return down;
}

TEST(child_down, it_reads_as_one_sentence_with_cause_exit_and_detail) {
  struct {
    child_down down;
    const char* text;
  } rows[] = {
    {end(errc::child_failed, exit_status::exited(42)), "the child failed: exit code 42"},
    {end(errc::child_failed, exit_status::exited(134), {}, "deep recursion was detected"),
     "the child failed: exit code 134, stack overflow (deep recursion)"},
    {end(errc::child_signalled, exit_status::signalled(SIGKILL, false)),
     "a signal ended the child: killed by signal 9 (SIGKILL), killed from outside, perhaps by the kernel for want of memory"},
    {end(errc::child_exited, exit_status::exited(0)), "the child left without answering: exit code 0, it left by itself"},
    {end(errc::not_started, exit_status::not_started(ENOENT), "execve"),
     "the program could not be started: not started: No such file or directory (execve)"},
    {end(errc::frame_bad_magic, exit_status::signalled(SIGKILL, false), "4C 57 00 00"),
     "what the child sent is not a frame: killed by signal 9 (SIGKILL) (4C 57 00 00)"},
  };
  for (const auto& row : rows)
    EXPECT_EQ(row.down.str(), row.text);
}

TEST(child_down, a_kill_of_ours_is_not_explained_as_one_from_outside) {
  auto text = end(errc::request_timeout, exit_status::signalled(SIGKILL, false)).str();
  EXPECT_EQ(text.find("from outside"), std::string::npos) << text;
}

TEST(child_down, the_stderr_tail_is_not_part_of_the_sentence) {
  auto text = end(errc::child_failed, exit_status::exited(1), {}, "line one\nline two").str();
  EXPECT_EQ(text.find('\n'), std::string::npos) << text;
  EXPECT_EQ(text.find("line"), std::string::npos) << text;
}

TEST(worker_state, every_state_has_a_name_of_its_own) {
  std::set<std::string> names;
  for (int i = 0; i < worker_state_count; ++i)
    EXPECT_TRUE(names.insert(std::string{to_string(static_cast<worker_state>(i))}).second) << i;
  EXPECT_EQ(to_string(worker_state::given_up), "given_up");
  EXPECT_EQ(to_string(static_cast<worker_state>(200)), "unknown");
}

} // namespace
} // namespace leanworker
