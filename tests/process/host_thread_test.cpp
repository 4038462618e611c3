// SPDX-License-Identifier: Apache-2.0
#include "process_table.hpp"
#include "recorder.hpp"

#include <leanworker/child/host_thread.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <thread>

#include <poll.h>
#include <sys/wait.h>

using namespace leanworker;
using namespace leanworker::testing;

namespace {

using clock = std::chrono::steady_clock;
const std::string mark = "LEANWORKER_TEST_MARK=host_thread";

std::size_t held(const recorder& r) {
  std::size_t bytes = 0;
  for (const auto& batch : r.batches_)
    bytes += batch->bytes();
  return bytes;
}

std::ptrdiff_t rows_of(const recorder& r) {
  return std::count_if(r.frames_.begin(), r.frames_.end(), [](const auto& f) { return f.header.kind == frame_kind::row; });
}

struct host_thread_test : ::testing::Test {
  host_thread host;
  std::shared_ptr<recorder> child = std::make_shared<recorder>();

  child_id start(std::vector<std::string> arguments, child_limits limits = {}) {
    process_spec spec;
    spec.argv = {SCRIPTED_CHILD};
    spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
    spec.environment = {{"LEANWORKER_TEST_MARK", "host_thread"}};
    return host.spawn(std::move(spec), child, limits);
  }
  /// A child that is past its handshake.
  child_id start_ready(std::vector<std::string> arguments = {}, child_limits limits = {}) {
    auto id = start(std::move(arguments), limits);
    EXPECT_TRUE(child->wait_frames(1));
    host.set_body_bytes_max(id, frame_bytes_max_default);
    send(id, frame_kind::configure, 1, "{}");
    EXPECT_TRUE(child->wait_frames(2));
    return id;
  }
  void send(child_id id, frame_kind kind, std::uint64_t request, std::string_view body) {
    host.send(id, encode_frame(kind, 0, request, body), clock::now() + std::chrono::seconds{10});
  }
  child_end end() {
    EXPECT_TRUE(child->wait_end());
    auto result = child->look([](const recorder& r) { return *r.end_; });
    EXPECT_EQ(child->look([](const recorder& r) { return r.ends_; }), 1);
    EXPECT_TRUE(all_gone(mark, std::chrono::seconds{20}));
    return result;
  }
};

} // namespace

TEST_F(host_thread_test, a_child_says_hello_answers_and_leaves_when_asked) {
  auto id = start_ready();
  send(id, frame_kind::request, 2, R"({"op":"echo","value":"äöü"})");
  ASSERT_TRUE(child->wait_frames(3));
  auto answer = child->look([](const recorder& r) { return r.frames_[2]; });
  EXPECT_EQ(answer.header.kind, frame_kind::response);
  EXPECT_EQ(answer.header.request_id, 2u);
  EXPECT_EQ(answer.body, "\"äöü\"");
  host.stop(id, stop_mode::polite);
  auto how = end();
  EXPECT_EQ(how.cause, errc::stopped);
  EXPECT_EQ(how.exit, exit_status::exited(0));
}

TEST_F(host_thread_test, a_program_that_does_not_exist_is_not_started) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer turns vfork into fork, so the parent cannot learn of a failed exec";
#endif
  process_spec spec;
  spec.argv = {"/nonexistent/program"};
  host.spawn(spec, child);
  auto how = end();
  EXPECT_EQ(how.cause, errc::not_started);
  EXPECT_EQ(how.exit, exit_status::not_started(ENOENT));
  EXPECT_NE(how.detail.find("/nonexistent/program"), std::string::npos);
  EXPECT_EQ(child->look([](const recorder& r) { return r.pid_; }), -1);
}

TEST_F(host_thread_test, a_crash_is_reported_after_everything_that_was_in_the_pipes) {
  auto id = start_ready();
  send(id, frame_kind::request, 2, R"({"op":"stream_many_then_abort","count":5000})");
  auto how = end();
  EXPECT_EQ(how.cause, errc::child_signalled);
  EXPECT_EQ(how.exit.value, SIGABRT);
  EXPECT_EQ(child->look(rows_of), 5000);
}

TEST_F(host_thread_test, T3_T37_a_megabyte_on_stderr_does_not_block_the_child_and_its_tail_is_kept_also_after_a_planned_end) {
  auto id = start_ready();
  send(id, frame_kind::request, 2, R"({"op":"fault","name":"stderr_mib","number":3})");
  ASSERT_TRUE(child->wait_frames(3));
  host.stop(id, stop_mode::polite);
  auto how = end();
  EXPECT_LE(how.stderr_tail.size(), log_ring::capacity_bytes_default);
  EXPECT_GE(how.stderr_tail.size(), log_ring::capacity_bytes_default / 2);
}

TEST_F(host_thread_test, T4_a_grandchild_that_holds_the_pipes_delays_nothing) {
  auto id = start_ready();
  auto begin = clock::now();
  send(id, frame_kind::request, 2, R"({"op":"fault","name":"grandchild","number":30})");
  ASSERT_TRUE(child->wait_frames(3));
  send(id, frame_kind::request, 3, R"({"op":"fault","name":"exit","number":42})");
  auto how = end();
  EXPECT_EQ(how.cause, errc::child_failed);
  EXPECT_EQ(how.exit, exit_status::exited(42));
  EXPECT_LT(clock::now() - begin, std::chrono::seconds{10});
}

TEST_F(host_thread_test, T5_a_frame_beyond_the_cap_ends_the_child_and_allocates_nothing) {
  auto id = start_ready();
  send(id, frame_kind::request, 2, R"({"op":"fault","name":"oversized_header","number":4000000000})");
  auto how = end();
  EXPECT_EQ(how.cause, errc::frame_too_large);
  EXPECT_NE(how.detail.find("4000000000"), std::string::npos);
}

TEST_F(host_thread_test, T6_another_version_is_told_before_the_child_is_killed) {
  start({"--hello", "version_2"});
  auto how = end();
  EXPECT_EQ(how.cause, errc::frame_bad_version);
  EXPECT_NE(how.detail.find("version 2"), std::string::npos);
}

TEST_F(host_thread_test, T8_a_child_that_never_reads_ends_with_write_timeout) {
  auto id = start({"--configure-reply", "never_reads"});
  ASSERT_TRUE(child->wait_frames(1));
  send(id, frame_kind::configure, 1, "{}");
  ASSERT_TRUE(child->wait_frames(2));
  std::string large(4u << 20, ' ');
  host.send(id, encode_frame(frame_kind::request, 0, 2, large), clock::now() + std::chrono::milliseconds{200});
  EXPECT_EQ(end().cause, errc::write_timeout);
}

TEST_F(host_thread_test, a_child_that_ignores_SIGTERM_is_killed_by_the_next_rung) {
  auto id = start({"--ignore-sigterm"});
  ASSERT_TRUE(child->wait_frames(1));
  host.stop(id, stop_mode::firm);
  auto how = end();
  EXPECT_EQ(how.cause, errc::stopped);
  EXPECT_EQ(how.exit, exit_status::signalled(SIGKILL, false));
}

TEST_F(host_thread_test, a_stopped_process_is_killed) {
  auto id = start_ready();
  auto pid = child->look([](const recorder& r) { return r.pid_; });
  ::kill(pid, SIGSTOP);
  host.stop(id, stop_mode::polite);
  EXPECT_EQ(end().exit, exit_status::signalled(SIGKILL, false));
}

TEST_F(host_thread_test, a_child_that_closes_its_channel_but_lives_is_ended) {
  auto id = start_ready({"--before-answer", "close_channel"});
  send(id, frame_kind::request, 2, R"({"op":"hang"})");
  EXPECT_EQ(end().cause, errc::channel_closed);
}

TEST_F(host_thread_test, the_end_inside_a_frame_is_truncation_unless_the_exit_says_more) {
  auto id = start_ready();
  send(id, frame_kind::request, 2, R"({"op":"fault","name":"partial_frame","number":0})");
  EXPECT_EQ(end().cause, errc::frame_truncated);
  child = std::make_shared<recorder>();
  id = start_ready();
  send(id, frame_kind::request, 2, R"({"op":"fault","name":"partial_frame","number":9})");
  auto how = end();
  EXPECT_EQ(how.cause, errc::child_failed);
  EXPECT_EQ(how.exit, exit_status::exited(9));
}

TEST_F(host_thread_test, T20_noise_on_stdout_reaches_no_frame) {
  auto id = start_ready({"--before-answer", "stdout_noise"});
  send(id, frame_kind::request, 2, R"({"op":"json_command"})");
  ASSERT_TRUE(child->wait_frames(3));
  host.stop(id, stop_mode::polite);
  auto how = end();
  EXPECT_EQ(child->look([](const recorder& r) { return r.faults_.size(); }), 0u);
  EXPECT_FALSE(how.stdout_tail.empty());
}

TEST_F(host_thread_test, bytes_that_drip_one_by_one_make_the_same_frames) {
  auto id = start_ready({"--drip"});
  send(id, frame_kind::request, 2, R"({"op":"stream_many","count":50})");
  ASSERT_TRUE(child->wait_frames(2 + 50 + 1));
  host.stop(id, stop_mode::polite);
  EXPECT_EQ(end().cause, errc::stopped);
}

TEST_F(host_thread_test, without_credit_reading_stops_and_nothing_is_lost) {
  child->keep_batches = true;
  child_limits limits;
  limits.credit_bytes = 64u << 10;
  auto id = start_ready({}, limits);
  constexpr std::size_t rows = 20'000;
  send(id, frame_kind::request, 2, R"({"op":"stream_many","count":20000})");
  ASSERT_TRUE(child->wait([&](const recorder& r) { return held(r) >= 64u << 10; }));
  EXPECT_LT(child->look([](const recorder& r) { return r.frames_.size(); }), rows);
  EXPECT_LE(child->look(held), (64u << 10) + 2 * slab_bytes_default);
  child->let_go();
  ASSERT_TRUE(child->wait_frames(2 + rows + 1));
  host.stop(id, stop_mode::polite);
  EXPECT_EQ(end().cause, errc::stopped);
}

TEST_F(host_thread_test, what_a_dead_child_left_in_its_pipe_waits_for_credit_again_and_again) {
  child_limits limits;
  limits.credit_bytes = 64u << 10;
  limits.exit_drain = std::chrono::milliseconds{100};
  constexpr std::ptrdiff_t rows = 6'300; // a slab and a pipe hold them
  // A child that dies takes along what had not left it, which may happen on a busy machine: its last frame tells that all had.
  bool all_had_left = false;
  for (int attempt = 0; attempt < 20 && !all_had_left; ++attempt) {
    child = std::make_shared<recorder>();
    child->keep_batches = true;
    auto id = start_ready({}, limits);
    send(id, frame_kind::request, 2, R"({"op":"stream_many_then_abort","count":6300})");
    for (int turn = 0; turn < 2; ++turn) {
      ASSERT_TRUE(child->wait([&](const recorder& r) { return held(r) >= 64u << 10 || r.end_; }));
      ::poll(nullptr, 0, 250); // the workload: a user that takes longer than an exited child is drained
      child->let_go(true);
    }
    child->let_go();
    EXPECT_EQ(end().cause, errc::child_signalled);
    all_had_left = child->look([](const recorder& r) { return r.frames_.back().header.kind == frame_kind::log; });
    if (all_had_left) {
      EXPECT_EQ(child->look(rows_of), rows);
    }
  }
  EXPECT_TRUE(all_had_left) << "or what was in the pipe was lost each time";
}

TEST_F(host_thread_test, a_frame_larger_than_a_slab_arrives_whole) {
  auto id = start_ready();
  send(id, frame_kind::request, 2, R"({"op":"large_result","bytes":9000000})");
  ASSERT_TRUE(child->wait_frames(3));
  EXPECT_EQ(child->look([](const recorder& r) { return r.frames_[2].body.size(); }), 9'000'002u);
  host.stop(id, stop_mode::hard);
  EXPECT_EQ(end().exit, exit_status::signalled(SIGKILL, false));
}

TEST_F(host_thread_test, many_threads_may_use_it_at_once) {
  std::vector<std::shared_ptr<recorder>> children;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    children.push_back(std::make_shared<recorder>());
  for (auto& each : children)
    threads.emplace_back([&] {
      process_spec spec;
      spec.argv = {SCRIPTED_CHILD};
      spec.environment = {{"LEANWORKER_TEST_MARK", "host_thread"}};
      auto id = host.spawn(spec, each);
      EXPECT_TRUE(each->wait_frames(1));
      send(id, frame_kind::configure, 1, "{}");
      for (std::uint64_t request = 2; request < 102; ++request)
        send(id, frame_kind::request, request, R"({"op":"echo","value":1})");
      EXPECT_TRUE(each->wait_frames(102));
      host.stop(id, stop_mode::polite);
      EXPECT_TRUE(each->wait_end());
    });
  for (auto& thread : threads)
    thread.join();
  EXPECT_TRUE(all_gone(mark, std::chrono::seconds{20}));
  // The host thread tells of an end first, and then forgets the child.
  for (auto ends = clock::now() + std::chrono::seconds{5}; host.live() != 0 && clock::now() < ends;)
    std::this_thread::yield();
  EXPECT_EQ(host.live(), 0u);
}

TEST(host_thread_end, its_destructor_leaves_no_process_behind) {
  auto child = std::make_shared<recorder>();
  {
    host_thread host;
    process_spec spec;
    spec.argv = {SCRIPTED_CHILD, "--ignore-sigterm"};
    spec.environment = {{"LEANWORKER_TEST_MARK", "host_thread"}};
    host.spawn(spec, child);
    ASSERT_TRUE(child->wait_frames(1));
  }
  EXPECT_TRUE(child->look([](const recorder& r) { return r.end_.has_value(); }));
  EXPECT_TRUE(all_gone(mark, std::chrono::seconds{20}));
}

TEST(host_thread_end, a_batch_may_outlive_the_host_thread) {
  auto child = std::make_shared<recorder>();
  child->keep_batches = true;
  {
    host_thread host;
    process_spec spec;
    spec.argv = {SCRIPTED_CHILD};
    host.spawn(spec, child);
    ASSERT_TRUE(child->wait_frames(1));
  }
  child->let_go();
  EXPECT_EQ(child->look([](const recorder& r) { return r.batches_.size(); }), 0u);
}

TEST_F(host_thread_test, a_child_that_is_given_up_before_it_is_dead_is_reaped_all_the_same) {
  child_limits limits;
  limits.reap_max = std::chrono::milliseconds{0};
  for (int i = 0; i < 20; ++i) {
    child = std::make_shared<recorder>();
    host.stop(start_ready({}, limits), stop_mode::hard);
    EXPECT_TRUE(child->wait_end());
  }
  auto ends = clock::now() + std::chrono::seconds{5};
  siginfo_t left{};
  auto none_left = [&] { return ::waitid(P_ALL, 0, &left, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD; };
  while (!none_left() && clock::now() < ends)
    std::this_thread::sleep_for(std::chrono::milliseconds{1}); // the kernel tells the host thread alone
  EXPECT_TRUE(none_left()) << "a zombie, or a child";
}
