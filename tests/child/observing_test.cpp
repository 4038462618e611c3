// SPDX-License-Identifier: Apache-2.0
// What is read of a process and of what it prints.
#include <leanworker/child/hang_report.hpp>
#include <leanworker/child/internal/line_cutter.hpp>
#include <leanworker/child/processor_wait.hpp>
#include <leanworker/messages/request_notes.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include <unistd.h>

namespace leanworker {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class proc_test : public testing::Test {
protected:
  proc_test() {
    auto name = (fs::temp_directory_path() / "leanworker-proc-XXXXXX").string();
    if (!::mkdtemp(name.data()))
      throw std::runtime_error{"no temporary folder"};
    root_ = name;
  }
  ~proc_test() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  void write(const std::string& name, std::string_view text) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream{root_ / name} << text;
  }
  void waits(int thread, unsigned long long ms) const {
    write("42/task/" + std::to_string(thread) + "/schedstat", "999 " + std::to_string(ms * 1'000'000) + " 5\n");
  }
  fs::path root_;
};

using processor_wait_test = proc_test;
using hang_report_test = proc_test;

TEST_F(processor_wait_test, the_thread_that_waited_longest_counts_from_the_first_look_on) {
  processor_wait wait{root_};
  waits(42, 100);
  waits(43, 900);
  EXPECT_EQ(wait.look(42), 0ms) << "nobody knows since when";
  waits(42, 150);
  waits(43, 910);
  EXPECT_EQ(wait.look(42), 50ms);
  waits(44, 30); // new
  EXPECT_EQ(wait.look(42), 80ms);
}

TEST_F(processor_wait_test, another_process_and_one_that_is_gone_add_nothing) {
  processor_wait wait{root_};
  waits(42, 100);
  wait.look(42);
  write("77/task/77/schedstat", "1 5000000000 1\n");
  EXPECT_EQ(wait.look(77), 0ms);
  EXPECT_EQ(wait.look(12345), 0ms);
}

TEST_F(processor_wait_test, our_own_process_can_be_looked_at) {
  processor_wait wait;
  EXPECT_EQ(wait.look(::getpid()), 0ms);
  EXPECT_GE(wait.look(::getpid()), 0ms);
}

TEST_F(hang_report_test, each_thread_has_a_line_with_what_can_be_read) {
  write("42/task/42/comm", "node\n");
  write("42/task/42/stat", "42 (no) de) S 1 42 42 0 -1 4194304 1000 0 0 0 300 200 0 0 20 0 11 0 777 1 1\n");
  write("42/task/42/wchan", "futex_wait_queue");
  write("42/task/42/syscall", "202 0x1 0x2\n");
  write("42/task/43/comm", "work\x1b[31mer\n");
  auto report = hang_report(42, root_);
  EXPECT_NE(report.find("42 node: S, 5.00 s, wchan futex_wait_queue, syscall 202 0x1 0x2\n"), std::string::npos) << report;
  EXPECT_NE(report.find("43 work [31mer: gone"), std::string::npos) << report;
}

TEST_F(hang_report_test, it_is_bounded_and_empty_for_a_process_that_is_gone) {
  for (int i = 100; i < 400; ++i)
    write("42/task/" + std::to_string(i) + "/comm", std::string(400, 'x'));
  EXPECT_LE(hang_report(42, root_).size(), hang_report_bytes_max);
  EXPECT_EQ(hang_report(43, root_), "");
  EXPECT_NE(hang_report(::getpid()).find(std::to_string(::getpid())), std::string::npos);
}

TEST(line_cutter, lines_are_whole_whatever_the_pieces_and_long_ones_are_cut) {
  internal::line_cutter cutter;
  std::vector<std::string> lines;
  auto keep = [&](std::string_view line) { lines.emplace_back(line); };
  cutter.append("PANIC at", keep);
  cutter.append(" f: x\n\nsecond\nthi", keep);
  cutter.append(std::string(5000, 'r'), keep);
  cutter.append("\n", keep);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], "PANIC at f: x");
  EXPECT_EQ(lines[1], "second");
  EXPECT_EQ(lines[2].size(), internal::line_cutter::line_bytes_max);
}

TEST(line_cutter, a_panic_is_told_by_the_words_of_leans_runtime) {
  for (auto line : {"PANIC at Host.fail Host:342:48: unreachable code has been reached", "Error: index out of bounds",
                    "INTERNAL PANIC: out of memory"})
    EXPECT_TRUE(internal::tells_of_panic(line)) << line;
  for (auto line : {"", "no PANIC at all", "Error: index", "panic"})
    EXPECT_FALSE(internal::tells_of_panic(line)) << line;
}

TEST(request_notes, diagnostics_are_bounded_in_order_and_the_first_panic_counts) {
  request_notes notes;
  EXPECT_TRUE(notes.partial().empty());
  std::string large(request_notes::diagnostics_bytes_max - 2, 'x');
  notes.diagnostic("a");
  notes.diagnostic(large);
  notes.diagnostic("bb");
  notes.diagnostic("c"); // after one that was left out, or the order would lie
  auto partial = notes.partial();
  EXPECT_EQ(partial.diagnostics.size(), 2u);
  EXPECT_TRUE(partial.truncated);
  notes.panic("one");
  notes.panic("two");
  EXPECT_EQ(notes.panic(), "one");
}

} // namespace
} // namespace leanworker
