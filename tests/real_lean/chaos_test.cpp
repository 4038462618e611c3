// SPDX-License-Identifier: Apache-2.0
// Two real Lean hosts, and everything that can happen to them: killed, stopped, outgrowing their memory, running for ever. Each time the caller is told what it was, and the next
// request works.
#include "lean_command.hpp"
#include "process_table.hpp"

#include <leanworker/actors/client.hpp>
#include <leanworker/lean/check.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

using namespace leanworker;
using namespace leanworker::testing;
using namespace std::chrono_literals;

namespace {

std::string check_body(const std::string& source) {
  check_request request;
  request.source = source;
  request.heartbeats = 0; // no limit of Lean's own
  return encode_check(request);
}

constexpr auto endless = "partial def spin (n : Nat) : Nat := spin (n + 1)\n#eval spin 0";
/// Holds on to everything that it makes.
constexpr auto greedy = "partial def eat (n : Nat) (all : Array (Array Nat)) : IO Nat := do\n"
                        "  if n == 0 then return all.size\n"
                        "  IO.sleep 20\n"
                        "  eat (n - 1) (all.push (Array.replicate 1000000 n))\n"
                        "#eval eat 300 #[]";

class real_chaos : public ::testing::Test {
protected:
  void SetUp() override {
    LEANWORKER_NEEDS_LEAN();
    lean_search search;
    search.sysroot = test_sysroot();
    lean_ = set_up_lean(search);
    ASSERT_TRUE(lean_) << lean_.message;
  }
  client::pool_options options() const {
    auto wanted = client::lean_pool(lean_, 2);
    wanted.child.environment.emplace_back("LEANWORKER_TEST_MARK", "real_chaos");
    wanted.config.worker.request_timeout = 60s;
    wanted.config.worker.restart.backoff_initial = 10ms;
    wanted.config.memory.sample_every = 100ms;
    wanted.config.memory.rollup_every = 1'000'000; // resident memory is enough here
    return wanted;
  }
  /// The pool still does real work, on both workers.
  static void expect_work(client::pool& pool) {
    std::vector<std::jthread> both;
    for (int i = 0; i < 2; ++i)
      both.emplace_back([&pool, i] {
        submit_request request;
        request.body = check_body("theorem t" + std::to_string(i) + " (n : Nat) : n + 0 = n := by simp");
        request.idempotent = true;
        auto done = pool.run(std::move(request));
        EXPECT_TRUE(done.outcome.ok()) << to_string(done.outcome.code) << ": " << done.outcome.message;
        EXPECT_NE(done.outcome.body.find("accepted"), std::string::npos) << done.outcome.body;
      });
  }
  /// Runs `source` on a lease, and a second after its begin does this to its process.
  static request_outcome run_and(client::pool& pool, const std::string& source, int signal, std::chrono::milliseconds timeout) {
    auto lease = pool.acquire();
    EXPECT_TRUE(lease) << lease.refusal().detail;
    auto pid = static_cast<pid_t>(pool.snapshot().slots.at(lease.token().slot).pid);
    std::jthread other{[&] {
      if (signal == 0)
        return;
      while (pool.snapshot().slots.at(lease.token().slot).request == 0)
        std::this_thread::yield();
      std::this_thread::sleep_for(500ms); // in the middle of its work, wherever that is
      ::kill(pid, signal);
    }};
    client::run_options how;
    how.timeout = timeout;
    auto outcome = lease.run(check_body(source), how);
    EXPECT_NE(lease.run(check_body("#eval 1")).code, errc::none) << "the lease must have ended with its child";
    return outcome;
  }

  lean_setup lean_;
};

} // namespace

TEST_F(real_chaos, a_killed_host_is_told_as_killed_and_replaced) {
  auto pool = client::pool::open(options());
  auto outcome = run_and(pool, endless, SIGKILL, 60s);
  EXPECT_EQ(outcome.code, errc::child_signalled) << outcome.message;
  EXPECT_EQ(outcome.down.exit, exit_status::signalled(SIGKILL, false));
  expect_work(pool);
  EXPECT_EQ(pool.dossiers().entries.size(), 1u);
  EXPECT_EQ(pool.stop().abandoned, 0u);
  EXPECT_TRUE(all_gone("LEANWORKER_TEST_MARK=real_chaos", 20s));
}

TEST_F(real_chaos, a_stopped_host_is_ended_by_the_deadline) {
  auto pool = client::pool::open(options());
  auto outcome = run_and(pool, endless, SIGSTOP, 3s);
  EXPECT_EQ(outcome.code, errc::request_timeout) << outcome.message;
  expect_work(pool);
  EXPECT_EQ(pool.stop().abandoned, 0u);
  EXPECT_TRUE(all_gone("LEANWORKER_TEST_MARK=real_chaos", 20s));
}

TEST_F(real_chaos, a_runaway_is_ended_by_its_deadline) {
  auto pool = client::pool::open(options());
  auto outcome = run_and(pool, endless, 0, 2s);
  EXPECT_EQ(outcome.code, errc::request_timeout) << outcome.message;
  EXPECT_GE(outcome.elapsed, 2s);
  expect_work(pool);
  EXPECT_EQ(pool.stop().abandoned, 0u);
  EXPECT_TRUE(all_gone("LEANWORKER_TEST_MARK=real_chaos", 20s));
}

TEST_F(real_chaos, T27_a_host_that_outgrows_its_limit_is_killed_while_it_works) {
  auto wanted = options();
  wanted.config.memory.worker_bytes_max = 800u << 20; // a host with its image takes some 600 MiB; the npm toolchain ends by itself below 1.1 GiB
  auto pool = client::pool::open(wanted);
  auto outcome = run_and(pool, greedy, 0, 60s);
  EXPECT_EQ(outcome.code, errc::memory_limit) << outcome.message;
  expect_work(pool);
  EXPECT_EQ(pool.stop().abandoned, 0u);
  EXPECT_TRUE(all_gone("LEANWORKER_TEST_MARK=real_chaos", 20s));
}
