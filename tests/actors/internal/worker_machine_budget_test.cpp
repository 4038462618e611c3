// SPDX-License-Identifier: Apache-2.0
// Deadlines that do not count what a child could not use, and what a child says of itself in its answer.
#include <leanworker/tests/actors/internal/machine_driver.hpp>

#include <gtest/gtest.h>

namespace leanworker::internal {
namespace {

using namespace std::chrono_literals;

/// Busy with request 7, on a process whose waits can be measured. Its deadline is 3 s.
machine_driver measured_and_busy(unsigned stretch_max = 4) {
  auto config = driven_config();
  config.deadline_stretch_max = stretch_max;
  machine_driver d{config};
  d.started(99, true);
  d.become_busy();
  return d;
}

TEST(worker_machine_budget, a_child_that_got_its_processor_ends_at_its_deadline) {
  auto d = measured_and_busy();
  EXPECT_EQ(d.pass(375ms), "arm(2625)") << "the first look, at an eighth";
  EXPECT_EQ(d.pass(2625ms), "finish(7 request_timeout,sent) stop(firm) arm(reap)");
  EXPECT_EQ(d.last_outcome().processor_wait, 0ms);
}

TEST(worker_machine_budget, a_child_that_waited_for_a_processor_gets_that_time_back) {
  auto d = measured_and_busy();
  d.processor_wait = 70ms; // before the first look: nobody knows since when
  d.pass(375ms);
  d.processor_wait = 1070ms;
  EXPECT_EQ(d.pass(2625ms), "arm(start)") << "1000 ms more";
  d.processor_wait = 1570ms;
  EXPECT_EQ(d.pass(1000ms), "arm(500)");
  EXPECT_EQ(d.pass(500ms), "finish(7 request_timeout,sent) stop(firm) arm(reap)");
  EXPECT_EQ(d.last_outcome().processor_wait, 1500ms);
}

TEST(worker_machine_budget, the_stretch_is_bounded) {
  auto d = measured_and_busy(2);
  d.pass(375ms);
  d.processor_wait = 60'000ms;
  EXPECT_EQ(d.pass(2625ms), "arm(request)") << "twice 3 s in all";
  EXPECT_EQ(d.pass(3000ms), "finish(7 request_timeout,sent) stop(firm) arm(reap)");
}

TEST(worker_machine_budget, without_a_stretch_and_without_a_process_of_ours_deadlines_are_wall_time) {
  auto d = measured_and_busy(1);
  EXPECT_EQ(d.pass(2999ms), "-");
  EXPECT_EQ(d.pass(1ms), "finish(7 request_timeout,sent) stop(firm) arm(reap)");
  machine_driver other;
  other.become_busy();
  other.processor_wait = 60'000ms;
  EXPECT_EQ(other.pass(3000ms), "finish(7 request_timeout,sent) stop(firm) arm(reap)");
}

TEST(worker_machine_budget, an_import_has_a_budget_of_its_own) {
  auto d = measured_and_busy();
  EXPECT_EQ(d.progress("import", 0, 1), "arm(250) tell(importing)");
  d.pass(250ms);
  d.processor_wait = 300ms;
  EXPECT_EQ(d.pass(1750ms), "arm(300)");
  EXPECT_EQ(d.progress("import", 1, 1), "arm(375)") << "the work's begins anew";
}

TEST(worker_machine_budget, a_start_that_waited_for_a_processor_gets_that_time_back_and_no_more) {
  for (unsigned stretch : {1u, 2u}) {
    auto config = driven_config();
    config.deadline_stretch_max = stretch;
    machine_driver d{config};
    d.started(99, true);
    auto allowed = config.start_timeout;
    if (stretch > 1)
      EXPECT_NE(d.pass(allowed / 8), "-") << "the first look";
    d.processor_wait = allowed * 10;
    auto at_deadline = d.pass(stretch > 1 ? allowed - allowed / 8 : allowed);
    if (stretch == 1) {
      EXPECT_EQ(at_deadline, "stop(firm) arm(reap)");
      continue;
    }
    EXPECT_EQ(at_deadline, "arm(start)") << "as long again";
    EXPECT_EQ(d.pass(allowed - 1ms), "-");
    EXPECT_EQ(d.pass(1ms), "stop(firm) arm(reap)");
  }
}

TEST(worker_machine_budget, a_request_that_ends_in_time_costs_no_look) {
  auto d = measured_and_busy();
  EXPECT_EQ(d.respond(2), "finish(7 none,sent)");
  EXPECT_EQ(d.pass(375ms), "-");
}

TEST(worker_machine_budget, no_limit_does_not_fire_at_once) {
  auto config = driven_config();
  config.request_timeout = std::chrono::milliseconds::max();
  config.start_timeout = std::chrono::milliseconds::max();
  machine_driver d{config};
  d.become_busy();
  EXPECT_EQ(d.pass(3600'000ms), "-");
}

TEST(worker_machine_answer, a_child_that_asks_to_be_replaced_is_given_nothing_more) {
  machine_driver d;
  d.become_busy();
  EXPECT_EQ(d.respond(2, false, "{}", true), "finish(7 none,sent) stop(polite) arm(reap)");
  EXPECT_TRUE(d.last_outcome().retire);
  EXPECT_EQ(d.down(errc::stopped), "tell(down,stopped) spawn(1) arm(start)");
  EXPECT_EQ(d.status().failures, 0u);
}

TEST(worker_machine_answer, one_that_was_cancelled_and_asks_to_be_replaced_is_replaced) {
  machine_driver d;
  d.become_busy();
  d.cancel(7);
  EXPECT_EQ(d.respond(2, false, "{}", true), "tell(settled) stop(polite) arm(reap)");
}

TEST(worker_machine_answer, near_the_memory_limit_is_an_outcome_of_its_own) {
  machine_driver d;
  d.become_busy();
  d.respond(2, true, R"({"code":"near_memory_limit","message":"91 % of 2048 MiB"})", true);
  EXPECT_EQ(d.last_outcome().code, errc::child_near_memory_limit);
  EXPECT_EQ(d.last_outcome().message, "91 % of 2048 MiB");
}

TEST(worker_machine_answer, what_the_link_noted_is_in_the_outcome_of_a_request_without_an_answer) {
  machine_driver d;
  d.become_busy();
  auto notes = d.sent.back().notes;
  ASSERT_TRUE(notes);
  notes->position(120);
  notes->diagnostic(R"({"code":"message"})");
  notes->panic("PANIC at f: unreachable");
  d.pass(3000ms);
  const auto& outcome = d.last_outcome();
  EXPECT_EQ(outcome.partial, (partial_results{120, true, {R"({"code":"message"})"}, false}));
  EXPECT_TRUE(outcome.panicked);
  EXPECT_EQ(outcome.panic, "PANIC at f: unreachable");
}

TEST(worker_machine_answer, an_answer_carries_a_panic_and_no_partial_results) {
  machine_driver d;
  d.become_busy();
  d.sent.back().notes->position(120);
  d.sent.back().notes->panic("Error: index out of bounds");
  d.respond(2);
  EXPECT_TRUE(d.last_outcome().panicked);
  EXPECT_TRUE(d.last_outcome().partial.empty());
}

TEST(worker_machine_start, both_caps_are_cut_to_what_the_child_can_take) {
  machine_driver d;
  d.started();
  d.hello(1u << 20, 65536);
  EXPECT_NE(d.sent.back().body.find("\"to_child\":1048576"), std::string::npos) << d.sent.back().body;
  EXPECT_NE(d.sent.back().body.find("\"to_parent\":65536"), std::string::npos) << d.sent.back().body;
}

} // namespace
} // namespace leanworker::internal
