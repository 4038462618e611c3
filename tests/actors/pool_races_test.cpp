// SPDX-License-Identifier: Apache-2.0
// What was on its way when something changed, and clocks that others stood before.
#define CAF_SUITE pool_races
#include <leanworker/tests/actors/watched_suite.hpp>

using namespace leanworker;

namespace {

struct race_suite : watched_suite {
  static run_on_lease on(const lease_token& lease, ticket id, std::chrono::milliseconds timeout = {}) {
    run_on_lease request;
    request.lease = lease;
    request.id = id;
    request.body = R"({"id":)" + std::to_string(id) + "}";
    request.request_timeout = timeout;
    return request;
  }
  static submit_request of_kind(ticket id, const std::string& toolchain, priority urgency) {
    auto made = request(id);
    made.key.toolchain = toolchain;
    made.urgency = urgency;
    return made;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(pool_races_tests, race_suite)

CAF_TEST(I24 a request on a lease whose child has just died runs on no other child) {
  auto p = watched_pool(steady(1));
  all_ready(1);
  auto lease = acquire(p, 1);
  links.child(0).crash(); // the pool hears of it after it has sent the request on
  caf::send_as(client_handle, p, on(lease, 2));
  settle();
  CAF_CHECK_EQUAL(answer(2), "child_signalled");
  CAF_CHECK(!result(2)->outcome.work_started);
  CAF_CHECK(result(2)->outcome.retry_safe);
  CAF_CHECK_EQUAL(ended(lease), "child_signalled");
  pass(50ms);
  all_ready(1);
  CAF_CHECK_EQUAL(links.child(0).generation, 1u);
  CAF_CHECK_EQUAL(links.child(0).last_request_id(), 0u);
}

CAF_TEST(a drain keeps its deadline though another clock was to ring before) {
  auto p = watched_pool(steady(1));
  all_ready(1);
  auto lease = acquire(p, 1); // expires after a minute without work
  tell(p, on(lease, 2, 10min));
  pass(30s, 100ms);
  auto drained = self->request(p, caf::infinite, drain_pool{60s});
  settle();
  pass(59s, 100ms);
  CAF_CHECK_EQUAL(answer(2), "-");
  pass(2s, 100ms);
  CAF_CHECK_EQUAL(answer(2), "draining");
  CAF_CHECK_EQUAL(ended(lease), "draining");
  drained.receive([](const pool_drained& m) { CAF_CHECK(!m.complete); }, [](const caf::error&) { CAF_FAIL("no answer"); });
}

CAF_TEST(what waits behind a request that turns out to kill children is not tried any more) {
  auto p = watched_pool(steady(2));
  all_ready(2);
  for (ticket id = 1; id <= 6; ++id) {
    auto killer = request(id);
    killer.fingerprint = 77;
    killer.idempotent = false;
    tell(p, killer);
  }
  submit(p, 7);
  child_crashes(0);
  child_crashes(1);
  pass(50ms);
  all_ready(2);
  for (ticket id = 3; id <= 6; ++id) {
    CAF_CHECK_EQUAL(answer(id), "quarantined");
    CAF_CHECK(given_to(id).empty());
    CAF_CHECK_EQUAL(result(id)->deaths.size(), 2u);
  }
  CAF_CHECK_EQUAL(given_to(7).size(), 1u);
}

CAF_TEST(without a spare a rolling cycle stops at the first child that does not come back) {
  auto config = steady(3);
  config.worker.restart.failed_starts_max = 3;
  config.breaker.failures_max = 3;
  auto p = watched_pool(config);
  all_ready(3);
  CAF_CHECK(order(p, cycle_pool{cycle_scope::rolling, 0}).code == errc::none);
  child(0, [](auto& c) { c.leave(); });
  for (int i = 0; i < 3; ++i) {
    pass(200ms, 10ms); // the back-off
    not_started(0);
  }
  CAF_CHECK_EQUAL(count(pool_event_kind::circuit_opened), 1u);
  CAF_CHECK(!leaving(1) && !leaving(2));
  CAF_CHECK(count(pool_event_kind::cycle_put_off) >= 1u);
  submit(p, 1);
  CAF_CHECK_EQUAL(given_to(1).size(), 1u); // the children that work go on
}

CAF_TEST(without a spare a worn out child works on while children of its kind cannot be started) {
  auto config = steady(2);
  config.cycle.requests_max = 1;
  config.breaker.failures_max = 1;
  config.worker.restart.failed_starts_max = 1;
  auto p = watched_pool(config);
  all_ready(2);
  child_crashes(0);
  pass(50ms);
  not_started(0);
  CAF_CHECK_EQUAL(count(pool_event_kind::circuit_opened), 1u);
  CAF_CHECK_EQUAL(serve(p, 1, 1), "none");
  CAF_CHECK_EQUAL(serve(p, 2, 1), "none"); // its second
  CAF_CHECK(!leaving(1));
  CAF_CHECK_EQUAL(texts(pool_event_kind::cycle_put_off).empty(), false);
}

CAF_TEST(I26 a kind whose only child is held for long gets a place of a kind that always has something waiting) {
  auto config = steady(2);
  config.start_eagerly = false;
  auto p = watched_pool(config);
  acquire_lease wish;
  wish.id = 1000;
  wish.key.toolchain = "b";
  tell(p, wish);
  all_ready(1);
  CAF_CHECK(granted(1000).number != 0);
  for (ticket id = 1; id <= 100; ++id)
    tell(p, of_kind(id, "a", priority::bulk));
  child(1, [](auto& c) { c.become_ready(); });
  tell(p, of_kind(200, "b", priority::interactive));
  int served = 0;
  for (; !leaving(1) && served < 60; ++served) {
    pass(500ms, 50ms);
    child_answers(1);
  }
  CAF_CHECK_EQUAL(served, 20); // one ageing step, of 10 s
  replaced(1);
  CAF_CHECK_EQUAL(given_to(200).size(), 1u);
}

CAF_TEST(children that are kept warm do not keep another kind out for ever) {
  auto p = watched_pool(steady(1));
  all_ready(1);
  prewarm_key warm;
  warm.workers = 1;
  CAF_CHECK(order(p, warm).code == errc::none);
  tell(p, of_kind(1, "b", priority::normal));
  pass(19'999ms, 100ms);
  CAF_CHECK_EQUAL(count(pool_event_kind::evicted), 0u);
  pass(2ms);
  CAF_CHECK_EQUAL(count(pool_event_kind::evicted), 1u); // after two ageing steps
  replaced(0);
  child_answers(0);
  CAF_CHECK_EQUAL(answer(1), "none");
}

CAF_TEST(a child that dies before it can make room for another kind says nothing about that kind) {
  auto config = steady(1);
  config.worker.restart.restarts_max = 0;
  auto p = watched_pool(config);
  all_ready(1);
  links.child(0).crash(); // the pool hears of it, and of the worker's giving up, after it has had the child evicted
  caf::send_as(client_handle, p, of_kind(1, "b", priority::normal));
  settle();
  CAF_CHECK_EQUAL(count(pool_event_kind::evicted), 1u);
  CAF_CHECK_EQUAL(count(pool_event_kind::circuit_opened), 0u);
  CAF_CHECK_EQUAL(answer(1), "-");
  all_ready(1);
  child_answers(0);
  CAF_CHECK_EQUAL(answer(1), "none");
}

CAF_TEST(a pool that grows again takes back what was still to go) {
  auto p = watched_pool(steady(2));
  all_ready(2);
  submit(p, 1);
  submit(p, 2);
  CAF_CHECK(order(p, resize_pool{1}).code == errc::none);
  CAF_CHECK(order(p, resize_pool{2}).code == errc::none);
  CAF_CHECK_EQUAL(numbers(p).slots.size(), 2u);
  child_answers(0);
  child_answers(1);
  CAF_CHECK(!leaving(0) && !leaving(1));
  CAF_CHECK_EQUAL(numbers(p).workers, 2u);
}

CAF_TEST_FIXTURE_SCOPE_END()
