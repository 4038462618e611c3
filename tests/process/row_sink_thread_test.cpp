// SPDX-License-Identifier: Apache-2.0
// Consumers on threads of their own: a real scheduler, a real child, the pool and the runner between them.
#include "worker_peer.hpp"

#include <leanworker/actors/row_sink.hpp>
#include <leanworker/harness/made_up_batch.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <stdexcept>
#include <thread>

using namespace leanworker;
using namespace leanworker::testing;
using namespace std::chrono_literals;

namespace {

/// Long enough for any machine; nobody waits so long but in a failure.
constexpr auto patience = 30s;

/// Does what a test wants of it, and lets the test wait for its end.
class scripted_consumer : public row_consumer {
public:
  static constexpr std::uint64_t never = ~0ull;
  std::uint64_t throw_at = never, block_at = never;
  bool block_in_finish = false;
  std::latch in_finish{1}, release{1};
  std::atomic<std::uint64_t> seen{0};
  std::atomic<bool> in_order{true}, one_thread{true};
  std::thread::id thread;

  sink_status row(const data_row& row) override {
    if (seen == 0)
      thread = std::this_thread::get_id();
    one_thread = one_thread && thread == std::this_thread::get_id();
    in_order = in_order && row.sequence == seen;
    auto count = ++seen;
    if (count == throw_at)
      throw std::runtime_error("no more of this");
    if (count == block_at)
      release.wait();
    return {};
  }
  sink_status finish(const rows_end&) override {
    in_finish.count_down();
    if (block_in_finish)
      release.wait();
    ended_.set_value(errc::none); // a second end would throw
    return {};
  }
  void discard(const request_outcome& outcome) noexcept override { ended_.set_value(outcome.code); }

  /// `none`: finished. The code of a discard otherwise.
  errc end() {
    auto future = ended_.get_future();
    EXPECT_EQ(future.wait_for(patience), std::future_status::ready) << "neither finished nor discarded";
    return future.wait_for(0s) == std::future_status::ready ? future.get() : errc::actor_failed;
  }

private:
  std::promise<errc> ended_;
};

class row_sink_thread : public ::testing::Test {
protected:
  row_sink_actor sink() { return spawn_row_sink_thread(peer.system(), consumer); }

  std::shared_ptr<scripted_consumer> consumer = std::make_shared<scripted_consumer>();
  worker_peer peer{{}, "row_sink_thread"};
};

} // namespace

TEST_F(row_sink_thread, rows_come_in_order_on_one_thread_which_is_not_the_schedulers) {
  auto done = peer.run_stream(1, R"({"op":"stream_many","count":20000})", sink());
  EXPECT_EQ(done.outcome.code, errc::none) << done.outcome.message;
  EXPECT_EQ(done.rows.rows, 20000u);
  EXPECT_EQ(consumer->end(), errc::none);
  EXPECT_EQ(consumer->seen, 20000u);
  EXPECT_TRUE(consumer->in_order);
  EXPECT_TRUE(consumer->one_thread);
}

TEST_F(row_sink_thread, T1_a_consumer_that_throws_is_sink_failed_and_the_next_request_works) {
  consumer->throw_at = 96;
  auto done = peer.run_stream(1, R"({"op":"stream_many","count":20000})", sink());
  EXPECT_EQ(done.outcome.code, errc::sink_failed);
  EXPECT_NE(done.outcome.message.find("no more of this"), std::string::npos) << done.outcome.message;
  EXPECT_EQ(consumer->end(), errc::sink_failed);
  EXPECT_EQ(consumer->seen, 96u) << "it is given nothing after that";
  EXPECT_EQ(peer.run(2, R"({"op":"echo","value":1})").done.outcome.code, errc::none);
}

TEST_F(row_sink_thread, T9_the_deadline_runs_while_a_consumer_blocks_and_the_pool_goes_on_meanwhile) {
  consumer->block_at = 1;
  auto done = peer.run_stream(1, R"({"op":"stream_many","count":10})", sink(), 300ms);
  EXPECT_EQ(done.outcome.code, errc::sink_timeout) << done.outcome.message;
  auto next = std::make_shared<scripted_consumer>();
  EXPECT_EQ(peer.run_stream(2, R"({"op":"stream_many","count":10})", spawn_row_sink_thread(peer.system(), next)).outcome.code, errc::none)
    << "the thread that blocks holds up nobody else";
  EXPECT_EQ(consumer->seen, 1u);
  consumer->release.count_down();
  EXPECT_NE(consumer->end(), errc::none) << "too late to finish";
}

TEST_F(row_sink_thread, a_child_that_dies_after_rows_discards_them) {
  auto done = peer.run_stream(1, R"({"op":"stream_many_then_abort"})", sink());
  EXPECT_EQ(done.outcome.code, errc::child_signalled) << to_string(done.outcome.code);
  EXPECT_EQ(consumer->end(), errc::child_signalled);
  EXPECT_EQ(consumer->seen, 128u);
}

TEST_F(row_sink_thread, a_sink_that_is_killed_while_its_consumer_blocks_harms_its_request_only) {
  consumer->block_at = 5;
  auto victim = sink();
  std::thread killer{[&] {
    for (auto ends = std::chrono::steady_clock::now() + patience; consumer->seen < 5 && std::chrono::steady_clock::now() < ends;)
      std::this_thread::yield();
    caf::anon_send_exit(victim, caf::exit_reason::kill);
  }};
  auto done = peer.run_stream(1, R"({"op":"stream_endless"})", victim, 20s);
  killer.join();
  EXPECT_EQ(done.outcome.code, errc::sink_failed) << to_string(done.outcome.code) << ": " << done.outcome.message;
  consumer->release.count_down();
  EXPECT_NE(consumer->end(), errc::none);
  EXPECT_LE(consumer->seen, 1u + 64u) << "it is given no more than the piece that it is in";
  EXPECT_EQ(peer.run(2, R"({"op":"echo","value":1})").done.outcome.code, errc::none);
}

TEST_F(row_sink_thread, one_that_is_killed_before_its_turn_to_finish_discards) {
  consumer->block_at = 1;
  auto victim = sink();
  caf::scoped_actor self{peer.system()};
  self->send(victim, harness::made_up_batch{}.row(0, "1").slice());
  finish_rows order;
  order.deadline = std::chrono::steady_clock::now() + patience;
  self->send(victim, order);
  self->send_exit(victim, caf::exit_reason::kill);
  self->wait_for(victim);
  consumer->release.count_down();
  EXPECT_EQ(consumer->end(), errc::caller_gone);
}

TEST_F(row_sink_thread, one_that_finishes_too_late_hears_of_one_end_only) {
  consumer->block_in_finish = true;
  auto slow = sink();
  caf::scoped_actor self{peer.system()};
  finish_rows order;
  order.deadline = std::chrono::steady_clock::now() + patience;
  self->send(slow, order);
  consumer->in_finish.wait();
  self->send(slow, discard_rows{}); // the runner has lost patience
  self->wait_for(slow);
  consumer->release.count_down();
  EXPECT_EQ(consumer->end(), errc::none);
}
