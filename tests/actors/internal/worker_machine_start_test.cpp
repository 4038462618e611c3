// SPDX-License-Identifier: Apache-2.0
// Starts: the handshake, its deadline, and giving up.
#include <leanworker/tests/actors/internal/machine_driver.hpp>

#include <gtest/gtest.h>

namespace leanworker::internal {
namespace {

using namespace std::chrono_literals;

TEST(worker_machine_start, a_good_start_is_hello_configure_response) {
  machine_driver d;
  EXPECT_EQ(d.started(99), "tell(started)");
  EXPECT_EQ(d.last_event().pid, 99);
  EXPECT_EQ(d.status().pid, 99);
  EXPECT_EQ(d.hello(), "accept send(configure 1)");
  EXPECT_NE(d.sent.back().body.find("\"to_child\":16777216"), std::string::npos) << d.sent.back().body;
  EXPECT_EQ(d.sent.back().timeout, 1000ms) << "it must be written within the start deadline";
  EXPECT_EQ(d.respond(1), "tell(ready)");
  EXPECT_EQ(d.last_event().text, "1.2.3") << "the child's version";
  EXPECT_EQ(d.status().state, worker_state::ready);
  EXPECT_EQ(d.pass(1'000'000ms), "-") << "a ready worker waits for ever";
}

TEST(worker_machine_start, the_deadline_covers_the_whole_handshake) {
  machine_driver d;
  EXPECT_EQ(d.pass(999ms), "-");
  d.hello();
  EXPECT_EQ(d.pass(1ms), "stop(firm) arm(reap)") << "hello is no new start";
  EXPECT_EQ(d.status().state, worker_state::killing);
  EXPECT_EQ(d.down(errc::stopped), "tell(down,start_timeout) tell(restarting) arm(50)");
  EXPECT_EQ(d.pass(50ms), "spawn(1) arm(start)");
}

TEST(worker_machine_start, a_start_in_the_last_millisecond_is_a_start) {
  machine_driver d;
  d.pass(999ms);
  d.become_ready();
  EXPECT_EQ(d.pass(1ms), "-");
  EXPECT_EQ(d.status().state, worker_state::ready);
}

TEST(worker_machine_start, a_child_that_refuses_configure_is_killed_with_its_words) {
  machine_driver d;
  d.hello();
  EXPECT_EQ(d.respond(1, true, R"({"code":"bad_request"})"), "stop(hard) arm(reap)");
  EXPECT_EQ(d.down(errc::child_signalled), "tell(down,handshake_failed) tell(restarting) arm(50)");
  EXPECT_NE(d.events.at(0).down.detail.find("bad_request"), std::string::npos) << d.events.at(0).down.detail;
}

TEST(worker_machine_start, a_response_before_configure_is_out_of_turn) {
  machine_driver d;
  EXPECT_EQ(d.respond(1), "stop(hard) arm(reap)");
  d.down(errc::stopped);
  EXPECT_EQ(d.events.at(0).down.cause, errc::unexpected_frame);
}

TEST(worker_machine_start, a_response_to_another_id_than_configures_is_out_of_turn) {
  machine_driver d;
  d.hello();
  EXPECT_EQ(d.respond(2), "stop(hard) arm(reap)");
  d.down(errc::stopped);
  EXPECT_EQ(d.events.at(0).down.cause, errc::unexpected_frame);
}

TEST(worker_machine_start, a_second_hello_is_out_of_turn_whenever_it_comes) {
  for (int after = 0; after < 3; ++after) {
    machine_driver d;
    d.hello();
    if (after >= 1)
      d.respond(1);
    if (after >= 2)
      d.run(7);
    EXPECT_EQ(d.hello(), "stop(hard) arm(reap)") << after;
    auto told = d.down(errc::stopped);
    EXPECT_TRUE(told.starts_with("tell(down,unexpected_frame)")) << told;
  }
}

TEST(worker_machine_start, the_smaller_of_both_caps_counts_for_requests) {
  machine_driver d;
  d.hello(100'000);
  d.respond(1);
  EXPECT_EQ(d.run(7, std::string(100'001, 'x')), "finish(7 request_too_large)");
  EXPECT_EQ(d.run(8, std::string(100'000, 'x')), "send(request 2) arm(request)");
}

TEST(worker_machine_start, a_request_given_before_the_child_is_ready_waits_for_it) {
  machine_driver d;
  EXPECT_EQ(d.run(7), "-");
  EXPECT_EQ(d.run(8), "finish(8 worker_busy)");
  EXPECT_EQ(d.hello(), "accept send(configure 1)");
  EXPECT_EQ(d.respond(1), "tell(ready) send(request 2) arm(request)");
  EXPECT_EQ(d.respond(2), "finish(7 none,sent)");
}

TEST(worker_machine_start, a_request_that_waits_for_a_start_fails_with_that_start) {
  machine_driver d;
  d.run(7);
  d.ring();
  EXPECT_EQ(d.down(errc::stopped), "tell(down,start_timeout) finish(7 start_timeout) tell(restarting) arm(50)");
  EXPECT_FALSE(d.last_outcome().work_started) << "running it again is harmless";
  EXPECT_EQ(d.last_outcome().down.stderr_tail, "last words");
}

TEST(worker_machine_start, failed_starts_in_a_row_make_it_give_up) {
  auto config = driven_config();
  config.restart.failed_starts_max = 3;
  machine_driver d{config};
  EXPECT_EQ(d.down(errc::not_started), "tell(down,not_started) tell(restarting) arm(50)");
  d.ring();
  EXPECT_EQ(d.down(errc::not_started), "tell(down,not_started) tell(restarting) arm(100)");
  d.ring();
  d.run(7);
  EXPECT_EQ(d.down(errc::not_started), "tell(down,not_started) finish(7 not_started) tell(gave_up,not_started)");
  EXPECT_EQ(d.last_event().cause, errc::start_limit);
  EXPECT_EQ(d.last_event().down.stderr_tail, "last words");
  EXPECT_EQ(d.status().state, worker_state::given_up);
  EXPECT_EQ(d.pass(1'000'000ms), "-");
  EXPECT_EQ(d.status().generation, 2u);
}

TEST(worker_machine_start, after_giving_up_later_requests_are_refused_with_its_reason) {
  auto config = driven_config();
  config.restart.failed_starts_max = 1;
  machine_driver starts{config};
  starts.down();
  EXPECT_EQ(starts.run(7), "finish(7 start_limit)");
  EXPECT_EQ(starts.run(8), "finish(8 start_limit)");

  config = driven_config();
  config.restart.restarts_max = 0;
  machine_driver crashes{config};
  crashes.become_ready();
  EXPECT_EQ(crashes.down(), "tell(down,child_failed) tell(gave_up,child_failed)");
  EXPECT_EQ(crashes.last_event().cause, errc::restart_limit);
  EXPECT_EQ(crashes.run(7), "finish(7 restart_limit)");
  EXPECT_FALSE(crashes.last_outcome().work_started);
}

TEST(worker_machine_start, each_generation_begins_with_its_own_request_ids) {
  machine_driver d;
  d.become_busy();
  d.respond(2);
  d.run(8);
  EXPECT_EQ(d.sent.back().request_id, 3u);
  d.down();
  d.ring();
  EXPECT_EQ(d.hello(), "accept send(configure 1)");
  d.respond(1);
  EXPECT_EQ(d.run(9), "send(request 2) arm(request)");
}

TEST(worker_machine_start, generations_grow_by_one_and_restarts_are_counted) {
  machine_driver d;
  for (std::uint64_t g = 0; g < 5; ++g) {
    EXPECT_EQ(d.status().generation, g);
    EXPECT_EQ(d.status().restarts, g);
    d.become_ready();
    d.down(errc::child_failed, 60'000ms);
    d.ring();
  }
  EXPECT_EQ(d.status().failures, 5u);
  EXPECT_EQ(d.status().planned_ends, 0u);
}

} // namespace
} // namespace leanworker::internal
