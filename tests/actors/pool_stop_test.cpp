// SPDX-License-Identifier: Apache-2.0
#define CAF_SUITE pool_stop
#include <leanworker/tests/actors/actor_suite.hpp>

using namespace leanworker;

namespace {

struct stopping_suite : actor_suite {
  pool_actor p = start_pool(pool_of(2));
  stopping_suite() { all_ready(2); }
  void all_leave() {
    for (std::size_t slot : {0, 1})
      if (links.child(slot).live())
        links.child(slot).leave();
    settle();
  }
  std::size_t stopped() const { return client->count<pool_stopped>(); }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(pool_stop_tests, stopping_suite)

CAF_TEST(an idle pool asks its children to leave and says when they have) {
  tell(p, stop_pool{});
  for (std::size_t slot : {0, 1})
    CAF_CHECK(links.child(slot).stop_asked() == stop_mode::polite);
  CAF_CHECK_EQUAL(stopped(), 0u);
  child(0, [](auto& c) { c.leave(); });
  CAF_CHECK_EQUAL(stopped(), 0u);
  child(1, [](auto& c) { c.leave(); });
  CAF_CHECK_EQUAL(stopped(), 1u);
  auto report = std::get<pool_stopped>(client->heard.back());
  CAF_CHECK_EQUAL(report.workers, 2u);
  CAF_CHECK_EQUAL(report.graceful, 2u);
  CAF_CHECK_EQUAL(report.killed + report.already_down + report.abandoned, 0u);
}

CAF_TEST(what is queued or running ends with shutting_down and nothing new is taken) {
  for (ticket id = 1; id <= 5; ++id)
    submit(p, id);
  tell(p, stop_pool{});
  submit(p, 6);
  for (ticket id = 1; id <= 6; ++id)
    CAF_CHECK_EQUAL(answer(id), "shutting_down");
  CAF_CHECK(result(1)->outcome.work_started);
  CAF_CHECK(!result(5)->outcome.work_started);
  all_leave();
  CAF_CHECK(each_ended_once(1, 6));
  CAF_CHECK_EQUAL(stopped(), 1u);
}

CAF_TEST(stopping twice is stopping once and firmly may follow politely) {
  tell(p, stop_pool{});
  tell(p, stop_pool{});
  tell(p, stop_pool{true});
  for (std::size_t slot : {0, 1})
    CAF_CHECK(links.child(slot).stop_asked() == stop_mode::firm);
  all_leave();
  CAF_CHECK_EQUAL(stopped(), 1u);
  pass(60s, 100ms);
  CAF_CHECK_EQUAL(links.children().size(), 2u);
}

CAF_TEST(T29 a child that crashes while the pool stops is not followed by another) {
  submit(p, 1);
  tell(p, stop_pool{});
  child_crashes(0);
  child(1, [](auto& c) { c.leave(); });
  pass(60s, 100ms);
  CAF_CHECK_EQUAL(links.children().size(), 2u);
  CAF_CHECK_EQUAL(answer(1), "shutting_down");
  CAF_CHECK_EQUAL(stopped(), 1u);
}

CAF_TEST(a worker between two generations is stopped without starting another) {
  child_crashes(0);
  tell(p, stop_pool{});
  child(1, [](auto& c) { c.leave(); });
  CAF_CHECK_EQUAL(stopped(), 1u);
  pass(60s, 100ms);
  CAF_CHECK_EQUAL(links.children().size(), 2u);
}

CAF_TEST(a child that never leaves is given up for lost and the pool still stops) {
  tell(p, stop_pool{});
  child(0, [](auto& c) { c.leave(); });
  pass(5001ms);
  CAF_CHECK_EQUAL(stopped(), 1u);
}

CAF_TEST(the death of the client stops the pool firmly) {
  submit(p, 1);
  caf::anon_send_exit(client_handle, caf::exit_reason::kill);
  settle();
  for (std::size_t slot : {0, 1})
    CAF_CHECK(links.child(slot).stop_asked() == stop_mode::firm);
  all_leave();
  pass(60s, 100ms);
  CAF_CHECK_EQUAL(links.children().size(), 2u);
}

CAF_TEST(the violent death of the pool takes its workers with it) {
  auto& a = links.child(0);
  auto& b = links.child(1);
  caf::anon_send_exit(p, caf::exit_reason::kill);
  settle();
  // Nobody is left who would start another generation.
  a.crash();
  b.crash();
  pass(60s, 100ms);
  CAF_CHECK_EQUAL(links.children().size(), 2u);
}

CAF_TEST(the death of one worker actor is not the death of the pool and its slot goes on) {
  submit(p, 1);
  submit(p, 2);
  CAF_CHECK(given_to(1) == std::vector<std::uint32_t>{0});
  caf::anon_send_exit(links.child(0).worker(), caf::exit_reason::kill);
  settle();
  // The request is tried again; the worker that goes on with the slot is the third one that the links see.
  CAF_CHECK_EQUAL(answer(1), "-");
  CAF_REQUIRE_EQUAL(links.slots(), 3u);
  CAF_CHECK_EQUAL(links.child(2).generation, 1u);
  child(2, [](auto& c) { c.become_ready(); });
  child_answers(2);
  CAF_CHECK_EQUAL(answer(1), "none");
  CAF_CHECK(result(1)->deaths.at(0).cause == errc::link_lost);
  child_answers(1);
  CAF_CHECK_EQUAL(answer(2), "none");
  tell(p, stop_pool{});
  child(1, [](auto& c) { c.leave(); });
  child(2, [](auto& c) { c.leave(); });
  CAF_CHECK_EQUAL(stopped(), 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()
