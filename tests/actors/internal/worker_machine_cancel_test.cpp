// SPDX-License-Identifier: Apache-2.0
// Cancelling, at every point of a request's life.
#include <leanworker/tests/actors/internal/machine_driver.hpp>

#include <gtest/gtest.h>

namespace leanworker::internal {
namespace {

using namespace std::chrono_literals;

TEST(worker_machine_cancel, before_dispatch_the_child_hears_nothing) {
  machine_driver d;
  d.run(7);
  EXPECT_EQ(d.cancel(7), "finish(7 cancelled)");
  EXPECT_FALSE(d.last_outcome().work_started);
  d.hello();
  EXPECT_EQ(d.respond(1), "tell(ready)") << "T19: a healthy worker stays healthy";
  EXPECT_EQ(d.sent.size(), 1u) << "only configure";
}

// T2: a cancel is acted on at once, also while the child says nothing.
TEST(worker_machine_cancel, T2_the_outcome_comes_at_once_and_does_not_wait_for_the_child) {
  machine_driver d;
  d.become_busy();
  d.pass(10ms);
  EXPECT_EQ(d.cancel(7), "finish(7 cancelled,sent) send(cancel 2) arm(cancel)");
  EXPECT_EQ(d.last_outcome().elapsed, 10ms);
  EXPECT_EQ(d.sent.back().timeout, 400ms);
}

TEST(worker_machine_cancel, a_child_that_obeys_goes_on_in_the_same_generation) {
  for (bool refused : {true, false}) { // it may have been ready just before
    machine_driver d;
    d.become_busy();
    d.cancel(7);
    EXPECT_EQ(d.respond(2, refused), "tell(settled)") << "there is one outcome only";
    EXPECT_EQ(d.status().state, worker_state::ready);
    EXPECT_EQ(d.run(8), "send(request 3) arm(request)");
    EXPECT_EQ(d.respond(3), "finish(8 none,sent)");
    EXPECT_EQ(d.status().generation, 0u);
    EXPECT_EQ(d.status().failures, 0u);
  }
}

TEST(worker_machine_cancel, a_child_that_does_not_obey_is_killed_after_the_grace) {
  machine_driver d;
  d.become_busy();
  d.cancel(7);
  EXPECT_EQ(d.pass(399ms), "-");
  EXPECT_EQ(d.pass(1ms), "stop(firm) arm(reap)");
  EXPECT_EQ(d.down(errc::stopped), "tell(down,cancelled) tell(restarting) arm(0)");
  EXPECT_EQ(d.outcomes.size(), 1u);
}

TEST(worker_machine_cancel, during_an_import_the_grace_counts_not_the_import) {
  machine_driver d;
  d.become_busy();
  d.progress("import", 0, 1);
  EXPECT_EQ(d.cancel(7), "finish(7 cancelled,sent) send(cancel 2) arm(cancel)");
  EXPECT_EQ(d.progress("import", 1, 1), "-") << "the end of the import brings no new deadline";
  EXPECT_EQ(d.pass(400ms), "stop(firm) arm(reap)");
}

TEST(worker_machine_cancel, an_import_that_begins_after_the_cancel_brings_no_new_deadline) {
  machine_driver d;
  d.become_busy();
  d.cancel(7);
  EXPECT_EQ(d.progress("import", 0, 1), "-");
  EXPECT_EQ(d.pass(400ms), "stop(firm) arm(reap)");
}

TEST(worker_machine_cancel, after_the_answer_or_for_an_unknown_ticket_nothing_happens) {
  machine_driver d;
  EXPECT_EQ(d.cancel(7), "-");
  d.become_busy();
  EXPECT_EQ(d.cancel(8), "-");
  d.respond(2);
  EXPECT_EQ(d.cancel(7), "-");
  EXPECT_EQ(d.status().state, worker_state::ready);
}

TEST(worker_machine_cancel, twice_is_once) {
  machine_driver d;
  d.become_busy();
  d.cancel(7);
  EXPECT_EQ(d.cancel(7), "-");
  d.pass(200ms);
  EXPECT_EQ(d.cancel(7), "-") << "the grace is not extended";
  EXPECT_EQ(d.pass(200ms), "stop(firm) arm(reap)");
}

TEST(worker_machine_cancel, the_next_request_waits_until_the_child_has_ended_the_cancelled_one) {
  machine_driver d;
  d.become_busy();
  d.cancel(7);
  EXPECT_EQ(d.run(8), "-") << "accepted";
  EXPECT_EQ(d.run(9), "finish(9 worker_busy)");
  EXPECT_EQ(d.respond(2), "tell(settled) send(request 3) arm(request)");
  EXPECT_EQ(d.respond(3), "finish(8 none,sent)");
}

TEST(worker_machine_cancel, the_next_request_waits_for_the_next_generation_if_it_must) {
  machine_driver d;
  d.become_busy();
  d.cancel(7);
  d.run(8);
  d.ring();
  EXPECT_EQ(d.down(errc::stopped), "tell(down,cancelled) tell(restarting) arm(0)") << "8 goes on waiting";
  EXPECT_EQ(d.ring(), "spawn(1) arm(start)");
  d.hello();
  EXPECT_EQ(d.respond(1), "tell(ready) send(request 2) arm(request)");
  EXPECT_EQ(d.respond(2), "finish(8 none,sent)");
  EXPECT_EQ(d.last_outcome().generation, 1u);
}

TEST(worker_machine_cancel, the_one_that_waits_can_be_cancelled_too) {
  machine_driver d;
  d.become_busy();
  d.cancel(7);
  d.run(8);
  EXPECT_EQ(d.cancel(8), "finish(8 cancelled)");
  EXPECT_EQ(d.respond(2), "tell(settled)");
  EXPECT_EQ(d.status().state, worker_state::ready);
}

TEST(worker_machine_cancel, a_crash_after_the_cancel_leaves_the_outcome_cancelled) {
  machine_driver d;
  d.become_busy();
  d.cancel(7);
  EXPECT_EQ(d.down(errc::child_signalled), "tell(down,child_signalled) tell(restarting) arm(0)");
  EXPECT_EQ(d.outcomes.size(), 1u);
}

TEST(worker_machine_cancel, of_a_request_whose_child_is_broken_already_is_answered_at_once) {
  machine_driver d;
  d.become_busy();
  d.fault();
  EXPECT_EQ(d.cancel(7), "finish(7 cancelled,sent)") << "nothing is sent to a broken child";
  EXPECT_EQ(d.down(), "tell(down,frame_bad_magic) tell(restarting) arm(0)");
}

TEST(worker_machine_cancel, many_in_a_row_do_not_make_it_give_up) {
  auto config = driven_config();
  config.restart.restarts_max = 1;
  machine_driver d{config};
  for (ticket id = 0; id < 10; ++id) {
    d.become_ready();
    d.run(id);
    d.cancel(id);
    d.ring();
    d.down(errc::stopped);
    d.ring();
  }
  EXPECT_EQ(d.status().state, worker_state::starting);
}

} // namespace
} // namespace leanworker::internal
