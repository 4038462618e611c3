// SPDX-License-Identifier: Apache-2.0
#define CAF_SUITE pool_admin
#include <leanworker/tests/actors/lease_suite.hpp>

using namespace leanworker;

CAF_TEST_FIXTURE_SCOPE(pool_admin_tests, lease_suite)

CAF_TEST(pause holds work back resume gives it out and draining refuses what is new) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  tell(p, pause_pool{});
  submit(p, 1);
  CAF_CHECK(given_to(1).empty());
  tell(p, resume_pool{});
  CAF_CHECK_EQUAL(given_to(1).size(), 1u);
  auto drained = self->request(p, caf::infinite, drain_pool{1000ms});
  settle();
  submit(p, 2);
  CAF_CHECK_EQUAL(answer(2), "draining");
  child_answers(0);
  drained.receive([](const pool_drained& m) { CAF_CHECK(m.complete); }, [](const caf::error&) { CAF_FAIL("no answer"); });
  tell(p, resume_pool{});
  submit(p, 3);
  CAF_CHECK_EQUAL(given_to(3).size(), 1u);
}

CAF_TEST(a drain that is called off is answered and a paused pool drains too) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  auto lease = acquire(p, 1);
  auto called_off = self->request(p, caf::infinite, drain_pool{60s});
  settle();
  tell(p, resume_pool{});
  called_off.receive([](const pool_drained& m) { CAF_CHECK(!m.complete); }, [](const caf::error&) { CAF_FAIL("no answer"); });
  tell(p, pause_pool{});
  auto drained = self->request(p, caf::infinite, drain_pool{60s});
  settle();
  tell(p, release_lease{lease});
  drained.receive([](const pool_drained& m) { CAF_CHECK(m.complete); }, [](const caf::error&) { CAF_FAIL("no answer"); });
}

CAF_TEST(at its deadline a drain ends what is left) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  auto lease = acquire(p, 1);
  submit(p, 2);
  auto drained = self->request(p, caf::infinite, drain_pool{500ms});
  settle();
  pass(510ms, 5ms);
  CAF_CHECK_EQUAL(ended(lease), "draining");
  CAF_CHECK_EQUAL(answer(2), "draining");
  drained.receive([](const pool_drained& m) { CAF_CHECK(!m.complete && m.ended >= 2u); }, [](const caf::error&) { CAF_FAIL("no answer"); });
}

CAF_TEST(a rolling cycle replaces one after the other and loses nothing) {
  auto p = start_pool(pool_of(2));
  all_ready(2);
  submit(p, 1);
  CAF_CHECK(order(p, cycle_pool{cycle_scope::rolling, 0}).code == errc::none);
  // The busy one goes first, when it is done; the other one waits for it.
  CAF_CHECK(!links.child(1).stop_asked());
  child_answers(0);
  CAF_CHECK_EQUAL(answer(1), "none");
  CAF_CHECK(links.child(0).stop_asked() == stop_mode::polite);
  CAF_CHECK(!links.child(1).stop_asked());
  child(0, [](auto& c) { c.leave(); });
  CAF_CHECK(!links.child(1).stop_asked());
  links.child(0).become_ready();
  settle();
  CAF_CHECK(links.child(1).stop_asked() == stop_mode::polite);
}

CAF_TEST(with a spare the replacement is ready before the old child goes) {
  auto config = pool_of(1);
  config.spares = 1;
  auto p = start_pool(config);
  all_ready(1);
  CAF_CHECK(order(p, cycle_pool{cycle_scope::all, 0}).code == errc::none);
  CAF_REQUIRE_EQUAL(links.slots(), 2u);
  CAF_CHECK(!links.child(0).stop_asked());
  submit(p, 1);
  CAF_CHECK(given_to(1) == std::vector<std::uint32_t>{0});
  child_answers(0);
  links.child(1).become_ready();
  settle();
  CAF_CHECK(links.child(0).stop_asked() == stop_mode::polite);
  submit(p, 2);
  CAF_CHECK(given_to(2) == std::vector<std::uint32_t>{1});
}

CAF_TEST(a pool grows and shrinks while it works) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  submit(p, 1);
  submit(p, 2);
  CAF_CHECK(order(p, resize_pool{2}).code == errc::none);
  links.child(1).become_ready();
  settle();
  CAF_CHECK(given_to(2) == std::vector<std::uint32_t>{1});
  CAF_CHECK(order(p, resize_pool{1}).code == errc::none);
  CAF_CHECK(order(p, resize_pool{0}).code == errc::invalid_argument);
  child_answers(1);
  CAF_CHECK_EQUAL(answer(2), "none");
  CAF_CHECK(links.child(1).stop_asked() == stop_mode::polite);
  child(1, [](auto& c) { c.leave(); });
  CAF_CHECK_EQUAL(numbers(p).workers, 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()
