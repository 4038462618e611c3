// SPDX-License-Identifier: Apache-2.0
#define CAF_SUITE worker_start
#include <leanworker/tests/actors/actor_suite.hpp>

using namespace leanworker;

CAF_TEST_FIXTURE_SCOPE(worker_start_tests, actor_suite)

CAF_TEST(a worker starts its first child at once and tells its owner each step) {
  auto w = start_worker(quick(), 5);
  CAF_REQUIRE_EQUAL(links.children().size(), 1u);
  links.child().become_ready();
  settle();
  auto heard = owner->all<worker_event>();
  CAF_REQUIRE_EQUAL(heard.size(), 2u);
  CAF_CHECK(heard[0].kind == worker_event_kind::started);
  CAF_CHECK_EQUAL(heard[0].pid, 4711);
  CAF_CHECK_EQUAL(heard[0].worker, 5u);
  CAF_CHECK(heard[1].kind == worker_event_kind::ready);
  CAF_CHECK_EQUAL(heard[1].text, "1");
  CAF_CHECK(status(w).state == worker_state::ready);
}

CAF_TEST(the handshake is the order accept then configure with the settings of the worker) {
  auto config = quick();
  config.child.frame_bytes_max_to_parent = 123456;
  start_worker(config);
  child(0, [](auto& c) { c.hello(); });
  auto& orders = links.child().orders;
  CAF_REQUIRE_EQUAL(orders.size(), 2u);
  CAF_CHECK(std::get<link_accept>(orders[0]).body_bytes_max == 123456);
  auto& configure = std::get<link_send>(orders[1]);
  CAF_CHECK(configure.kind == static_cast<std::uint8_t>(frame_kind::configure));
  CAF_CHECK_EQUAL(configure.request_id, 1u);
  CAF_CHECK(configure.body.find("123456") != std::string::npos);
}

CAF_TEST(messages between a worker and its link read as the specification) {
  auto w = start_worker(quick());
  auto& c = links.child();
  c.become_ready();
  expect((child_started), to(w).with(child_started{0, 4711}));
  expect((worker_event), from(w).to(owner_handle));
  expect((child_hello), to(w));
  expect((child_response), to(w));
  settle();
  caf::anon_send(w, run_request{7, "{}", 0ms, 0ms});
  expect((run_request), to(w));
  settle();
  disallow((request_done), from(w).to(owner_handle));
  CAF_CHECK_EQUAL(code(7), "-");
}

CAF_TEST(a child without a handshake is ended at the start deadline and followed by the next) {
  auto w = start_worker(quick());
  child(0, [](auto& c) { c.started(), c.hello(); });
  pass(999ms);
  CAF_CHECK(!links.child().stop_asked());
  pass(1ms);
  CAF_CHECK(links.child().stop_asked() == stop_mode::firm);
  CAF_CHECK(status(w).state == worker_state::killing);
  CAF_CHECK_EQUAL(links.children().size(), 1u);
  child(0, [](auto& c) { c.down(errc::stopped, exit_status::signalled(15, false), "last words"); });
  pass(49ms);
  CAF_CHECK_EQUAL(links.children().size(), 1u);
  pass(1ms);
  CAF_CHECK_EQUAL(links.children().size(), 2u);
  CAF_CHECK_EQUAL(links.child().generation, 1u);
  auto downs = events(owner, worker_event_kind::down);
  CAF_REQUIRE_EQUAL(downs.size(), 1u);
  CAF_CHECK(downs[0].down.cause == errc::start_timeout);
  CAF_CHECK_EQUAL(downs[0].down.stderr_tail, "last words");
}

CAF_TEST(no generation is started before the one before it has ended) {
  start_worker(quick());
  pass(1000ms);
  pass(4900ms);
  CAF_CHECK_EQUAL(links.children().size(), 1u);
}

CAF_TEST(starts that fail one after the other make the worker give up) {
  auto config = quick();
  config.restart.failed_starts_max = 3;
  auto w = start_worker(config);
  for (int i = 0; i < 3; ++i) {
    child(0, [](auto& c) { c.down(errc::not_started, exit_status::not_started(2)); });
    pass(10s, 10ms);
  }
  CAF_CHECK_EQUAL(links.children().size(), 3u);
  CAF_CHECK(status(w).state == worker_state::given_up);
  auto gave_up = events(owner, worker_event_kind::gave_up);
  CAF_REQUIRE_EQUAL(gave_up.size(), 1u);
  CAF_CHECK(gave_up[0].cause == errc::start_limit);
  tell(w, run_request{7, "{}", 0ms, 0ms});
  CAF_CHECK_EQUAL(code(7), "start_limit");
}

CAF_TEST(a link that dies without a word is a lost child) {
  auto w = start_worker(quick());
  child(0, [](auto& c) { c.lose_link(); });
  auto downs = events(owner, worker_event_kind::down);
  CAF_REQUIRE_EQUAL(downs.size(), 1u);
  CAF_CHECK(downs[0].down.cause == errc::link_lost);
  pass(50ms);
  CAF_CHECK_EQUAL(links.children().size(), 2u);
  CAF_CHECK_EQUAL(status(w).restarts, 1u);
}

CAF_TEST(an end that was reported is not counted again when its link goes) {
  auto w = start_worker(quick());
  all_ready(1);
  child_crashes(0);
  CAF_CHECK_EQUAL(status(w).stale_dropped, 0u);
  CAF_CHECK_EQUAL(status(w).failures, 1u);
  pass(50ms);
  all_ready(1);
  child_crashes(0);
  CAF_CHECK_EQUAL(status(w).failures, 2u);
}

CAF_TEST(a link goes with its worker) {
  auto w = start_worker(quick());
  auto& c = links.child();
  c.become_ready();
  settle();
  caf::anon_send_exit(w, caf::exit_reason::kill);
  settle();
  caf::anon_send(w, get_worker_status{});
  c.started();
  settle();
  CAF_CHECK_EQUAL(events(owner, worker_event_kind::started).size(), 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()
