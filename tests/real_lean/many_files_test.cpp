// SPDX-License-Identifier: Apache-2.0
#include "running_command.hpp"

#include <leanworker/child/processor_wait.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <random>

using namespace leanworker;
using namespace leanworker::testing;
using namespace std::chrono_literals;

namespace {

void write_files(const scratch_folder& folder, int count) {
  for (int i = 0; i < count; ++i) {
    auto n = std::to_string(i);
    folder.write("file" + n + ".lean", "def f" + n + " (n : Nat) : Nat := n + " + n + "\ntheorem t" + n + " (a b : Nat) : f" + n + " a + b = a + (b + " + n
                                         + ") := by\n  unfold f" + n + "; omega\n#eval f" + n + " 1\n");
  }
}

} // namespace

TEST(many_files, two_hundred_files_over_two_workers_are_each_reported_once) {
  LEANWORKER_NEEDS_LEAN();
  scratch_folder folder;
  write_files(folder, 200);
  auto done = check({folder.path(), "--jobs", "2"});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_EQ(done.records.size(), 200u);
}

TEST(many_files, killing_children_at_random_loses_and_duplicates_nothing) {
  LEANWORKER_NEEDS_LEAN();
  scratch_folder folder, output;
  write_files(folder, 200);
  exit_status exit;
  int kills = 0;
  {
    running_command command{check_command(output, {folder.path(), "--jobs", "2"}, "random_kills")};
    std::mt19937 dice{11};
    while (kills < 8 && wait_until(20s, [&] { return command.over() || !hosts_of(command, "random_kills").empty(); }) && !command.over()) {
      auto hosts = hosts_of(command, "random_kills");
      if (hosts.empty())
        continue;
      auto victim = hosts[dice() % hosts.size()];
      // Its start is over by then: children that die while they start, one after the other, are another story, and end with an open circuit.
      wait_until(20s, [&] { return command.over() || processor_time_of(victim).value_or(1h) >= 2s; });
      // Let it work for a moment that differs from kill to kill, then see it die.
      wait_until(std::chrono::milliseconds{dice() % 900}, [&] { return command.over(); });
      kills += ::kill(victim, SIGKILL) == 0;
    }
    exit = command.wait();
  }
  auto done = read_outcome(output, exit);
  EXPECT_GE(kills, 3);
  EXPECT_EQ(done.records.size(), 200u) << done.err;
  for (const auto& [name, record] : done.records) {
    auto verdict = record.value("verdict", "");
    EXPECT_TRUE(verdict == "accepted" || verdict == "killed_worker") << record.dump();
  }
}

TEST(many_files, killing_the_command_itself_leaves_no_child_alive) {
  LEANWORKER_NEEDS_LEAN();
  scratch_folder folder, output;
  write_files(folder, 200);
  running_command command{check_command(output, {folder.path(), "--jobs", "2"}, "kill_9")};
  ASSERT_TRUE(wait_until(30s, [&] { return hosts_of(command, "kill_9").size() == 2; }));
  ::kill(command.pid, SIGKILL);
  EXPECT_TRUE(wait_until(2s, [&] { return processes_with("LEANWORKER_WASM_TEST_MARK=kill_9").empty(); }));
  EXPECT_EQ(command.wait(), exit_status::signalled(SIGKILL, false));
}

TEST(many_files, an_interrupt_ends_everything_in_order) {
  LEANWORKER_NEEDS_LEAN();
  scratch_folder folder, output;
  write_files(folder, 200);
  running_command command{check_command(output, {folder.path(), "--jobs", "2"}, "interrupt")};
  ASSERT_TRUE(wait_until(30s, [&] { return hosts_of(command, "interrupt").size() == 2; }));
  ::kill(command.pid, SIGINT);
  EXPECT_EQ(command.wait(), exit_status::exited(130));
  EXPECT_TRUE(processes_with("LEANWORKER_WASM_TEST_MARK=interrupt").empty());
  EXPECT_EQ(read_outcome(output, command.wait()).records.size(), 200u);
}
