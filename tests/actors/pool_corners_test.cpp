// SPDX-License-Identifier: Apache-2.0
// What happens when two things come together: a cancel and a limit, a crash and a replacement, pressure and a start, two kinds of child and one place.
#define CAF_SUITE pool_corners
#include <leanworker/tests/actors/watched_suite.hpp>

using namespace leanworker;

namespace {

struct corner_suite : watched_suite {
  static submit_request of_kind(ticket id, const std::string& toolchain, priority urgency = priority::normal) {
    auto made = request(id);
    made.key.toolchain = toolchain;
    made.urgency = urgency;
    return made;
  }
  /// One place, and a line of requests for one kind that is never empty.
  pool_actor busy_with_a(priority urgency) {
    auto config = steady(1);
    config.start_eagerly = false;
    auto p = watched_pool(config);
    for (ticket id = 1; id <= 100; ++id)
      tell(p, of_kind(id, "a", urgency));
    all_ready(1);
    return p;
  }
  /// A budget of 1000 MiB for two children, both warm.
  pool_actor two_under_budget() {
    auto config = steady(2);
    config.memory.budget_bytes = 1000ull << 20;
    config.memory.reservation_bytes = 100ull << 20;
    auto p = watched_pool(config);
    all_ready(2);
    return p;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(pool_corners_tests, corner_suite)

CAF_TEST(a lease whose child is due and still settles a cancelled request gets nothing more) {
  auto config = steady(1);
  config.cycle.requests_max = 1;
  auto p = watched_pool(config);
  all_ready(1);
  auto lease = acquire(p, 1);
  run(p, lease, 2);
  tell(p, cancel_submission{2});
  CAF_CHECK_EQUAL(answer(2), "cancelled");
  run(p, lease, 3);
  CAF_CHECK_EQUAL(answer(3), "cycled");
  CAF_CHECK_EQUAL(ended(lease), "cycled");
  CAF_CHECK_EQUAL(links.child(0).sent(frame_kind::request).size(), 1u);
  child(0, [](auto& c) { c.refuse(2, "{}"); });
  CAF_CHECK(leaving(0));
  CAF_CHECK_EQUAL(client->all<lease_ended>().size(), 1u);
}

CAF_TEST(I26 a kind that always has something waiting does not keep the only place from a more urgent one) {
  auto p = busy_with_a(priority::bulk);
  tell(p, of_kind(200, "b", priority::interactive));
  child_answers(0);
  CAF_CHECK_EQUAL(texts(pool_event_kind::evicted).empty(), false);
  replaced(0);
  CAF_CHECK_EQUAL(given_to(200).size(), 1u);
}

CAF_TEST(I26 a kind without a child is passed by those of its class only so many times) {
  auto p = busy_with_a(priority::normal);
  tell(p, of_kind(200, "b"));
  tell(p, of_kind(300, "a"));
  // Those that came before it go first, whatever their kind: then the one that came after may pass it, but not for ever.
  for (ticket id = 301; id <= 330; ++id)
    tell(p, of_kind(id, "a"));
  int served = 0;
  while (!leaving(0) && ++served < 200)
    child_answers(0);
  CAF_CHECK_EQUAL(served, 116);
  replaced(0);
  CAF_CHECK_EQUAL(given_to(200).size(), 1u);
}

CAF_TEST(timers do not multiply while leases and waiters are there) {
  auto config = steady(2);
  auto p = watched_pool(config);
  all_ready(2);
  auto lease = acquire(p, 1);
  acquire(p, 2);
  acquire(p, 3);
  for (int minute = 0; minute < 60; ++minute) {
    pass(60s, 1s);
    tell(p, renew_lease{lease});
    acquire(p, static_cast<ticket>(100 + minute)); // somebody waits at all times
  }
  CAF_CHECK(sched.clock().schedule().size() < 100);
}

CAF_TEST(the memory of a child that has died is free and is no reason to kill another) {
  auto p = two_under_budget();
  measure(p, 1, 100);
  submit(p, 1);
  auto victim = static_cast<std::size_t>(given_to(1).at(0));
  measure(p, static_cast<std::uint32_t>(victim), 800);
  child_crashes(victim); // by itself; the next generation comes after its back-off
  measure(p, static_cast<std::uint32_t>(1 - victim), 150);
  CAF_CHECK_EQUAL(count(pool_event_kind::worker_killed), 0u);
  CAF_CHECK_EQUAL(numbers(p).memory.used_bytes, 150ull << 20);
}

CAF_TEST(a child that is killed for memory comes back only where memory admits it) {
  auto p = two_under_budget();
  submit(p, 1);
  submit(p, 2);
  measure(p, 0, 500);
  measure(p, 1, 460);
  auto victim = links.child(0).stop_asked() == stop_mode::hard ? 0u : 1u;
  CAF_REQUIRE(links.child(victim).stop_asked() == stop_mode::hard);
  auto generation = links.child(victim).generation;
  child(victim, [](auto& c) { c.down(errc::stopped, exit_status::signalled(9, false)); });
  measure(p, 1 - victim, 500);
  pass(10s, 100ms);
  CAF_CHECK_EQUAL(links.child(victim).generation, generation); // 500 and as much again are too much
  CAF_CHECK_EQUAL(count(pool_event_kind::worker_killed), 1u);
}

CAF_TEST(a child that is told to go while it starts goes when it is ready) {
  auto config = steady(1);
  config.cycle.idle = 500ms;
  auto p = watched_pool(config);
  all_ready(1);
  CAF_CHECK(order(p, cycle_pool{cycle_scope::one, 0}).code == errc::none);
  child(0, [](auto& c) { c.leave(); });
  CAF_CHECK(order(p, cycle_pool{cycle_scope::one, 0}).code == errc::none); // as new as it can be
  child(0, [](auto& c) { c.become_ready(); });
  CAF_CHECK(!leaving(0));
  CAF_CHECK_EQUAL(serve(p, 1), "none");
}

CAF_TEST(an idle child of another kind goes where memory has no room for a wanted one although a place is free) {
  auto config = steady(2);
  config.start_eagerly = false;
  config.memory.budget_bytes = 1000ull << 20;
  auto p = watched_pool(config);
  tell(p, of_kind(1, "a"));
  all_ready(1);
  child_answers(0);
  measure(p, 0, 700);
  tell(p, of_kind(2, "b"));
  CAF_CHECK_EQUAL(count(pool_event_kind::evicted), 1u);
  CAF_CHECK(leaving(0));
  replaced(0);
  CAF_CHECK_EQUAL(given_to(2).size(), 1u);
}

CAF_TEST(a child that died and came again before its replacement goes all the same) {
  auto config = steady(1);
  config.spares = 1;
  auto p = watched_pool(config);
  all_ready(1);
  CAF_CHECK(order(p, cycle_pool{cycle_scope::one, 0}).code == errc::none);
  child_crashes(0);
  pass(100ms, 10ms);
  child(0, [](auto& c) { c.become_ready(); });
  child(1, [](auto& c) { c.become_ready(); });
  CAF_CHECK(leaving(0));
  child(0, [](auto& c) { c.leave(); });
  pass(1s, 100ms);
  CAF_CHECK_EQUAL(links.live(0), 0u);
  CAF_CHECK_EQUAL(serve(p, 1, 1), "none");
}

CAF_TEST(a cancel that meets the death of its child is not tried again) {
  auto p = watched_pool(steady(1));
  all_ready(1);
  submit(p, 1); // idempotent
  links.child(0).crash();
  caf::send_as(client_handle, p, cancel_submission{1}); // before anybody has heard of the crash
  settle();
  pass(1s, 10ms);
  if (links.live(0) != 0)
    child(0, [](auto& c) { c.become_ready(); });
  CAF_CHECK_EQUAL(given_to(1).size(), 1u);
  CAF_CHECK(each_ended_once(1, 1));
}

CAF_TEST(durations without end are no end at once) {
  auto p = watched_pool(steady(1));
  all_ready(1);
  acquire_lease wish;
  wish.id = 1;
  wish.expiry = std::chrono::milliseconds::max();
  tell(p, wish);
  auto lease = granted(1);
  pass(10s, 1s);
  CAF_CHECK_EQUAL(ended(lease), "");
  run_on_lease long_one;
  long_one.lease = lease;
  long_one.id = 2;
  long_one.body = "{}";
  long_one.request_timeout = std::chrono::milliseconds::max();
  tell(p, long_one);
  auto drained = self->request(p, caf::infinite, drain_pool{std::chrono::milliseconds::max()});
  settle();
  pass(10s, 1s);
  CAF_CHECK_EQUAL(answer(2), "-");
  child_answers(0);
  CAF_CHECK_EQUAL(answer(2), "none");
  tell(p, release_lease{lease});
  drained.receive([](const pool_drained& m) { CAF_CHECK(m.complete); }, [](const caf::error&) { CAF_FAIL("no answer"); });
}

CAF_TEST(a refusal for want of a child tells how the last one of that kind ended and of no other) {
  auto config = steady(2);
  config.start_eagerly = false;
  config.breaker.failures_max = 1;
  config.breaker.open_initial = 60s;
  auto p = watched_pool(config);
  tell(p, of_kind(1, "broken"));
  not_started(0);
  CAF_CHECK_EQUAL(answer(1), "circuit_open");
  auto good = of_kind(2, "good");
  good.idempotent = false;
  tell(p, good);
  auto place = links.slots() - 1;
  child(place, [](auto& c) { c.become_ready(); });
  child(place, [](auto& c) { c.crash("secrets of another project"); });
  CAF_CHECK_EQUAL(answer(2), "child_signalled");
  tell(p, of_kind(3, "broken"));
  CAF_CHECK_EQUAL(answer(3), "circuit_open");
  CAF_CHECK(result(3)->outcome.down.cause == errc::not_started);
  CAF_CHECK_EQUAL(result(3)->outcome.down.stderr_tail, "");
}

CAF_TEST(a rolling cycle tells of children that go on and goes on to the next) {
  auto config = steady(2);
  config.spares = 1;
  config.breaker.failures_max = 1;
  config.breaker.open_initial = 60s;
  auto p = watched_pool(config);
  all_ready(2);
  CAF_CHECK(order(p, cycle_pool{cycle_scope::one, 0}).code == errc::none);
  not_started(2);
  CAF_CHECK(order(p, cycle_pool{cycle_scope::rolling, 0}).code == errc::circuit_open);
  CAF_CHECK_EQUAL(count(pool_event_kind::cycle_put_off), 2u);
  CAF_CHECK(!leaving(0));
  CAF_CHECK(!leaving(1));
}

CAF_TEST_FIXTURE_SCOPE_END()
