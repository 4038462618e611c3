// SPDX-License-Identifier: Apache-2.0
#define CAF_SUITE worker_restart
#include <leanworker/tests/actors/actor_suite.hpp>

using namespace leanworker;

CAF_TEST_FIXTURE_SCOPE(worker_restart_tests, actor_suite)

CAF_TEST(a crash while idle is followed by the next generation after the delay) {
  auto w = start_worker(quick());
  all_ready(1);
  child_crashes(0);
  auto restarting = events(owner, worker_event_kind::restarting);
  CAF_REQUIRE_EQUAL(restarting.size(), 1u);
  CAF_CHECK(restarting[0].delay == 50ms);
  pass(49ms);
  CAF_CHECK_EQUAL(links.children().size(), 1u);
  pass(1ms);
  CAF_CHECK_EQUAL(links.child().generation, 1u);
  CAF_CHECK_EQUAL(status(w).failures, 1u);
}

CAF_TEST(a crash while busy is the outcome of the request with the last words of the child) {
  auto w = start_worker(quick());
  all_ready(1);
  tell(w, run_request{7, "{}", 0ms, 0ms});
  child_crashes(0);
  CAF_CHECK_EQUAL(code(7), "child_signalled");
  CAF_CHECK_EQUAL(outcome(7)->down.stderr_tail, "Stack overflow detected. Aborting.");
  CAF_CHECK(outcome(7)->down.exit == exit_status::signalled(6, false));
  CAF_CHECK(outcome(7)->message.find("stack overflow") != std::string::npos);
}

CAF_TEST(a lost link while busy is the outcome of the request) {
  auto w = start_worker(quick());
  all_ready(1);
  tell(w, run_request{7, "{}", 0ms, 0ms});
  child(0, [](auto& c) { c.lose_link(); });
  CAF_CHECK_EQUAL(code(7), "link_lost");
}

CAF_TEST(T6 a broken channel is told as the first cause and not as the signal that followed) {
  auto w = start_worker(quick());
  all_ready(1);
  tell(w, run_request{7, "{}", 0ms, 0ms});
  child(0, [](auto& c) {
    c.fault(errc::frame_bad_version, "version 2");
    c.down(errc::child_signalled, exit_status::signalled(9, false));
  });
  CAF_CHECK_EQUAL(code(7), "frame_bad_version");
  CAF_CHECK(outcome(7)->message.find("version 2") != std::string::npos);
}

CAF_TEST(what a dead generation still says is dropped and counted) {
  auto w = start_worker(quick());
  all_ready(1);
  auto dead = links.children()[0];
  tell(w, run_request{7, "{}", 0ms, 0ms});
  child_crashes(0);
  pass(50ms);
  all_ready(1);
  tell(w, run_request{8, "{}", 0ms, 0ms});
  auto before = status(w).stale_dropped;
  caf::anon_send(w, child_response{0, 2, false, "stale"});
  caf::anon_send(w, child_fault{0, errc::frame_bad_magic, "stale"});
  caf::anon_send(w, child_hello{});
  settle();
  CAF_CHECK_EQUAL(status(w).stale_dropped, before + 3);
  CAF_CHECK_EQUAL(code(8), "-");
  child_answers(0, "fresh");
  CAF_CHECK_EQUAL(outcome(8)->body, "fresh");
}

CAF_TEST(crashes beyond the limit make the worker give up and refuse with that) {
  auto config = quick();
  config.restart.restarts_max = 2;
  auto w = start_worker(config);
  for (int i = 0; i < 3; ++i) {
    all_ready(1);
    child_crashes(0);
    pass(1s, 10ms);
  }
  CAF_CHECK_EQUAL(links.children().size(), 3u);
  CAF_CHECK(status(w).state == worker_state::given_up);
  tell(w, run_request{7, "{}", 0ms, 0ms});
  CAF_CHECK_EQUAL(code(7), "restart_limit");
  pass(120s, 100ms);
  CAF_CHECK_EQUAL(links.children().size(), 3u);
}

CAF_TEST(crashes far enough apart never make it give up) {
  auto config = quick();
  config.restart.restarts_max = 2;
  config.restart.period = 10s;
  config.restart.backoff_max = 50ms;
  auto w = start_worker(config);
  for (int i = 0; i < 20; ++i) {
    all_ready(1);
    pass(5s, 50ms);
    child_crashes(0);
    pass(1s, 50ms);
  }
  CAF_CHECK_EQUAL(status(w).generation, 20u);
}

CAF_TEST(a cycle replaces the child without counting as a failure) {
  auto w = start_worker(quick());
  all_ready(1);
  tell(w, cycle_worker{});
  CAF_CHECK(links.child().stop_asked() == stop_mode::polite);
  CAF_CHECK_EQUAL(links.children().size(), 1u);
  child(0, [](auto& c) { c.leave(); });
  CAF_CHECK_EQUAL(links.child().generation, 1u);
  CAF_CHECK_EQUAL(status(w).planned_ends, 1u);
  CAF_CHECK_EQUAL(status(w).failures, 0u);
}

CAF_TEST(T15 too many imports replace the child before the next request and the request runs once) {
  auto config = quick();
  config.imports_max = 1;
  auto w = start_worker(config);
  all_ready(1);
  tell(w, run_request{7, "{}", 0ms, 0ms});
  child(0, [](auto& c) { c.progress("import", 0, 1), c.progress("import", 1, 1), c.answer(); });
  CAF_CHECK(!links.child().stop_asked());
  tell(w, run_request{8, "{}", 0ms, 0ms});
  CAF_CHECK(links.child().stop_asked() == stop_mode::polite);
  child(0, [](auto& c) { c.leave(); });
  all_ready(1);
  CAF_CHECK_EQUAL(links.children()[0]->sent(frame_kind::request).size(), 1u);
  CAF_CHECK_EQUAL(links.child().sent(frame_kind::request).size(), 1u);
  child_answers(0);
  CAF_CHECK_EQUAL(code(8), "none");
}

CAF_TEST(a stop ends the child and says so once) {
  auto w = start_worker(quick());
  all_ready(1);
  tell(w, run_request{7, "{}", 0ms, 0ms});
  tell(w, stop_worker{});
  CAF_CHECK_EQUAL(code(7), "shutting_down");
  tell(w, stop_worker{});
  CAF_CHECK(links.child().stop_asked() == stop_mode::polite);
  tell(w, stop_worker{true});
  CAF_CHECK(links.child().stop_asked() == stop_mode::firm);
  child(0, [](auto& c) { c.leave(); });
  pass(60s, 100ms);
  CAF_CHECK_EQUAL(events(owner, worker_event_kind::stopped).size(), 1u);
  CAF_CHECK_EQUAL(links.children().size(), 1u);
}

CAF_TEST(T29 a hung child that is stopped is not followed by another) {
  auto w = start_worker(quick());
  all_ready(1);
  tell(w, run_request{7, "{}", 0ms, 0ms});
  pass(3000ms);
  tell(w, stop_worker{});
  child(0, [](auto& c) { c.leave(); });
  pass(60s, 100ms);
  CAF_CHECK_EQUAL(links.children().size(), 1u);
  CAF_CHECK_EQUAL(events(owner, worker_event_kind::stopped).size(), 1u);
  CAF_CHECK_EQUAL(code(7), "request_timeout");
}

CAF_TEST(a child whose end is never reported is given up for lost) {
  auto w = start_worker(quick());
  all_ready(1);
  tell(w, run_request{7, "{}", 0ms, 0ms});
  pass(3000ms);
  pass(5000ms);
  pass(1ms);
  CAF_CHECK_EQUAL(links.child().generation, 1u);
  child(0, [](auto& c) { c.become_ready(); });
  CAF_CHECK(status(w).state == worker_state::ready);
}

CAF_TEST_FIXTURE_SCOPE_END()
