// SPDX-License-Identifier: Apache-2.0
// Unplanned ends, stale events, and what is never reported.
#include <leanworker/tests/actors/internal/machine_driver.hpp>

#include <gtest/gtest.h>

namespace leanworker::internal {
namespace {

using namespace std::chrono_literals;

TEST(worker_machine_end, a_crash_under_a_request_is_its_outcome_with_exit_and_last_words) {
  machine_driver d;
  d.become_busy();
  d.pass(30ms);
  EXPECT_EQ(d.down(errc::child_failed), "tell(down,child_failed) finish(7 child_failed,sent) tell(restarting) arm(0)");
  EXPECT_EQ(d.last_outcome().down.exit, exit_status::exited(42));
  EXPECT_EQ(d.last_outcome().down.stderr_tail, "last words");
  EXPECT_EQ(d.last_outcome().generation, 0u);
  EXPECT_EQ(d.last_outcome().elapsed, 30ms);
  EXPECT_EQ(d.events.at(1).down.stderr_tail, "last words");
  EXPECT_EQ(d.last_event().delay, 0ms);
}

TEST(worker_machine_end, a_crash_while_idle_or_starting_has_no_outcome) {
  machine_driver idle;
  idle.become_ready();
  EXPECT_EQ(idle.down(), "tell(down,child_failed) tell(restarting) arm(50)");
  machine_driver starting;
  EXPECT_EQ(starting.down(), "tell(down,child_failed) tell(restarting) arm(50)");
  EXPECT_EQ(starting.status().pid, 0);
}

// T6: the first cause is fixed before any signal.
TEST(worker_machine_end, T6_a_fault_then_the_end_is_the_fault) {
  machine_driver d;
  d.become_busy();
  EXPECT_EQ(d.fault(errc::frame_bad_version, "version 2"), "arm(reap)") << "the link stops the child by itself";
  EXPECT_EQ(d.status().state, worker_state::reaping);
  EXPECT_EQ(d.down(errc::child_signalled),
            "tell(down,frame_bad_version) finish(7 frame_bad_version,sent) tell(restarting) arm(0)");
  EXPECT_EQ(d.last_outcome().down.detail, "version 2");
}

TEST(worker_machine_end, of_several_faults_the_first_counts) {
  machine_driver d;
  d.become_busy();
  d.fault(errc::frame_bad_kind);
  EXPECT_EQ(d.fault(errc::write_timeout), "-");
  d.down(errc::child_signalled);
  EXPECT_EQ(d.last_outcome().code, errc::frame_bad_kind);
}

TEST(worker_machine_end, a_deadline_then_a_fault_is_the_deadline) {
  machine_driver d;
  d.become_busy();
  d.ring();
  EXPECT_EQ(d.fault(), "-");
  EXPECT_EQ(d.down(errc::frame_bad_magic), "tell(down,request_timeout) tell(restarting) arm(0)");
}

TEST(worker_machine_end, a_response_after_a_fault_does_not_count) {
  machine_driver d;
  d.become_busy();
  d.fault();
  EXPECT_EQ(d.respond(2), "-") << "the bytes of a broken channel mean nothing";
  d.down();
  EXPECT_EQ(d.last_outcome().code, errc::frame_bad_magic);
}

TEST(worker_machine_end, a_link_that_never_reports_is_given_up_for_lost) {
  machine_driver killing;
  killing.become_busy();
  killing.ring();
  EXPECT_EQ(killing.pass(5000ms), "tell(down,request_timeout) tell(restarting) arm(0)") << "what was decided stays decided";

  machine_driver stopping;
  stopping.become_ready();
  stopping.stop();
  EXPECT_EQ(stopping.pass(5000ms), "tell(down,link_lost) tell(stopped)");

  machine_driver cycling;
  cycling.become_ready();
  cycling.cycle();
  EXPECT_EQ(cycling.pass(5000ms), "tell(down,link_lost) spawn(1) arm(start)");

  machine_driver reaping;
  reaping.become_busy();
  reaping.fault();
  EXPECT_EQ(reaping.pass(5000ms), "tell(down,frame_bad_magic) finish(7 frame_bad_magic,sent) tell(restarting) arm(0)");
}

TEST(worker_machine_end, a_report_that_comes_after_all_is_dropped_and_counted) {
  machine_driver d;
  d.become_ready();
  d.cycle();
  d.pass(5000ms);
  EXPECT_EQ(d.as_generation(0).down(errc::stopped), "-");
  EXPECT_EQ(d.status().stale_dropped, 1u);
  EXPECT_EQ(d.status().state, worker_state::starting);
}

TEST(worker_machine_end, restart_delays_grow_and_a_stable_life_begins_anew) {
  machine_driver d;
  for (auto expected : {"50", "100", "200"}) {
    d.become_ready();
    EXPECT_EQ(d.down(errc::child_failed, 10ms), std::string{"tell(down,child_failed) tell(restarting) arm("} + expected + ")");
    d.ring();
  }
  d.become_ready();
  EXPECT_EQ(d.down(errc::child_failed, 10'000ms), "tell(down,child_failed) tell(restarting) arm(50)");
}

TEST(worker_machine_end, the_restart_limit_answers_the_request_under_it_with_its_own_cause) {
  auto config = driven_config();
  config.restart.restarts_max = 1;
  machine_driver d{config};
  d.become_ready();
  d.down();
  d.ring();
  d.become_busy();
  EXPECT_EQ(d.down(errc::child_failed), "tell(down,child_failed) finish(7 child_failed,sent) tell(gave_up,child_failed)");
  EXPECT_EQ(d.last_event().cause, errc::restart_limit);
}

TEST(worker_machine_end, the_restart_limit_answers_the_request_that_waits_with_itself) {
  auto config = driven_config();
  config.restart.restarts_max = 0;
  machine_driver d{config};
  d.become_busy();
  d.cancel(7);
  d.run(8);
  EXPECT_EQ(d.down(errc::child_failed), "tell(down,child_failed) finish(8 restart_limit) tell(gave_up,child_failed)");
  EXPECT_NE(d.last_outcome().message.find("exit code 42"), std::string::npos) << d.last_outcome().message;
}

TEST(worker_machine_end, a_crash_during_the_back_off_cannot_be_and_is_dropped) {
  machine_driver d;
  d.become_ready();
  d.down();
  EXPECT_EQ(d.down(), "-") << "the same end twice";
  EXPECT_EQ(d.status().failures, 1u);
  EXPECT_EQ(d.status().stale_dropped, 1u);
}

TEST(worker_machine_end, a_request_given_during_the_back_off_runs_on_the_next_generation) {
  machine_driver d;
  d.become_ready();
  d.down();
  EXPECT_EQ(d.run(7), "-");
  EXPECT_EQ(d.ring(), "spawn(1) arm(start)");
  d.hello();
  EXPECT_EQ(d.respond(1), "tell(ready) send(request 2) arm(request)");
}

// T13: the history belongs to the slot.
TEST(worker_machine_end, T13_counters_go_on_over_generations) {
  machine_driver d;
  for (ticket id = 0; id < 3; ++id) {
    d.become_ready();
    d.run(id);
    d.down(errc::child_failed);
    d.ring();
  }
  EXPECT_EQ(d.status().requests, 3u);
  EXPECT_EQ(d.status().failures, 3u);
  EXPECT_EQ(d.status().restarts, 3u);
  EXPECT_EQ(d.status().generation, 3u);
}

TEST(worker_machine_end, nothing_of_a_dead_generation_is_accepted) {
  machine_driver d;
  d.become_busy();
  d.down();
  d.ring();
  d.become_busy();
  auto before = d.status();
  EXPECT_EQ(d.as_generation(0).respond(2), "-");
  EXPECT_EQ(d.as_generation(0).down(), "-");
  EXPECT_EQ(d.as_generation(0).fault(), "-");
  EXPECT_EQ(d.as_generation(2).respond(2), "-") << "nor of one that does not exist yet";
  EXPECT_EQ(d.status().state, before.state);
  EXPECT_EQ(d.status().stale_dropped, before.stale_dropped + 4);
  EXPECT_EQ(d.respond(2), "finish(7 none,sent)");
}

} // namespace
} // namespace leanworker::internal
