// SPDX-License-Identifier: Apache-2.0
#include "process_table.hpp"
#include "recorder.hpp"

#include <leanworker/child/host_thread.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <set>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

using namespace leanworker;
using namespace leanworker::testing;
using json = nlohmann::json;

namespace {

/// What a child reports about itself: its descriptors, group, signals, variables, limits.
json report_of(process_spec spec) {
  host_thread host;
  auto child = std::make_shared<recorder>();
  spec.argv = {SCRIPTED_CHILD};
  auto id = host.spawn(std::move(spec), child);
  auto send = [&](frame_kind kind, std::uint64_t request_id, const std::string& body) {
    host.send(id, encode_frame(kind, 0, request_id, body), std::chrono::steady_clock::now() + std::chrono::seconds{10});
  };
  EXPECT_TRUE(child->wait_frames(1));
  send(frame_kind::configure, 1, "{}");
  send(frame_kind::request, 2, R"({"op":"report"})");
  EXPECT_TRUE(child->wait_frames(3));
  auto body = child->look([](const recorder& r) { return r.frames_.back().body; });
  auto pid = child->look([](const recorder& r) { return r.pid_; });
  host.stop(id, stop_mode::polite);
  EXPECT_TRUE(child->wait_end());
  auto report = json::parse(body);
  report["expected_pid"] = pid;
  return report;
}

} // namespace

TEST(spawn, T21_the_child_gets_exactly_the_environment_it_is_given) {
  ::setenv("SECRET", "of the parent", 1);
  process_spec spec;
  spec.environment = {{"GIVEN", "a value with spaces and = signs"}};
  EXPECT_EQ(report_of(spec).at("environment"), (json{{"GIVEN", "a value with spaces and = signs"}}));
}

TEST(spawn, T21_no_descriptor_of_the_parent_reaches_the_child) {
  int leaky = ::open("/dev/null", O_RDONLY); // not CLOEXEC, on purpose
  ASSERT_GE(leaky, 0);
  auto descriptors = report_of({}).at("descriptors");
  ::close(leaky);
  std::set<int> numbers;
  for (const auto& entry : descriptors) {
    auto number = entry.at("fd").get<int>();
    numbers.insert(number);
    EXPECT_TRUE(entry.at("target").get<std::string>().starts_with(number == 0 ? "socket:" : "pipe:")) << entry;
  }
  EXPECT_EQ(numbers, (std::set<int>{0, 1, 2, 3}));
}

TEST(spawn, what_is_meant_for_the_child_cannot_be_opened_once_more_by_path) {
  process_spec spec;
  spec.argv = {"/bin/sh", "-c", "for path in /proc/self/fd/0 /dev/stdin /dev/fd/0; do (cat <$path) 2>/dev/null && exit 1; done; exit 7"};
  auto started = spawn(spec);
  ASSERT_GT(started.process.pid, 0) << started.detail;
  started.process.in.reset(); // so that a shell that could open it is at its end
  pollfd ended{started.process.pidfd.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&ended, 1, 30'000), 1);
  EXPECT_EQ(reap(started.process), exit_status::exited(7));
}

TEST(spawn, a_child_that_writes_to_descriptor_0_reads_on_to_its_end) {
  process_spec spec;
  spec.argv = {"/bin/sh", "-c", "trap '' PIPE; echo noise >&0 2>/dev/null; read line; cat; test \"$line\" = order && exit 7"};
  auto started = spawn(spec);
  ASSERT_GT(started.process.pid, 0) << started.detail;
  ASSERT_EQ(::write(started.process.in.get(), "order\n", 6), 6);
  started.process.in.reset();
  pollfd ended{started.process.pidfd.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&ended, 1, 30'000), 1);
  EXPECT_EQ(reap(started.process), exit_status::exited(7));
}

TEST(spawn, T10_the_child_leads_its_own_group_and_dies_with_its_parent) {
  auto report = report_of({});
  EXPECT_EQ(report.at("process_group"), report.at("expected_pid"));
  EXPECT_EQ(report.at("pid"), report.at("expected_pid"));
  EXPECT_EQ(report.at("parent_pid"), ::getpid());
  EXPECT_EQ(report.at("parent_death_signal"), SIGKILL);
}

TEST(spawn, T11_an_application_that_is_process_1_has_children) {
  if (::getpid() == 1) {
    EXPECT_TRUE(report_of({}).contains("environment"));
    return;
  }
  // This very test once more, as process 1 of a namespace.
  auto self = std::filesystem::read_symlink("/proc/self/exe").string();
  auto command = "exec unshare --pid --fork --kill-child '" + self + "' '--gtest_filter=spawn.T11_*' 2>&1";
  auto pipe = ::popen(command.c_str(), "re");
  ASSERT_NE(pipe, nullptr);
  std::string output;
  for (int c; (c = std::fgetc(pipe)) != EOF;)
    output += static_cast<char>(c);
  auto status = ::pclose(pipe);
  if (output.find("unshare failed") != std::string::npos)
    GTEST_SKIP() << output;
  EXPECT_EQ(status, 0) << output;
  EXPECT_NE(output.find("[  PASSED  ] 1 test."), std::string::npos) << output;
}

TEST(spawn, the_child_starts_with_default_signals_and_no_core_dumps) {
  ::signal(SIGUSR1, SIG_IGN);
  auto report = report_of({});
  EXPECT_EQ(report.at("limits").at("core").at("hard"), 0);
  EXPECT_EQ(std::stoull(report.at("signals").at("SigBlk").get<std::string>(), nullptr, 16), 0u);
  auto ignored = std::stoull(report.at("signals").at("SigIgn").get<std::string>(), nullptr, 16);
  EXPECT_EQ(ignored & (1ull << (SIGUSR1 - 1)), 0u);
}

TEST(spawn, limits_and_working_directory_are_set_on_request) {
  process_spec spec;
  spec.directory = "/";
  spec.open_files_max = 64;
  spec.cpu_seconds_max = 100;
  auto report = report_of(spec);
  EXPECT_EQ(report.at("directory"), "/");
  EXPECT_EQ(report.at("limits").at("open_files").at("soft"), 64);
  EXPECT_EQ(report.at("limits").at("cpu_seconds").at("hard"), 100);
}

TEST(spawn, a_working_directory_that_does_not_exist_is_named) {
  process_spec spec;
  spec.argv = {SCRIPTED_CHILD};
  spec.directory = "/nonexistent";
  auto result = spawn(spec);
  EXPECT_EQ(result.failure, exit_status::not_started(ENOENT));
  EXPECT_NE(result.detail.find("/nonexistent"), std::string::npos);
}

TEST(spawn, a_file_that_may_not_be_executed_is_not_started) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer turns vfork into fork, so the parent cannot learn of a failed exec";
#endif
  process_spec spec;
  spec.argv = {"/etc/passwd"};
  auto result = spawn(spec);
  EXPECT_EQ(result.failure, exit_status::not_started(EACCES));
  EXPECT_TRUE(own_children().empty());
}
