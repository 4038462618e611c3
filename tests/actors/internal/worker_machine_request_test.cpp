// SPDX-License-Identifier: Apache-2.0
// Requests: outcomes, deadlines, imports.
#include <leanworker/tests/actors/internal/machine_driver.hpp>

#include <gtest/gtest.h>

namespace leanworker::internal {
namespace {

using namespace std::chrono_literals;

TEST(worker_machine_request, a_result_is_the_outcome_with_its_body_and_time) {
  machine_driver d;
  d.become_busy();
  d.pass(250ms);
  EXPECT_EQ(d.respond(2, false, "[1,2]"), "finish(7 none,sent)");
  EXPECT_EQ(d.last_outcome().body, "[1,2]");
  EXPECT_EQ(d.last_outcome().message, "");
  EXPECT_EQ(d.last_outcome().elapsed, 250ms);
  EXPECT_EQ(d.last_outcome().down, child_down{});
  EXPECT_EQ(d.status().requests, 1u);
  EXPECT_EQ(d.pass(1'000'000ms), "-") << "the deadline is gone";
}

TEST(worker_machine_request, an_error_object_is_a_refusal_and_the_child_lives_on) {
  machine_driver d;
  d.become_busy();
  EXPECT_EQ(d.respond(2, true, R"({"code":"bad_request"})"), "finish(7 child_refused,sent)");
  EXPECT_EQ(d.last_outcome().body, R"({"code":"bad_request"})");
  EXPECT_EQ(d.status().state, worker_state::ready);
  EXPECT_EQ(d.status().failures, 0u);
}

TEST(worker_machine_request, one_at_a_time) {
  machine_driver d;
  d.become_busy();
  EXPECT_EQ(d.run(8), "finish(8 worker_busy)");
  EXPECT_FALSE(d.last_outcome().work_started);
  EXPECT_EQ(d.respond(2), "finish(7 none,sent)");
  EXPECT_EQ(d.run(8), "send(request 3) arm(request)") << "ids grow";
}

TEST(worker_machine_request, one_too_large_is_refused_and_nothing_is_sent) {
  auto config = driven_config();
  config.child.frame_bytes_max_to_child = 65'536;
  machine_driver d{config};
  d.become_ready();
  auto frames = d.sent.size();
  EXPECT_EQ(d.run(7, std::string(65'537, 'x')), "finish(7 request_too_large)");
  EXPECT_NE(d.last_outcome().message.find("65537"), std::string::npos) << d.last_outcome().message;
  EXPECT_NE(d.last_outcome().message.find("65536"), std::string::npos) << d.last_outcome().message;
  EXPECT_EQ(d.sent.size(), frames);
  EXPECT_EQ(d.status().state, worker_state::ready);
  EXPECT_EQ(d.status().requests, 0u);
}

TEST(worker_machine_request, the_deadline_ends_the_request_first_and_the_child_after_it) {
  machine_driver d;
  d.become_busy();
  EXPECT_EQ(d.pass(2999ms), "-");
  EXPECT_EQ(d.pass(1ms), "finish(7 request_timeout,sent) stop(firm) arm(reap)");
  EXPECT_EQ(d.last_outcome().elapsed, 3000ms);
  EXPECT_EQ(d.down(errc::stopped), "tell(down,request_timeout) tell(restarting) arm(0)");
}

// T7: a respawn that fails must not hide what ended the request.
TEST(worker_machine_request, T7_a_respawn_that_fails_after_a_timeout_changes_nothing_about_the_outcome) {
  machine_driver d;
  d.become_busy();
  d.ring();
  d.down(errc::stopped);
  d.ring();
  EXPECT_EQ(d.down(errc::not_started), "tell(down,not_started) tell(restarting) arm(50)");
  ASSERT_EQ(d.outcomes.size(), 1u);
  EXPECT_EQ(d.last_outcome().code, errc::request_timeout);
  EXPECT_EQ(d.last_outcome().generation, 0u);
}

TEST(worker_machine_request, a_batch_of_endless_requests_does_not_make_it_give_up) {
  auto config = driven_config();
  config.restart.restarts_max = 2;
  machine_driver d{config};
  for (ticket id = 0; id < 20; ++id) {
    d.become_ready();
    d.run(id);
    EXPECT_EQ(d.ring(), "finish(" + std::to_string(id) + " request_timeout,sent) stop(firm) arm(reap)");
    d.down(errc::stopped);
    d.ring();
  }
  EXPECT_EQ(d.status().state, worker_state::starting);
  EXPECT_EQ(d.status().restarts, 20u);
}

TEST(worker_machine_request, its_own_deadlines_override_the_defaults) {
  machine_driver d;
  d.become_ready();
  EXPECT_EQ(d.run(7, "{}", 77ms, 88ms), "send(request 2) arm(77)");
  EXPECT_EQ(d.sent.back().timeout, 69ms) << "a child that does not read is found out before that";
  EXPECT_EQ(d.progress("import", 0, 1), "arm(88) tell(importing)");
  EXPECT_EQ(d.progress("import", 1, 1), "arm(77)");
  d.respond(2);
  EXPECT_EQ(d.run(8), "send(request 3) arm(request)") << "and are not kept";
}

TEST(worker_machine_request, an_import_has_its_own_deadline_and_the_work_begins_anew_after_it) {
  machine_driver d;
  d.become_busy();
  d.pass(2900ms);
  EXPECT_EQ(d.progress("import", 0, 1), "arm(import) tell(importing)");
  EXPECT_EQ(d.status().imports, 1u);
  EXPECT_EQ(d.pass(1900ms), "-") << "the request's own deadline stands still";
  EXPECT_EQ(d.progress("import", 1, 1), "arm(request)");
  EXPECT_EQ(d.pass(2999ms), "-");
  EXPECT_EQ(d.pass(1ms), "finish(7 request_timeout,sent) stop(firm) arm(reap)");
}

TEST(worker_machine_request, an_import_that_never_ends_is_an_import_timeout) {
  machine_driver d;
  d.become_busy();
  d.progress("import", 0, 1);
  EXPECT_EQ(d.pass(1999ms), "-");
  EXPECT_EQ(d.pass(1ms), "finish(7 import_timeout,sent) stop(firm) arm(reap)");
  EXPECT_EQ(d.down(errc::stopped), "tell(down,import_timeout) tell(restarting) arm(0)");
}

TEST(worker_machine_request, a_second_import_does_not_extend_the_deadline) {
  machine_driver d;
  d.become_busy();
  d.progress("import", 0, 1);
  d.progress("import", 1, 1);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(d.progress("import", 0, 1), "-");
    EXPECT_EQ(d.progress("import", 1, 1), "-");
  }
  EXPECT_EQ(d.status().imports, 1u);
  EXPECT_EQ(d.pass(3000ms), "finish(7 request_timeout,sent) stop(firm) arm(reap)");
}

TEST(worker_machine_request, a_repeated_beginning_does_not_extend_the_import) {
  machine_driver d;
  d.become_busy();
  d.progress("import", 0, 1);
  d.pass(1000ms);
  EXPECT_EQ(d.progress("import", 0, 1), "-");
  EXPECT_EQ(d.pass(1000ms), "finish(7 import_timeout,sent) stop(firm) arm(reap)");
}

TEST(worker_machine_request, progress_that_is_no_import_moves_nothing) {
  machine_driver d;
  d.become_busy();
  EXPECT_EQ(d.progress("elaborate", 5, 10), "-");
  EXPECT_EQ(d.progress("elaborate", 5, 0), "-");
  EXPECT_EQ(d.progress("import", 1, 1), "-") << "an end without a beginning";
  EXPECT_EQ(d.progress("import", 0, 0), "-") << "of unknown size: it cannot be told when it ends";
  EXPECT_EQ(d.progress("import", 0, 1, 99), "-") << "of another request";
  EXPECT_EQ(d.status().imports, 0u);
  EXPECT_EQ(d.pass(3000ms), "finish(7 request_timeout,sent) stop(firm) arm(reap)");
}

TEST(worker_machine_request, progress_of_an_import_of_unknown_size_is_not_its_end) {
  machine_driver d;
  d.become_busy();
  d.progress("import", 0, 1);
  EXPECT_EQ(d.progress("import", 37, 0), "-");
  EXPECT_EQ(d.pass(2000ms), "finish(7 import_timeout,sent) stop(firm) arm(reap)");
}

TEST(worker_machine_request, a_result_during_an_import_is_a_result) {
  machine_driver d;
  d.become_busy();
  d.progress("import", 0, 1);
  EXPECT_EQ(d.respond(2), "finish(7 none,sent)");
  EXPECT_EQ(d.pass(1'000'000ms), "-");
}

TEST(worker_machine_request, a_response_to_nothing_ends_the_child_and_its_request) {
  machine_driver d;
  d.become_busy();
  EXPECT_EQ(d.respond(3), "stop(hard) arm(reap)");
  EXPECT_EQ(d.down(errc::stopped), "tell(down,unexpected_frame) finish(7 unexpected_frame,sent) tell(restarting) arm(0)");
  EXPECT_NE(d.last_outcome().message.find("request 3"), std::string::npos) << d.last_outcome().message;
}

TEST(worker_machine_request, the_same_response_twice_ends_the_child) {
  machine_driver d;
  d.become_busy();
  d.respond(2);
  EXPECT_EQ(d.respond(2), "stop(hard) arm(reap)");
  EXPECT_EQ(d.outcomes.size(), 1u);
}

TEST(worker_machine_request, a_log_line_is_passed_on_with_its_level) {
  machine_driver d;
  EXPECT_EQ(d.log(), "tell(log)");
  EXPECT_EQ(d.last_event().text, "info: hello");
}

} // namespace
} // namespace leanworker::internal
