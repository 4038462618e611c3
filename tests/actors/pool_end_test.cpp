// SPDX-License-Identifier: Apache-2.0
// The end of a pool with a deadline, and what the report says about it.
#define CAF_SUITE pool_end
#include <leanworker/tests/actors/watched_suite.hpp>

using namespace leanworker;

namespace {

struct end_suite : watched_suite {
  std::size_t reports() const { return client->count<pool_stopped>(); }
  pool_stopped report() const { return client->all<pool_stopped>().at(0); }
  static exit_status killed() { return exit_status::signalled(9, false); }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(pool_end_tests, end_suite)

CAF_TEST(the report tells of each worker how it ended and of all requests and leases) {
  auto config = steady(5);
  auto p = watched_pool(config);
  all_ready(5);
  auto lease = acquire(p, 1);
  for (ticket id = 2; id <= 5; ++id)
    submit(p, id); // four run
  submit(p, 6);    // and one waits
  child_crashes(given_to(5).at(0)); // its worker is between two generations, and 5 waits again
  tell(p, stop_pool{false, 500ms});
  CAF_CHECK_EQUAL(ended(lease), "shutting_down");
  for (ticket id = 2; id <= 6; ++id)
    CAF_CHECK_EQUAL(answer(id), "shutting_down");
  child(lease.slot, [](auto& c) { c.leave(); });
  child(given_to(2).at(0), [](auto& c) { c.down(errc::child_exited, exit_status::exited(0)); });
  pass(499ms);
  auto slow = given_to(3).at(0);
  CAF_CHECK(links.child(slow).stop_asked() == stop_mode::polite);
  pass(2ms);
  CAF_CHECK(links.child(slow).stop_asked() == stop_mode::firm);
  CAF_CHECK(reports() == 0);
  child(slow, [](auto& c) { c.down(errc::stopped, killed()); });
  CAF_CHECK(reports() == 0);
  pass(60s, 10ms); // the last one is never heard of again
  CAF_REQUIRE_EQUAL(reports(), 1u);
  auto told = report();
  CAF_CHECK_EQUAL(told.workers, 5u);
  CAF_CHECK_EQUAL(told.graceful, 2u);
  CAF_CHECK_EQUAL(told.killed, 1u);
  CAF_CHECK_EQUAL(told.already_down, 1u);
  CAF_CHECK_EQUAL(told.abandoned, 1u);
  CAF_CHECK_EQUAL(told.requests_ended, 5u);
  CAF_CHECK_EQUAL(told.leases_ended, 1u);
  CAF_CHECK(told.elapsed >= 500ms && told.elapsed <= 30s);
  CAF_CHECK(each_ended_once(2, 6));
  CAF_CHECK_EQUAL(seen->back().kind, pool_event_kind::stopped);
}

CAF_TEST(children that leave in time are not hurried and the pool does not wait for its deadline) {
  auto p = watched_pool(steady(2));
  all_ready(2);
  tell(p, stop_pool{false, 10s});
  pass(300ms, 10ms);
  for (std::size_t slot : {0, 1})
    child(slot, [](auto& c) { c.leave(); });
  CAF_REQUIRE_EQUAL(reports(), 1u);
  CAF_CHECK(report().elapsed == 300ms);
  CAF_CHECK_EQUAL(report().graceful, 2u);
  for (std::size_t slot : {0, 1})
    CAF_CHECK(links.child(slot).stop_asked() == stop_mode::polite);
}

CAF_TEST(a second order with an earlier deadline hastens the first and a later one changes nothing) {
  auto p = watched_pool(steady(1));
  all_ready(1);
  tell(p, stop_pool{false, 10s});
  pass(100ms, 10ms);
  tell(p, stop_pool{false, 30s});
  tell(p, stop_pool{false, 400ms});
  pass(399ms);
  CAF_CHECK(links.child().stop_asked() == stop_mode::polite);
  pass(2ms);
  CAF_CHECK(links.child().stop_asked() == stop_mode::firm);
  child(0, [](auto& c) { c.down(errc::stopped, killed()); });
  CAF_REQUIRE_EQUAL(reports(), 1u);
  CAF_CHECK_EQUAL(report().killed, 1u);
}

CAF_TEST(a child that only starts when the pool stops is stopped and told of) {
  auto p = watched_pool(steady(2));
  child(0, [](auto& c) { c.started(); });
  submit(p, 1);
  tell(p, stop_pool{false, 500ms});
  CAF_CHECK_EQUAL(answer(1), "shutting_down");
  CAF_CHECK(!result(1)->outcome.work_started);
  for (std::size_t slot : {0, 1})
    CAF_CHECK(leaving(slot));
  child(0, [](auto& c) { c.leave(); });
  child(1, [](auto& c) { c.down(errc::stopped, killed()); });
  CAF_REQUIRE_EQUAL(reports(), 1u);
  CAF_CHECK_EQUAL(report().graceful, 1u);
  CAF_CHECK_EQUAL(report().killed, 1u);
  CAF_CHECK_EQUAL(report().requests_ended, 1u);
}

CAF_TEST(a pool whose children were never wanted stops at once) {
  auto config = steady(3);
  config.start_eagerly = false;
  auto p = watched_pool(config);
  tell(p, stop_pool{false, 10s});
  CAF_REQUIRE_EQUAL(reports(), 1u);
  CAF_CHECK_EQUAL(report().already_down, 3u);
  CAF_CHECK(report().elapsed == 0ms);
  CAF_CHECK_EQUAL(links.slots(), 0u);
}

CAF_TEST_FIXTURE_SCOPE_END()
