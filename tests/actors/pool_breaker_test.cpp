// SPDX-License-Identifier: Apache-2.0
// The circuit breaker of a kind of child that cannot be started.
#define CAF_SUITE pool_breaker
#include <leanworker/tests/actors/watched_suite.hpp>

using namespace leanworker;

namespace {

struct breaker_suite : watched_suite {
  static pool_config fragile(unsigned workers) {
    auto config = steady(workers);
    config.start_eagerly = false;
    config.breaker.failures_max = 2;
    config.breaker.open_initial = 1000ms;
    return config;
  }
  void submit_broken(const pool_actor& p, ticket id) {
    auto wanted = request(id);
    wanted.key.toolchain = "broken";
    tell(p, wanted);
  }
  /// Two failed starts in a row.
  void open_circuit(const pool_actor& p) {
    submit_broken(p, 1);
    not_started(0);
    CAF_CHECK_EQUAL(answer(1), "-"); // one is borne
    pass(50ms);
    not_started(0);
    CAF_REQUIRE_EQUAL(answer(1), "circuit_open");
  }
  std::string breaker(const pool_actor& p) {
    auto all = numbers(p).breakers;
    return all.empty() ? "closed" : all.at(0).state;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(pool_breaker_tests, breaker_suite)

CAF_TEST(it opens after its number of failed starts and refuses with the last failure and a time) {
  auto p = watched_pool(fragile(1));
  open_circuit(p);
  CAF_CHECK(result(1)->outcome.down.cause == errc::not_started);
  CAF_CHECK(!result(1)->outcome.work_started);
  CAF_CHECK(result(1)->outcome.retry_safe);
  auto known = numbers(p).breakers;
  CAF_REQUIRE_EQUAL(known.size(), 1u);
  CAF_CHECK_EQUAL(known[0].state, "open");
  CAF_CHECK_EQUAL(known[0].child, "toolchain=broken");
  CAF_CHECK_EQUAL(known[0].failures, 2u);
  CAF_CHECK(known[0].retry_after == 1000ms);
  CAF_CHECK(!known[0].last_failure.empty());
  pass(400ms);
  acquire_lease wish;
  wish.id = 2;
  wish.key.toolchain = "broken";
  tell(p, wish);
  auto refusal = client->all<lease_refused>().at(0);
  CAF_CHECK(refusal.code == errc::circuit_open);
  CAF_CHECK(refusal.retry_after == 600ms);
  CAF_CHECK(refusal.last_failure.cause == errc::not_started);
  submit_broken(p, 3);
  CAF_CHECK_EQUAL(answer(3), "circuit_open");
  CAF_CHECK(result(3)->outcome.retry_after == 600ms);
  CAF_CHECK_EQUAL(links.children().size(), 2u); // nothing was started for it
  CAF_CHECK_EQUAL(shown(p).state, slot_state::empty);
}

CAF_TEST(a probe that fails makes the next time longer and one that succeeds closes it) {
  auto p = watched_pool(fragile(1));
  open_circuit(p);
  for (auto [id, open] : {std::pair{ticket{2}, 1000ms}, {ticket{3}, 2000ms}, {ticket{4}, 4000ms}}) {
    auto before = links.children().size();
    pass(open - 1ms);
    submit_broken(p, 10 * id);
    CAF_CHECK_EQUAL(answer(10 * id), "circuit_open");
    pass(1ms);
    CAF_CHECK_EQUAL(breaker(p), "half_open");
    CAF_CHECK_EQUAL(links.children().size(), before); // without anybody who waits there is no probe
    submit_broken(p, id);
    CAF_CHECK_EQUAL(links.children().size(), before + 1);
    not_started(0);
    CAF_CHECK_EQUAL(answer(id), "circuit_open");
    CAF_CHECK_EQUAL(breaker(p), "open");
  }
  pass(8s, 10ms);
  submit_broken(p, 5);
  child(0, [](auto& c) { c.become_ready(); });
  CAF_CHECK_EQUAL(breaker(p), "closed");
  child_answers(0);
  CAF_CHECK_EQUAL(answer(5), "none");
  CAF_CHECK_EQUAL(count(pool_event_kind::circuit_opened), 4u);
  CAF_CHECK_EQUAL(count(pool_event_kind::circuit_closed), 1u);
  // It begins from nothing: one failure is borne again.
  child_crashes(0);
  pass(50ms);
  not_started(0);
  CAF_CHECK_EQUAL(breaker(p), "closed");
}

CAF_TEST(one probe is sent however many wait and however many workers are free) {
  auto p = watched_pool(fragile(3));
  open_circuit(p);
  pass(1000ms);
  auto before = links.children().size();
  for (ticket id = 2; id <= 6; ++id)
    submit_broken(p, id);
  CAF_CHECK_EQUAL(links.children().size(), before + 1);
  CAF_CHECK_EQUAL(answer(6), "-"); // they wait for the probe
  links.children().back()->become_ready();
  settle();
  CAF_CHECK_EQUAL(links.children().size(), before + 3);
  CAF_CHECK_EQUAL(given_to(2).size(), 1u);
}

CAF_TEST(the only slot serves another kind of child while the circuit of the first is open) {
  auto p = watched_pool(fragile(1));
  submit_broken(p, 1);
  submit(p, 2);
  not_started(0);
  pass(50ms);
  not_started(0);
  CAF_CHECK_EQUAL(answer(1), "circuit_open");
  child(0, [](auto& c) { c.become_ready(); });
  child_answers(0);
  CAF_CHECK_EQUAL(answer(2), "none");
  submit_broken(p, 3);
  CAF_CHECK_EQUAL(answer(3), "circuit_open");
  CAF_CHECK_EQUAL(serve(p, 4), "none");
}

CAF_TEST(a child that never came to life counts also after one that did) {
  auto config = fragile(1);
  config.worker.restart.failed_starts_max = 100;
  auto p = watched_pool(config);
  submit(p, 1);
  all_ready(1);
  child_answers(0);
  child_crashes(0);
  submit(p, 2);
  pass(50ms);
  not_started(0);
  CAF_CHECK_EQUAL(breaker(p), "closed");
  pass(100ms);
  not_started(0);
  CAF_CHECK_EQUAL(breaker(p), "open");
  CAF_CHECK_EQUAL(answer(2), "circuit_open");
}

CAF_TEST(failures of all workers of a kind count together) {
  auto config = fragile(2);
  config.breaker.failures_max = 3;
  auto p = watched_pool(config);
  submit_broken(p, 1);
  submit_broken(p, 2);
  CAF_REQUIRE_EQUAL(links.slots(), 2u);
  not_started(0);
  not_started(1);
  CAF_CHECK_EQUAL(breaker(p), "closed");
  pass(50ms);
  not_started(0);
  CAF_CHECK_EQUAL(breaker(p), "open");
  child(1, [](auto& c) {
    if (c.live())
      c.leave(); // it was told to: what cannot start now will not start by trying on
  });
  CAF_CHECK_EQUAL(answer(1), "circuit_open");
  CAF_CHECK_EQUAL(answer(2), "circuit_open");
  CAF_CHECK_EQUAL(shown(p, 1).state, slot_state::empty);
}

CAF_TEST_FIXTURE_SCOPE_END()
