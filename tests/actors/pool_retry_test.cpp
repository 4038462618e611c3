// SPDX-License-Identifier: Apache-2.0
#define CAF_SUITE pool_retry
#include <leanworker/tests/actors/actor_suite.hpp>

using namespace leanworker;

CAF_TEST_FIXTURE_SCOPE(pool_retry_tests, actor_suite)

CAF_TEST(a submission whose worker died is tried on another child) {
  auto p = start_pool(pool_of(2));
  all_ready(2);
  submit(p, 1);
  child_crashes(0);
  CAF_CHECK(given_to(1) == (std::vector<std::uint32_t>{0, 1}));
  CAF_CHECK_EQUAL(answer(1), "-");
  child_answers(1, "ok");
  CAF_CHECK_EQUAL(answer(1), "none");
  CAF_REQUIRE_EQUAL(result(1)->deaths.size(), 1u);
  CAF_CHECK(result(1)->deaths[0].cause == errc::child_signalled);
  CAF_CHECK(each_ended_once(1, 1));
}

CAF_TEST(a submission under which two children died is not tried again and tells of both) {
  auto p = start_pool(pool_of(2));
  all_ready(2);
  submit(p, 1);
  links.child(0).crash("first");
  settle();
  links.child(1).crash("second");
  settle();
  CAF_CHECK_EQUAL(answer(1), "killed_its_worker");
  CAF_REQUIRE_EQUAL(result(1)->deaths.size(), 2u);
  CAF_CHECK_EQUAL(result(1)->deaths[0].stderr_tail, "first");
  CAF_CHECK_EQUAL(result(1)->deaths[1].stderr_tail, "second");
  pass(10s, 10ms);
  CAF_CHECK_EQUAL(given_to(1).size(), 2u);
  CAF_CHECK(each_ended_once(1, 1));
}

CAF_TEST(where one death is one too many there is no second try) {
  auto config = pool_of(2);
  config.quarantine.deaths_max = 1;
  auto p = start_pool(config);
  all_ready(2);
  submit(p, 1);
  child_crashes(0);
  CAF_CHECK_EQUAL(answer(1), "killed_its_worker");
  CAF_CHECK_EQUAL(result(1)->deaths.size(), 1u);
}

CAF_TEST(a submission that is tried again keeps its turn) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  submit(p, 1);
  submit(p, 2);
  child_crashes(0);
  pass(50ms);
  all_ready(1);
  CAF_CHECK_EQUAL(given_to(1).size(), 2u);
  CAF_CHECK(given_to(2).empty());
}

CAF_TEST(a submission past its deadline is not tried again) {
  auto p = start_pool(pool_of(2));
  all_ready(2);
  submit(p, 1);
  pass(3000ms);
  CAF_CHECK_EQUAL(answer(1), "request_timeout");
  child(0, [](auto& c) { c.leave(); });
  pass(10s, 10ms);
  CAF_CHECK_EQUAL(given_to(1).size(), 1u);
  CAF_CHECK(each_ended_once(1, 1));
}

CAF_TEST(T7 a timed out submission stays timed out when nothing can be started any more) {
  auto config = pool_of(1);
  config.worker.restart.failed_starts_max = 1;
  auto p = start_pool(config);
  all_ready(1);
  submit(p, 1);
  pass(3000ms);
  child(0, [](auto& c) { c.leave(); });
  pass(1ms);
  child(0, [](auto& c) { c.down(errc::not_started, exit_status::not_started(2)); });
  CAF_CHECK_EQUAL(answer(1), "request_timeout");
  CAF_CHECK(each_ended_once(1, 1));
}

CAF_TEST(a crash between the grant and the dispatch costs the submission nothing) {
  auto p = start_pool(pool_of(2));
  all_ready(2);
  links.child(0).crash();
  caf::anon_send(p, request(1));
  settle();
  for (int i = 0; i < 3; ++i) {
    pass(50ms);
    for (std::size_t slot : {0, 1})
      if (links.child(slot).last_request_id() == 0)
        links.child(slot).become_ready();
    settle();
  }
  for (std::size_t slot : {0, 1})
    if (links.child(slot).last_request_id() != 0)
      child_answers(slot);
  CAF_CHECK_EQUAL(answer(1), "none");
  CAF_CHECK(result(1)->deaths.empty());
}

CAF_TEST(a submission refused because its worker has just given up goes to another worker) {
  auto config = pool_of(2);
  config.worker.restart.restarts_max = 0;
  auto p = start_pool(config);
  all_ready(2);
  submit(p, 1);
  // The worker of slot 1 gives up while the request is on its way to it.
  child_answers(0);
  submit(p, 2);
  links.child(1).crash();
  caf::anon_send(p, request(3));
  settle();
  child_answers(0);
  child_answers(0);
  CAF_CHECK_EQUAL(answer(2), "none");
  CAF_CHECK_EQUAL(answer(3), "none");
  CAF_CHECK(each_ended_once(1, 3));
}

CAF_TEST(when every worker has given up everything queued and everything later is answered circuit_open) {
  auto config = pool_of(2);
  config.worker.restart.restarts_max = 0;
  auto p = start_pool(config);
  all_ready(2);
  for (ticket id = 1; id <= 6; ++id)
    submit(p, id);
  links.child(0).crash("first");
  settle();
  CAF_CHECK_EQUAL(answer(6), "-");
  links.child(1).crash("second");
  settle();
  for (ticket id = 3; id <= 6; ++id)
    CAF_CHECK_EQUAL(answer(id), "circuit_open");
  CAF_CHECK(each_ended_once(1, 6));
  submit(p, 7);
  CAF_CHECK_EQUAL(answer(7), "circuit_open");
  CAF_CHECK_EQUAL(result(7)->outcome.down.stderr_tail, "second");
}

CAF_TEST(a pool whose children cannot be started answers in the end) {
  auto config = pool_of(2);
  config.worker.restart.failed_starts_max = 2;
  auto p = start_pool(config);
  submit(p, 1);
  for (int i = 0; i < 2; ++i) {
    for (std::size_t slot : {0, 1})
      links.child(slot).down(errc::not_started, exit_status::not_started(2));
    pass(1s, 10ms);
  }
  CAF_CHECK_EQUAL(answer(1), "circuit_open");
  CAF_CHECK(result(1)->outcome.down.cause == errc::not_started);
}

CAF_TEST(a pool without workers answers no_worker) {
  auto p = start_pool(pool_of(0));
  submit(p, 1);
  CAF_CHECK_EQUAL(answer(1), "no_worker");
}

CAF_TEST(a lost link under a submission counts as a death) {
  auto p = start_pool(pool_of(2));
  all_ready(2);
  submit(p, 1);
  child(0, [](auto& c) { c.lose_link(); });
  child_answers(1);
  CAF_CHECK_EQUAL(answer(1), "none");
  CAF_REQUIRE_EQUAL(result(1)->deaths.size(), 1u);
  CAF_CHECK(result(1)->deaths[0].cause == errc::link_lost);
}

CAF_TEST_FIXTURE_SCOPE_END()
