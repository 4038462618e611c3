// SPDX-License-Identifier: Apache-2.0
#include "surroundings.hpp"

#include <csignal>
#include <memory>

namespace leanworker::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Signals, from people and from those who start us.
struct signals : surroundings {
  /// A command whose one child hangs in its file.
  std::unique_ptr<running> start_hanging(const std::string& before = {}) {
    write("hang.lean", "HANG");
    auto command = start(before + leanworker("check -j1 --json hang.lean"));
    EXPECT_TRUE(wait_until([&] { return exists("notes/hangs"); }));
    return command;
  }
};

TEST_F(signals, an_interrupt_while_the_host_compiles_ends_at_once_and_the_next_command_compiles_it_whole) {
  write("a.lean", "");
  for (int number : {SIGINT, SIGTERM, SIGHUP}) {
    script("compile_slowly half_file");
    auto before = compiled();
    auto command = start(leanworker("check a.lean"));
    ASSERT_TRUE(wait_until([&] { return compiled() > before; }));
    auto sent = std::chrono::steady_clock::now();
    command->signal(number);
    auto done = command->wait();
    EXPECT_EQ(done.code, 130) << done.str();
    EXPECT_LT(std::chrono::steady_clock::now() - sent, seconds{10}) << "SIGTERM ends the compiler, so this takes a fraction of a second";
    EXPECT_NE(done.err.find("leanworker: interrupted"), std::string::npos) << done.err;
    EXPECT_TRUE(nothing_runs());
    EXPECT_EQ(half_builds(), std::vector<std::string>{});
  }
  script("");
  auto done = run(leanworker("check a.lean"));
  EXPECT_EQ(done.code, 0) << done.str();
  EXPECT_EQ(compiled(), 4u);
}

TEST_F(signals, each_ends_a_command_whose_child_works_and_the_child_with_it) {
  compile_host();
  for (int number : {SIGINT, SIGTERM, SIGHUP}) {
    std::remove(path("notes/hangs").c_str());
    auto command = start_hanging();
    command->signal(number);
    auto done = command->wait();
    EXPECT_EQ(done.code, 130) << done.str();
    EXPECT_NE(done.out.find(R"("verdict":"interrupted")"), std::string::npos) << done.out;
    EXPECT_TRUE(nothing_runs());
  }
}

TEST_F(signals, an_interrupt_ends_a_doctor_whose_child_hangs) {
  compile_host();
  script("HANG");
  auto command = start(leanworker("doctor"));
  ASSERT_TRUE(wait_until([&] { return exists("notes/hangs"); }));
  auto sent = std::chrono::steady_clock::now();
  command->signal(SIGINT);
  auto done = command->wait();
  EXPECT_EQ(done.code, 130) << done.str();
  EXPECT_LT(std::chrono::steady_clock::now() - sent, seconds{10});
  EXPECT_TRUE(nothing_runs());
}

TEST_F(signals, nohup_keeps_a_command_alive_when_its_terminal_goes) {
  compile_host();
  auto command = start_hanging("trap '' HUP; ");
  command->signal(SIGHUP);
  ::usleep(300'000); // a command that dies of it is gone by then; one that is slow makes this test pass, never fail
  EXPECT_EQ(::kill(command->pid(), 0), 0);
  command->signal(SIGINT);
  auto done = command->wait();
  EXPECT_EQ(done.code, 130) << done.str();
  EXPECT_TRUE(nothing_runs());
}

TEST_F(signals, a_command_that_is_killed_takes_its_children_with_it) {
  compile_host();
  auto command = start_hanging();
  command->signal(SIGKILL);
  EXPECT_EQ(command->wait().signal, SIGKILL);
  EXPECT_TRUE(nothing_runs());
}

TEST_F(signals, the_end_of_a_child_is_told_rightly_where_sigchld_is_ignored) {
  compile_host();
  write("killed.lean", "KILL");
  write("left.lean", "EXIT");
  auto done = run("trap '' CHLD; " + leanworker("check -j1 --json killed.lean left.lean"));
  EXPECT_EQ(done.code, 1) << done.str();
  EXPECT_NE(done.out.find(R"("signal":9)"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find(R"("exit_code":7)"), std::string::npos) << done.out;
}

} // namespace
} // namespace leanworker::testing
