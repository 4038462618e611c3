// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/memory_probe.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace leanworker {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
const auto ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));

/// What the kernel would tell, in a folder of its own.
class memory_probe_test : public testing::Test {
protected:
  memory_probe_test() {
    auto name = (fs::temp_directory_path() / "leanworker-probe-XXXXXX").string();
    if (!::mkdtemp(name.data()))
      throw std::runtime_error{"no temporary folder"};
    root_ = name;
  }
  ~memory_probe_test() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  memory_sources sources() const { return {root_ / "proc", root_ / "cgroup"}; }
  void write(const std::string& name, std::string_view text) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream{root_ / name} << text;
  }
  void remove(const std::string& name) const { ASSERT_TRUE(fs::remove_all(root_ / name)); }

  void write_stat(std::string_view name = "lean", std::uint64_t start = 777) const {
    write("proc/42/stat", "42 (" + std::string{name} + ") S 1 42 42 0 -1 4194304 1000 0 0 0 " + std::to_string(3 * ticks) + " "
                            + std::to_string(2 * ticks) + " 0 0 20 0 11 0 " + std::to_string(start) + " 99999 500 18446744073709551615 1 1 0\n");
  }
  void write_process() const {
    write_stat();
    write("proc/42/statm", "5000 300 100 1 0 200 0\n");
    write("proc/42/smaps_rollup", "00400000-7fff0000 ---p 00000000 00:00 0 [rollup]\nRss:     1200 kB\nPss:      900 kB\nPss_Dirty:  50 kB\n"
                                  "Shared_Dirty:  7 kB\nPrivate_Clean:  3 kB\nPrivate_Dirty:  640 kB\nSwapPss:  1 kB\n");
  }

  fs::path root_;
};

TEST_F(memory_probe_test, everything_is_read_from_where_the_kernel_tells_it) {
  write_process();
  memory_probe probe{42, sources()};
  auto sample = probe.look(true, 5ms);
  EXPECT_EQ(sample.pid, 42);
  EXPECT_EQ(sample.at, 5ms);
  EXPECT_EQ(sample.rss, measured_bytes::of(300 * page));
  EXPECT_EQ(sample.pss, measured_bytes::of(900 * 1024));
  EXPECT_EQ(sample.private_dirty, measured_bytes::of(640 * 1024));
  EXPECT_EQ(sample.threads, 11u);
  EXPECT_EQ(sample.cpu, 5s);
  EXPECT_EQ(sample.rollup_at, 5ms);
  EXPECT_EQ(sample.counted(), sample.pss);
}

TEST_F(memory_probe_test, without_a_rollup_the_last_one_is_told_with_its_time) {
  write_process();
  memory_probe probe{42, sources()};
  auto first = probe.look(false, 1ms);
  EXPECT_FALSE(first.pss.known);
  EXPECT_FALSE(first.private_dirty.known);
  EXPECT_EQ(first.rollup_at, -1ms) << "never";
  EXPECT_EQ(first.counted(), first.rss);
  probe.look(true, 2ms);
  write("proc/42/statm", "5000 301 100\n");
  write("proc/42/smaps_rollup", "Pss: 1 kB\nPrivate_Dirty: 1 kB\n");
  auto third = probe.look(false, 3ms);
  EXPECT_EQ(third.rss, measured_bytes::of(301 * page)) << "this is new";
  EXPECT_EQ(third.pss, measured_bytes::of(900 * 1024)) << "this is kept";
  EXPECT_EQ(third.rollup_at, 2ms);
  EXPECT_EQ(probe.look(true, 4ms).pss, measured_bytes::of(1024));
}

TEST_F(memory_probe_test, a_process_that_is_gone_is_unavailable_and_not_zero) {
  memory_probe never{42, sources()};
  auto sample = never.look(true, 1ms);
  EXPECT_EQ(sample.pid, 42);
  EXPECT_EQ(sample.at, 1ms);
  EXPECT_FALSE(sample.rss.known);
  EXPECT_FALSE(sample.pss.known);
  EXPECT_FALSE(sample.counted().known);
  write_process();
  memory_probe probe{42, sources()};
  ASSERT_TRUE(probe.look(true, 2ms).rss.known);
  remove("proc/42");
  sample = probe.look(false, 3ms);
  EXPECT_FALSE(sample.rss.known);
  EXPECT_FALSE(sample.pss.known) << "nor what was known of it before";
  EXPECT_EQ(sample.threads, 0u);
}

TEST_F(memory_probe_test, another_process_under_the_same_number_is_not_measured) {
  write_process();
  memory_probe probe{42, sources()};
  ASSERT_TRUE(probe.look(true, 1ms).rss.known);
  write_stat("lean", 778);
  auto sample = probe.look(true, 2ms);
  EXPECT_FALSE(sample.rss.known);
  EXPECT_FALSE(sample.pss.known);
  EXPECT_EQ(sample.cpu, 0ms);
}

TEST_F(memory_probe_test, a_name_with_brackets_and_spaces_does_not_shift_the_fields) {
  write_process();
  for (auto name : {"a b", ") S 1 2 3 (", "))))", "", "(", "x) R 9 9\n9"}) {
    write_stat(name);
    auto sample = memory_probe{42, sources()}.look(false, 1ms);
    EXPECT_EQ(sample.threads, 11u) << name;
    EXPECT_EQ(sample.cpu, 5s) << name;
    EXPECT_TRUE(sample.rss.known) << name;
  }
}

TEST_F(memory_probe_test, each_file_that_cannot_be_read_makes_its_own_numbers_unavailable) {
  write_process();
  remove("proc/42/smaps_rollup"); // another user's process: the rest may be read
  auto sample = memory_probe{42, sources()}.look(true, 1ms);
  EXPECT_TRUE(sample.rss.known);
  EXPECT_FALSE(sample.pss.known);
  EXPECT_EQ(sample.counted(), sample.rss);
  write_process();
  remove("proc/42/statm");
  sample = memory_probe{42, sources()}.look(true, 1ms);
  EXPECT_FALSE(sample.rss.known);
  EXPECT_TRUE(sample.pss.known);
}

TEST_F(memory_probe_test, a_rollup_that_fails_does_not_tell_the_old_one_as_new) {
  write_process();
  memory_probe probe{42, sources()};
  ASSERT_TRUE(probe.look(true, 1ms).pss.known);
  remove("proc/42/smaps_rollup");
  EXPECT_FALSE(probe.look(true, 2ms).pss.known);
  EXPECT_FALSE(probe.look(false, 3ms).pss.known);
}

TEST_F(memory_probe_test, rubbish_is_unavailable) {
  for (auto text : {"", "\n", "42", "42 (lean", "42 (lean) S 1 2", "42 (lean) S 1 42 42 0 -1 4 1 0 0 0 1 1 0 0 20 0 11 0 soon 9"}) {
    write_process();
    write("proc/42/stat", text);
    EXPECT_FALSE(memory_probe(42, sources()).look(true, 1ms).rss.known) << text;
  }
  for (auto text : {"", "5000", "5000 ", "5000 x", "5000 3x0 1", "5000 -3 1", "5000 99999999999999999999999 1"}) {
    write_process();
    write("proc/42/statm", text);
    EXPECT_FALSE(memory_probe(42, sources()).look(true, 1ms).rss.known) << text;
  }
  for (auto text : {"", "Pss:", "Pss: many kB\n", "SwapPss: 5 kB\n", "Pss_Dirty: 5 kB\n", " Pss: 5 kB\n"}) {
    write_process();
    write("proc/42/smaps_rollup", text);
    EXPECT_FALSE(memory_probe(42, sources()).look(true, 1ms).pss.known) << text;
  }
}

TEST_F(memory_probe_test, the_own_process_can_be_looked_at) {
  std::string block(8u << 20, 'x');
  memory_probe probe{::getpid()};
  auto sample = probe.look(true, 1ms);
  ASSERT_TRUE(sample.rss.known);
  EXPECT_GE(sample.rss.bytes, block.size());
  EXPECT_LT(sample.rss.bytes, 1ull << 40);
  EXPECT_GE(sample.threads, 1u);
  if (sample.pss.known) {
    EXPECT_LE(sample.pss.bytes, sample.rss.bytes + (64u << 20)) << "a share of the resident pages, but for what changed meanwhile";
  }
  auto machine = look_at_machine();
  ASSERT_TRUE(machine.total.known);
  EXPECT_GE(machine.total.bytes, sample.rss.bytes);
}

TEST_F(memory_probe_test, the_machine_is_what_meminfo_says) {
  write("proc/meminfo", "MemTotal:        2000 kB\nMemFree:          100 kB\nMemAvailable:    1500 kB\n");
  auto machine = look_at_machine(sources());
  EXPECT_EQ(machine.total, measured_bytes::of(2'000 * 1024));
  EXPECT_EQ(machine.available, measured_bytes::of(1'500 * 1024));
  EXPECT_FALSE(machine.group_limit.known);
  EXPECT_FALSE(machine.group_current.known);
  remove("proc/meminfo");
  EXPECT_EQ(look_at_machine(sources()), machine_memory{}) << "nothing is known";
}

TEST_F(memory_probe_test, the_tightest_limit_of_the_group_and_those_above_it_counts) {
  struct {
    const char* when;
    const char* own_max;
    const char* own_high;
    const char* parent_max;
    std::optional<std::uint64_t> limit;
    std::uint64_t current;
  } rows[] = {
    {"its own", "1000\n", "max\n", "2000\n", 1'000, 11}, {"the one above", "3000\n", "max\n", "2000\n", 2'000, 22},
    {"high is a limit, too", "3000\n", "900\n", "2000\n", 900, 11}, {"only above", "max\n", "max\n", "2000\n", 2'000, 22},
    {"none", "max\n", "max\n", "max\n", std::nullopt, 0},
  };
  write("proc/self/cgroup", "0::/outer/inner\n");
  write("cgroup/outer/inner/memory.current", "11\n");
  write("cgroup/outer/memory.current", "22\n");
  for (const auto& row : rows) {
    write("cgroup/outer/inner/memory.max", row.own_max);
    write("cgroup/outer/inner/memory.high", row.own_high);
    write("cgroup/outer/memory.max", row.parent_max);
    auto machine = look_at_machine(sources());
    EXPECT_EQ(machine.group_limit, row.limit ? measured_bytes::of(*row.limit) : measured_bytes{}) << row.when;
    EXPECT_EQ(machine.group_current, row.limit ? measured_bytes::of(row.current) : measured_bytes{}) << row.when;
  }
}

TEST_F(memory_probe_test, the_group_is_found_whatever_stands_around_it) {
  write("cgroup/memory.max", "500\n");
  write("cgroup/memory.current", "5\n");
  for (auto text : {"0::/\n", "0::/", "1:name=systemd:/x\n0::/\n", "0::/inner\n", "0::/a/b/c\n"}) {
    write("proc/self/cgroup", text);
    EXPECT_EQ(look_at_machine(sources()).group_limit, measured_bytes::of(500)) << text;
  }
  for (auto text : {"", "4:memory:/x\n", "10::/x\n", "0::\n"}) { // the old version of control groups, or none
    write("proc/self/cgroup", text);
    EXPECT_FALSE(look_at_machine(sources()).group_limit.known) << text;
  }
}

TEST_F(memory_probe_test, the_processors_of_a_control_group_are_those_of_its_quota) {
  auto all = usable_cores(sources());
  EXPECT_GE(all, 1u);
  write("proc/self/cgroup", "0::/outer/inner\n");
  write("cgroup/outer/inner/cpu.max", "max 100000\n");
  write("cgroup/outer/cpu.max", "100000 100000\n");
  EXPECT_EQ(usable_cores(sources()), 1u);
  write("cgroup/outer/cpu.max", "50000 100000\n");
  EXPECT_EQ(usable_cores(sources()), 1u) << "never none";
  write("cgroup/outer/cpu.max", "max 100000\n");
  EXPECT_EQ(usable_cores(sources()), all);
  write("cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  write("cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(usable_cores(sources()), all) << "-1: none";
}

} // namespace
} // namespace leanworker
