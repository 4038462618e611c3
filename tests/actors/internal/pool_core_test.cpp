// SPDX-License-Identifier: Apache-2.0
// The pool's decisions without actors: orders of events that take many lives to come by.
#include <leanworker/actors/internal/pool_core.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <variant>
#include <vector>

namespace leanworker::internal {
namespace {

using namespace std::chrono_literals;

/// Writes down what the pool wants done with its workers, and does nothing.
class noted_port final : public pool_port {
public:
  void open_worker(std::uint32_t, std::uint64_t) override {}
  void close_worker(std::uint32_t) override {}
  bool can_start(const key_facts&, std::string&) override { return true; }
  void wake(std::uint32_t slot, const key_facts&, bool) override { woken.push_back(slot); }
  void to_worker(std::uint32_t slot, worker_order order) override {
    if (std::holds_alternative<stop_worker>(order))
      told_to_stop.push_back(slot);
  }
  std::string warm_up_body(const session_key&) override { return {}; }
  void to_client(client_number, pool_reply) override {}
  void to_owner(const worker_event&) override {}
  void publish(const pool_event&) override {}
  bool watched() const override { return false; }
  void arm(time_point) override {}
  double dice() override { return 0.5; }
  void drained(const pool_drained&) override {}
  void stopped(const pool_stopped&) override {}

  std::vector<std::uint32_t> woken;
  std::vector<std::uint32_t> told_to_stop;
};

struct pool_core_test : ::testing::Test {
  pool_core_test() {
    config.workers = 2;
    config.spares = 1;
    config.start_eagerly = true;
  }
  void tell(worker_event_kind kind, std::uint32_t slot, std::uint64_t generation) {
    worker_event event;
    event.kind = kind;
    event.worker = slot;
    event.generation = generation;
    event.pid = 100 + static_cast<std::int64_t>(slot);
    pool->worker_told(event, now);
  }
  void gets_ready(std::uint32_t slot, std::uint64_t generation) {
    tell(worker_event_kind::started, slot, generation);
    tell(worker_event_kind::ready, slot, generation);
  }
  void open() {
    pool.emplace(config, make_key({}, false), port);
    pool->start(now);
  }

  pool_config config;
  noted_port port;
  std::optional<pool_core> pool;
  time_point now = time_point{} + 1h;
};

TEST_F(pool_core_test, a_worker_that_was_told_to_stop_while_it_rested_and_comes_all_the_same_is_not_replaced) {
  open();
  gets_ready(0, 0);
  gets_ready(1, 0);
  tell(worker_event_kind::resting, 1, 0);
  ASSERT_EQ(pool->resize(1, now).code, errc::none);
  ASSERT_EQ(port.told_to_stop, std::vector<std::uint32_t>{1});
  port.woken.clear();
  gets_ready(1, 1); // it had been woken before it heard of that
  EXPECT_EQ(pool->cycle({cycle_scope::one, 1}, now).code, errc::none);
  EXPECT_EQ(std::count(port.woken.begin(), port.woken.end(), 2u), 0) << "the spare takes the place of one that is to go";
  tell(worker_event_kind::stopped, 1, 1);
  EXPECT_EQ(pool->snapshot(false, now).workers, 1u);
}

TEST_F(pool_core_test, a_worker_that_is_to_go_when_it_is_free_is_not_replaced_either) {
  open();
  gets_ready(0, 0);
  gets_ready(1, 0);
  for (ticket id = 1; id <= 2; ++id) {
    submit_request request;
    request.id = id;
    request.body = "{}";
    pool->submit(1, request, now);
  }
  ASSERT_EQ(pool->resize(1, now).code, errc::none);
  ASSERT_EQ(port.told_to_stop, std::vector<std::uint32_t>{}) << "both work";
  port.woken.clear();
  EXPECT_EQ(pool->cycle({cycle_scope::one, 1}, now).code, errc::none);
  EXPECT_EQ(std::count(port.woken.begin(), port.woken.end(), 2u), 0);
}

} // namespace
} // namespace leanworker::internal
