// SPDX-License-Identifier: Apache-2.0
// Make before break: a planned replacement is started in a spare slot before the old child goes. What happens when it does not come.
#define CAF_SUITE pool_replace
#include <leanworker/tests/actors/watched_suite.hpp>

using namespace leanworker;

namespace {

struct replace_suite : watched_suite {
  /// Worker i is slot i; the spare comes after them.
  pool_actor spared_pool(unsigned workers, pool_config config = steady(1)) {
    config.workers = workers;
    config.spares = 1;
    auto p = watched_pool(config);
    all_ready(workers);
    return p;
  }
  errc cycle(const pool_actor& p, std::uint32_t slot) { return order(p, cycle_pool{cycle_scope::one, slot}).code; }
  /// Slots that take work.
  std::vector<std::uint32_t> workers(const pool_actor& p) {
    std::vector<std::uint32_t> found;
    for (const auto& slot : numbers(p).slots)
      if (!slot.spare && slot.state != slot_state::closed)
        found.push_back(slot.slot);
    return found;
  }
};
using slots = std::vector<std::uint32_t>;

} // namespace

CAF_TEST_FIXTURE_SCOPE(pool_replace_tests, replace_suite)

CAF_TEST(a replacement that fails to start is tried again and meanwhile the old child serves) {
  auto p = spared_pool(1);
  CAF_CHECK(cycle(p, 0) == errc::none);
  for (ticket id = 1; id <= 3; ++id) {
    not_started(1);
    CAF_CHECK(!leaving(0));
    CAF_CHECK_EQUAL(serve(p, id), "none");
    CAF_CHECK_EQUAL(result(id)->outcome.worker, 0u);
    pass(500ms, 10ms);
  }
  submit(p, 4);
  child(1, [](auto& c) { c.become_ready(); });
  CAF_CHECK(!leaving(0)); // it runs 4
  CAF_CHECK(workers(p) == slots{1});
  child_answers(0);
  CAF_CHECK_EQUAL(answer(4), "none");
  CAF_CHECK(links.child(0).stop_asked() == stop_mode::polite);
  submit(p, 5);
  child_answers(1);
  CAF_CHECK_EQUAL(result(5)->outcome.worker, 1u);
  child(0, [](auto& c) { c.leave(); });
  CAF_CHECK(each_ended_once(1, 5));
  CAF_CHECK_EQUAL(links.live(0), 0u);
}

CAF_TEST(when no replacement can be started the old child goes on with its lease and its end is decided anew) {
  auto config = steady(1);
  config.cycle.requests_max = 1;
  auto p = spared_pool(1, config);
  auto lease = acquire(p, 1);
  run(p, lease, 2);
  child_answers(0);
  run(p, lease, 3); // due: the replacement is started, and the old child goes on
  child_answers(0);
  CAF_CHECK_EQUAL(answer(3), "none");
  for (int i = 0; i < 5; ++i) {
    not_started(1);
    pass(1s, 10ms);
  }
  CAF_CHECK_EQUAL(shown(p).cycle_reason, "");
  CAF_CHECK_EQUAL(numbers(p).breakers.size(), 1u);
  run(p, lease, 4);
  child_answers(0);
  CAF_CHECK_EQUAL(answer(4), "none");
  CAF_CHECK_EQUAL(ended(lease), "");
  CAF_CHECK(!leaving(0));
}

CAF_TEST(while the circuit is open nothing that works is replaced and the operator is told) {
  auto config = steady(1);
  config.breaker.failures_max = 1;
  config.breaker.open_initial = 10s;
  auto p = spared_pool(1, config);
  CAF_CHECK(cycle(p, 0) == errc::none);
  not_started(1);
  CAF_CHECK(cycle(p, 0) == errc::circuit_open);
  CAF_CHECK(cycle(p, 0) == errc::circuit_open);
  CAF_CHECK_EQUAL(texts(pool_event_kind::cycle_put_off), "asked");
  CAF_CHECK_EQUAL(serve(p, 1), "none");
  pass(10s, 100ms);
  CAF_CHECK(cycle(p, 0) == errc::none); // its replacement is the probe
  CAF_CHECK(cycle(p, 0) == errc::none);
  child(1, [](auto& c) { c.become_ready(); });
  CAF_CHECK(leaving(0));
  CAF_CHECK(numbers(p).breakers.empty());
  CAF_CHECK_EQUAL(serve(p, 2, 1), "none");
}

CAF_TEST(a replacement that was called off because of others is not waited for) {
  auto config = steady(2);
  config.breaker.failures_max = 2;
  auto p = spared_pool(2, config);
  submit(p, 1);
  auto busy = given_to(1).at(0);
  auto other = 1 - busy;
  CAF_CHECK(cycle(p, busy) == errc::none);
  CAF_REQUIRE_EQUAL(links.slots(), 3u);
  child_crashes(other);
  pass(50ms);
  not_started(other);
  pass(100ms, 10ms);
  not_started(other);
  CAF_REQUIRE_EQUAL(numbers(p).breakers.size(), 1u);
  CAF_REQUIRE(leaving(2)); // what cannot start now is not tried on
  child(2, [](auto& c) { c.leave(); });
  child_answers(busy);
  CAF_CHECK(!leaving(busy));
  pass(2s, 10ms);
  CAF_CHECK(cycle(p, busy) == errc::none);
  CAF_REQUIRE(links.live(2) == 1u);
  child(2, [](auto& c) { c.become_ready(); });
  CAF_CHECK(leaving(busy));
  CAF_CHECK_EQUAL(serve(p, 2, 2), "none");
}

CAF_TEST(a replacement whose worker is lost while it starts is not waited for) {
  for (bool spawned : {false, true}) {
    replace_suite world;
    auto p = world.spared_pool(1);
    CAF_CHECK(world.cycle(p, 0) == errc::none);
    if (spawned)
      world.child(1, [](auto& c) { c.started(); });
    caf::anon_send_exit(world.links.child(1).worker(), caf::exit_reason::kill);
    world.settle();
    CAF_CHECK_EQUAL(world.serve(p, 1), "none");
    CAF_CHECK(world.cycle(p, 0) == errc::none);
    CAF_REQUIRE_EQUAL(world.links.slots(), 3u); // the next worker of the spare slot
    world.child(2, [](auto& c) { c.become_ready(); });
    CAF_CHECK(world.leaving(0));
    CAF_CHECK_EQUAL(world.serve(p, 2, 2), "none");
  }
}

CAF_TEST(a replacement that dies while it is warmed up shows that children start so the old one goes without it) {
  auto config = steady(1);
  config.spares = 1;
  auto spec = spec_of(config);
  spec.warm_up = [](const session_key&) { return "open"; };
  auto p = watched_pool(std::move(spec));
  all_ready(1);
  submit(p, 1, "Lean");
  child_answers(0);
  CAF_CHECK(cycle(p, 0) == errc::none);
  child(1, [](auto& c) { c.become_ready(); });
  CAF_CHECK_EQUAL(links.child(1).sent(frame_kind::request).size(), 1u);
  CAF_CHECK(!leaving(0));
  child_crashes(1);
  CAF_CHECK(leaving(0));
  submit(p, 2, "Lean");
  replaced(0);
  child_answers(0);
  CAF_CHECK_EQUAL(answer(2), "none");
  CAF_CHECK(workers(p) == slots{0});
}

CAF_TEST(an old child that dies before its replacement is ready costs one child and no request) {
  auto p = spared_pool(1);
  submit(p, 1);
  CAF_CHECK(cycle(p, 0) == errc::none);
  child_crashes(0);
  child(1, [](auto& c) { c.become_ready(); });
  CAF_CHECK(given_to(1) == (slots{0, 1}));
  child_answers(1);
  CAF_CHECK_EQUAL(answer(1), "none");
  CAF_CHECK(workers(p) == slots{1});
  pass(5s, 10ms);
  CAF_CHECK_EQUAL(links.live(0), 0u); // it is the spare now
}

CAF_TEST(a pool that is made smaller while a replacement comes has the wanted number of workers) {
  auto p = spared_pool(2);
  CAF_CHECK(cycle(p, 1) == errc::none);
  CAF_REQUIRE_EQUAL(links.slots(), 3u);
  CAF_CHECK(order(p, resize_pool{1}).code == errc::none);
  child(2, [](auto& c) { c.become_ready(); });
  for (std::size_t slot : {1, 2})
    if (links.child(slot).live() && leaving(slot))
      child(slot, [](auto& c) { c.leave(); });
  CAF_CHECK(workers(p) == slots{0});
  CAF_CHECK_EQUAL(numbers(p).workers, 1u);
  CAF_CHECK_EQUAL(links.live(1) + links.live(2), 0u);
  CAF_CHECK(cycle(p, 0) == errc::none); // the spare is there for others
  CAF_CHECK_EQUAL(links.live(2), 1u);
}

CAF_TEST(a lease on a child that is replaced ends when its replacement is ready and nothing runs) {
  auto p = spared_pool(1);
  auto lease = acquire(p, 1);
  CAF_CHECK(cycle(p, 0) == errc::none);
  run(p, lease, 2);
  CAF_CHECK_EQUAL(ended(lease), "");
  child(1, [](auto& c) { c.become_ready(); });
  CAF_CHECK_EQUAL(ended(lease), "");
  child_answers(0);
  CAF_CHECK_EQUAL(answer(2), "none");
  CAF_CHECK_EQUAL(ended(lease), "cycled");
  CAF_CHECK(leaving(0));
  CAF_CHECK_EQUAL(acquire(p, 3).slot, 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()
