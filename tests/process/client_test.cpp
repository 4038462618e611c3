// SPDX-License-Identifier: Apache-2.0
// The blocking client: what its handles keep, how long it waits, what its children run.
#include "process_table.hpp"

#include <leanworker/actors/client.hpp>

#include <gtest/gtest.h>

#include <future>

using namespace leanworker;
using namespace leanworker::testing;
using namespace std::chrono_literals;

namespace {

constexpr auto mark = "LEANWORKER_TEST_MARK=client";

process_spec scripted(std::vector<std::string> arguments = {}) {
  process_spec child;
  child.argv = {SCRIPTED_CHILD};
  child.argv.insert(child.argv.end(), arguments.begin(), arguments.end());
  child.environment = {{"LEANWORKER_TEST_MARK", "client"}};
  return child;
}

client::pool_options one_worker() {
  client::pool_options options;
  options.config.workers = 1;
  options.child = scripted();
  return options;
}

constexpr auto echo = R"({"op":"echo","value":1})";

} // namespace

TEST(client, T28_a_lease_does_not_keep_its_pool_and_its_end_waits_for_nothing) {
  auto lease = client::pool::open(one_worker()).acquire();
  EXPECT_TRUE(all_gone(mark, 5s)) << "the last handle was gone, and the pool with it";
  EXPECT_FALSE(lease.valid());
  EXPECT_EQ(lease.ended_because(), errc::shutting_down);
  EXPECT_EQ(lease.run(echo).code, errc::lease_stale);
}

TEST(client, T28_a_stream_ends_with_its_pool_and_says_so) {
  submit_request hang;
  hang.body = R"({"op":"hang"})";
  auto stream = client::pool::open(one_worker()).stream(std::move(hang));
  EXPECT_TRUE(all_gone(mark, 5s));
  data_row row;
  EXPECT_FALSE(stream.next(row));
  EXPECT_EQ(stream.outcome().outcome.code, errc::shutting_down);
}

TEST(client, who_waits_for_ever_waits_for_ever) {
  auto pool = client::pool::open(one_worker());
  constexpr auto for_ever = std::chrono::milliseconds::max();
  client::lease_options patiently;
  patiently.wait = patiently.expiry = for_ever;
  client::run_options at_leisure;
  at_leisure.timeout = at_leisure.import_timeout = for_ever;
  auto held = pool.acquire({}, patiently);
  ASSERT_TRUE(held.valid()) << held.refusal().detail;
  EXPECT_EQ(held.run(echo, at_leisure).code, errc::none);
  auto waiting = std::async(std::launch::async, [&] { return pool.acquire({}, patiently); });
  while (pool.snapshot().queued[1] == 0)
    std::this_thread::yield();
  held.release();
  EXPECT_TRUE(waiting.get().valid());
  submit_request patient;
  patient.body = echo;
  patient.wait = patient.request_timeout = for_ever;
  EXPECT_EQ(pool.run(patient).outcome.code, errc::none);
  EXPECT_TRUE(pool.drain(for_ever).complete);
}

TEST(client, who_prewarms_a_key_gets_workers_with_its_session_open) {
  auto options = one_worker();
  options.warm_up = [](const session_key& key) { return R"({"op":"echo","value":")" + key.imports.at(0) + "\"}"; };
  auto pool = client::pool::open(options);
  session_key key;
  key.imports = {"Init"};
  EXPECT_EQ(pool.prewarm(key, 1).code, errc::none);
  auto ends = std::chrono::steady_clock::now() + 20s;
  auto warm = [&] {
    auto slots = pool.snapshot().slots;
    return !slots.empty() && !slots[0].warm_keys.empty();
  };
  while (!warm() && std::chrono::steady_clock::now() < ends)
    std::this_thread::yield();
  EXPECT_TRUE(warm());
}

TEST(client, each_kind_of_key_runs_what_its_set_up_says) {
  auto options = one_worker();
  options.config.workers = 2;
  options.config.start_eagerly = false;
  options.setups = [](const session_key& kind, std::string& problem) -> std::shared_ptr<const client::child_setup> {
    if (kind.toolchain == "nowhere") {
      problem = "there is no toolchain nowhere";
      return nullptr;
    }
    worker_config worker;
    worker.restart.failed_starts_max = 1;
    return std::make_shared<client::child_setup>(client::child_setup{kind.toolchain == "broken" ? process_spec{{"/no/such/program"}, {}, {}, 0, 0, 0} : scripted(), worker});
  };
  auto pool = client::pool::open(options);
  auto run = [&](const std::string& toolchain) {
    submit_request request;
    request.key.toolchain = toolchain;
    request.body = echo;
    return pool.run(std::move(request)).outcome;
  };
  EXPECT_EQ(run("good").code, errc::none);
  auto nowhere = run("nowhere");
  EXPECT_EQ(nowhere.code, errc::invalid_argument);
  EXPECT_NE(nowhere.message.find("there is no toolchain nowhere"), std::string::npos) << nowhere.message;
  auto broken = run("broken");
  EXPECT_EQ(broken.code, errc::circuit_open);
  EXPECT_EQ(broken.down.cause, errc::not_started);
  EXPECT_EQ(run("good").code, errc::none);
}

TEST(client, a_call_after_the_end_of_the_pool_is_answered_at_once) {
  auto pool = client::pool::open(one_worker());
  auto other = pool;
  EXPECT_EQ(pool.stop().abandoned, 0u);
  submit_request request;
  request.body = echo;
  EXPECT_EQ(other.run(request).outcome.code, errc::shutting_down);
  EXPECT_EQ(other.acquire().refusal().code, errc::shutting_down);
}
