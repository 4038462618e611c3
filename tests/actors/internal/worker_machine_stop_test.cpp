// SPDX-License-Identifier: Apache-2.0
// Planned ends: stopping for good, and cycling.
#include <leanworker/tests/actors/internal/machine_driver.hpp>

#include <gtest/gtest.h>

namespace leanworker::internal {
namespace {

using namespace std::chrono_literals;

TEST(worker_machine_stop, an_idle_child_is_asked_to_leave_and_no_other_follows) {
  machine_driver d;
  d.become_ready();
  EXPECT_EQ(d.stop(), "stop(polite) arm(reap)");
  EXPECT_EQ(d.run(7), "finish(7 worker_stopping)");
  EXPECT_EQ(d.down(errc::stopped), "tell(down,stopped) tell(stopped)");
  EXPECT_EQ(d.status().planned_ends, 1u);
  EXPECT_EQ(d.status().failures, 0u);
  EXPECT_EQ(d.run(8), "finish(8 worker_stopping)");
  EXPECT_EQ(d.pass(1'000'000ms), "-");
}

TEST(worker_machine_stop, a_running_request_ends_with_shutting_down_before_the_child_is_told) {
  machine_driver d;
  d.become_busy();
  EXPECT_EQ(d.stop(), "finish(7 shutting_down,sent) stop(polite) arm(reap)");
  EXPECT_EQ(d.respond(2), "-") << "too late";
  EXPECT_EQ(d.down(errc::stopped), "tell(down,stopped) tell(stopped)");
}

TEST(worker_machine_stop, a_waiting_request_ends_with_shutting_down) {
  machine_driver d;
  d.run(7);
  EXPECT_EQ(d.stop(), "finish(7 shutting_down) stop(polite) arm(reap)");
  EXPECT_FALSE(d.last_outcome().work_started);
}

TEST(worker_machine_stop, a_cancelled_request_has_its_outcome_already) {
  machine_driver d;
  d.become_busy();
  d.cancel(7);
  EXPECT_EQ(d.stop(), "stop(polite) arm(reap)");
}

TEST(worker_machine_stop, firmly_leaves_out_the_good_bye_and_may_follow_a_polite_one) {
  machine_driver d;
  d.become_ready();
  EXPECT_EQ(d.stop(false), "stop(polite) arm(reap)");
  EXPECT_EQ(d.stop(true), "stop(firm) arm(reap)");
  EXPECT_EQ(d.down(errc::stopped), "tell(down,stopped) tell(stopped)") << "told once";
}

// T29: an end on request must never be followed by a restart.
TEST(worker_machine_stop, T29_a_child_that_is_being_killed_is_not_restarted_after_a_stop) {
  machine_driver killing;
  killing.become_busy();
  killing.ring();
  EXPECT_EQ(killing.stop(), "-") << "it is on its way already";
  EXPECT_EQ(killing.down(errc::stopped), "tell(down,request_timeout) tell(stopped)");

  machine_driver reaping;
  reaping.become_busy();
  reaping.fault();
  EXPECT_EQ(reaping.stop(), "finish(7 shutting_down,sent)");
  EXPECT_EQ(reaping.down(), "tell(down,frame_bad_magic) tell(stopped)");
}

TEST(worker_machine_stop, between_two_generations_it_is_done_at_once) {
  machine_driver d;
  d.become_ready();
  d.down();
  EXPECT_EQ(d.stop(), "tell(stopped)");
  EXPECT_EQ(d.ring(), "-") << "the restart is called off";
  EXPECT_EQ(d.status().state, worker_state::down);
  EXPECT_EQ(d.stop(), "-") << "told once";
}

TEST(worker_machine_stop, after_giving_up_it_is_done_at_once) {
  auto config = driven_config();
  config.restart.restarts_max = 0;
  machine_driver d{config};
  d.become_ready();
  d.down();
  EXPECT_EQ(d.stop(), "tell(stopped)");
  EXPECT_EQ(d.stop(true), "-");
  EXPECT_EQ(d.status().state, worker_state::given_up);
}

TEST(worker_machine_stop, a_child_that_starts_is_stopped_before_it_is_ready) {
  machine_driver d;
  d.hello();
  EXPECT_EQ(d.stop(), "stop(polite) arm(reap)");
  EXPECT_EQ(d.respond(1), "-");
  EXPECT_EQ(d.down(errc::stopped), "tell(down,stopped) tell(stopped)");
}

TEST(worker_machine_stop, a_child_that_crashes_on_its_way_out_is_no_failure) {
  machine_driver d;
  d.become_ready();
  d.stop();
  EXPECT_EQ(d.fault(), "-");
  EXPECT_EQ(d.down(errc::child_failed), "tell(down,child_failed) tell(stopped)");
  EXPECT_EQ(d.status().failures, 0u);
}

TEST(worker_machine_stop, a_cycle_that_runs_when_the_stop_comes_becomes_the_stop) {
  machine_driver d;
  d.become_ready();
  d.cycle();
  EXPECT_EQ(d.stop(), "stop(polite) arm(reap)");
  EXPECT_EQ(d.down(errc::stopped), "tell(down,stopped) tell(stopped)");
}

TEST(worker_machine_cycle, an_idle_child_is_replaced_at_once_without_delay) {
  machine_driver d;
  d.become_ready();
  EXPECT_EQ(d.cycle(), "stop(polite) arm(reap)");
  EXPECT_EQ(d.down(errc::stopped), "tell(down,stopped) spawn(1) arm(start)");
  EXPECT_EQ(d.status().planned_ends, 1u);
  EXPECT_EQ(d.status().failures, 0u);
}

TEST(worker_machine_cycle, a_busy_child_ends_its_request_first) {
  machine_driver d;
  d.become_busy();
  EXPECT_EQ(d.cycle(), "-");
  EXPECT_EQ(d.respond(2), "finish(7 none,sent) stop(polite) arm(reap)");
  EXPECT_EQ(d.down(errc::stopped), "tell(down,stopped) spawn(1) arm(start)");
  d.become_ready();
  d.run(8);
  EXPECT_EQ(d.respond(2), "finish(8 none,sent)") << "once asked, once done";
}

TEST(worker_machine_cycle, a_request_given_meanwhile_runs_on_the_next_generation) {
  machine_driver d;
  d.become_ready();
  d.cycle();
  EXPECT_EQ(d.run(7), "-");
  d.down(errc::stopped);
  d.hello();
  EXPECT_EQ(d.respond(1), "tell(ready) send(request 2) arm(request)");
  EXPECT_EQ(d.respond(2), "finish(7 none,sent)");
  EXPECT_EQ(d.last_outcome().generation, 1u);
}

TEST(worker_machine_cycle, a_crash_before_the_planned_end_makes_it_unnecessary) {
  machine_driver d;
  d.become_busy();
  d.cycle();
  d.down();
  d.ring();
  d.become_ready();
  d.run(8);
  EXPECT_EQ(d.respond(2), "finish(8 none,sent)") << "the new generation is not cycled";
}

TEST(worker_machine_cycle, planned_ends_never_use_up_the_restart_window) {
  auto config = driven_config();
  config.restart.restarts_max = 0;
  machine_driver d{config};
  for (int i = 0; i < 10; ++i) {
    d.become_ready();
    d.cycle();
    EXPECT_EQ(d.down(errc::stopped), "tell(down,stopped) spawn(" + std::to_string(i + 1) + ") arm(start)");
  }
}

worker_config with_imports_max(unsigned limit) {
  auto config = driven_config();
  config.imports_max = limit;
  return config;
}

void import_once(machine_driver& d, ticket id, std::uint64_t wire_id) {
  d.run(id);
  d.progress("import", 0, 1, wire_id);
  d.progress("import", 1, 1, wire_id);
  d.respond(wire_id);
}

// T15: the policy is applied at one point, before dispatch.
TEST(worker_machine_cycle, T15_a_child_with_too_many_imports_is_replaced_before_the_next_request_not_after_the_last) {
  machine_driver d{with_imports_max(2)};
  d.become_ready();
  import_once(d, 1, 2);
  import_once(d, 2, 3);
  EXPECT_EQ(d.status().imports, 2u);
  EXPECT_EQ(d.status().state, worker_state::ready) << "nobody asks for more yet";
  EXPECT_EQ(d.run(3), "stop(polite) arm(reap)");
  EXPECT_EQ(d.down(errc::stopped), "tell(down,stopped) spawn(1) arm(start)");
  EXPECT_EQ(d.status().imports, 0u);
  d.hello();
  EXPECT_EQ(d.respond(1), "tell(ready) send(request 2) arm(request)") << "the request runs once, on the new one";
  EXPECT_EQ(d.respond(2), "finish(3 none,sent)");
}

TEST(worker_machine_cycle, imports_max_0_means_never) {
  machine_driver d{with_imports_max(0)};
  d.become_ready();
  for (std::uint64_t wire_id = 2; wire_id < 40; ++wire_id)
    import_once(d, wire_id, wire_id);
  EXPECT_EQ(d.run(99), "send(request 40) arm(request)");
}

TEST(worker_machine_cycle, a_request_cancelled_while_its_child_is_replaced_is_not_sent) {
  machine_driver d{with_imports_max(1)};
  d.become_ready();
  import_once(d, 1, 2);
  d.run(2);
  EXPECT_EQ(d.cancel(2), "finish(2 cancelled)");
  d.down(errc::stopped);
  d.hello();
  EXPECT_EQ(d.respond(1), "tell(ready)");
}

} // namespace
} // namespace leanworker::internal
