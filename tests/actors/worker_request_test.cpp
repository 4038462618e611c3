// SPDX-License-Identifier: Apache-2.0
#define CAF_SUITE worker_request
#include <leanworker/tests/actors/actor_suite.hpp>

using namespace leanworker;

namespace {

struct ready_worker : actor_suite {
  worker_actor w = start_worker(quick());
  ready_worker() { all_ready(1); }
  void run(ticket id, std::chrono::milliseconds import_timeout = {}, std::chrono::milliseconds request_timeout = {}) {
    tell(w, run_request{id, R"({"op":"echo"})", import_timeout, request_timeout});
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(worker_request_tests, ready_worker)

CAF_TEST(a request goes out as it is and its answer comes back as it is) {
  run(7);
  auto frames = links.child().sent(frame_kind::request);
  CAF_REQUIRE_EQUAL(frames.size(), 1u);
  CAF_CHECK_EQUAL(frames[0].body, R"({"op":"echo"})");
  CAF_CHECK_EQUAL(frames[0].request_id, 2u);
  CAF_CHECK(frames[0].timeout == 2700ms);
  pass(120ms);
  child_answers(0, "[null, 1.50]");
  CAF_CHECK_EQUAL(code(7), "none");
  CAF_CHECK_EQUAL(outcome(7)->body, "[null, 1.50]");
  CAF_CHECK(outcome(7)->elapsed == 120ms);
  CAF_CHECK(outcome(7)->work_started);
}

CAF_TEST(an error object is a refusal with its body) {
  run(7);
  child(0, [](auto& c) { c.refuse(2, R"({"code":"unknown_op"})"); });
  CAF_CHECK_EQUAL(code(7), "child_refused");
  CAF_CHECK_EQUAL(outcome(7)->body, R"({"code":"unknown_op"})");
  CAF_CHECK(status(w).state == worker_state::ready);
}

CAF_TEST(a request past its deadline is answered on time and its child is ended) {
  run(7);
  pass(2999ms);
  CAF_CHECK_EQUAL(code(7), "-");
  pass(1ms);
  CAF_CHECK_EQUAL(code(7), "request_timeout");
  CAF_CHECK(links.child().stop_asked() == stop_mode::firm);
  child(0, [](auto& c) { c.leave(); });
  pass(1ms);
  CAF_CHECK_EQUAL(links.child().generation, 1u);
}

CAF_TEST(T7 a respawn that fails after a timeout does not change what the caller hears) {
  run(7);
  pass(3000ms);
  child(0, [](auto& c) { c.leave(); });
  pass(1ms);
  child(0, [](auto& c) { c.down(errc::not_started, exit_status::not_started(2)); });
  pass(10s, 10ms);
  CAF_CHECK_EQUAL(owner->count<request_done>(), 1u);
  CAF_CHECK_EQUAL(code(7), "request_timeout");
  CAF_CHECK_EQUAL(outcome(7)->generation, 0u);
}

CAF_TEST(an import stops the clock of the request and has its own) {
  run(7, 500ms, 100ms);
  pass(90ms);
  child(0, [](auto& c) { c.progress("import", 0, 1); });
  CAF_CHECK_EQUAL(events(owner, worker_event_kind::importing).size(), 1u);
  pass(450ms);
  child(0, [](auto& c) { c.progress("import", 1, 1); });
  pass(99ms);
  CAF_CHECK_EQUAL(code(7), "-");
  pass(1ms);
  CAF_CHECK_EQUAL(code(7), "request_timeout");
}

CAF_TEST(an import past its deadline is told apart from slow work) {
  run(7, 500ms, 100ms);
  child(0, [](auto& c) { c.progress("import", 0, 1); });
  pass(499ms);
  CAF_CHECK_EQUAL(code(7), "-");
  pass(1ms);
  CAF_CHECK_EQUAL(code(7), "import_timeout");
}

CAF_TEST(a second request is refused while the first runs) {
  run(7);
  run(8);
  CAF_CHECK_EQUAL(code(8), "worker_busy");
  child_answers(0);
  CAF_CHECK_EQUAL(code(7), "none");
}

CAF_TEST(T2 a cancel is answered at once though the child is silent) {
  run(7);
  tell(w, cancel_request{7});
  CAF_CHECK_EQUAL(code(7), "cancelled");
  CAF_CHECK(outcome(7)->work_started);
  CAF_CHECK_EQUAL(links.child().sent(frame_kind::cancel).size(), 1u);
  pass(399ms);
  CAF_CHECK(!links.child().stop_asked());
  pass(1ms);
  CAF_CHECK(links.child().stop_asked() == stop_mode::firm);
}

CAF_TEST(a child that obeys a cancel keeps its generation) {
  run(7);
  tell(w, cancel_request{7});
  child(0, [](auto& c) { c.refuse(2, R"({"code":"cancelled"})"); });
  pass(10s, 10ms);
  CAF_CHECK(!links.child().stop_asked());
  run(8);
  child_answers(0);
  CAF_CHECK_EQUAL(code(8), "none");
  CAF_CHECK_EQUAL(links.children().size(), 1u);
  CAF_CHECK_EQUAL(owner->count<request_done>(), 2u);
}

CAF_TEST(T19 a cancel before dispatch is never heard by the child) {
  child_crashes(0);
  run(7);
  tell(w, cancel_request{7});
  CAF_CHECK_EQUAL(code(7), "cancelled");
  CAF_CHECK(!outcome(7)->work_started);
  pass(50ms);
  all_ready(1);
  CAF_CHECK_EQUAL(links.child().sent(frame_kind::request).size(), 0u);
  CAF_CHECK_EQUAL(links.child().sent(frame_kind::cancel).size(), 0u);
}

CAF_TEST(a cancel after the answer or for a stranger does nothing) {
  run(7);
  child_answers(0);
  tell(w, cancel_request{7});
  tell(w, cancel_request{99});
  CAF_CHECK_EQUAL(owner->count<request_done>(), 1u);
  CAF_CHECK(status(w).state == worker_state::ready);
}

CAF_TEST(a log line reaches the owner) {
  child(0, [](auto& c) { c.log("warning", "low on memory"); });
  auto lines = events(owner, worker_event_kind::log);
  CAF_REQUIRE_EQUAL(lines.size(), 1u);
  CAF_CHECK_EQUAL(lines[0].text, "warning: low on memory");
}

CAF_TEST_FIXTURE_SCOPE_END()
