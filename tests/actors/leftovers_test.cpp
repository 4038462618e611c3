// SPDX-License-Identifier: Apache-2.0
// What lives long keeps nothing of what has ended: no timer of a request, no memory of an actor.
#define CAF_SUITE leftovers
#include <leanworker/tests/actors/lease_suite.hpp>
#include <leanworker/tests/actors/stream_suite.hpp>

using namespace leanworker;

namespace {

struct leftovers_suite : lease_suite {
  std::size_t timers() { return sched.clock().schedule().size(); }
  /// An actor that died gave its memory back: nobody but the caller knows of it.
  static bool forgotten(const caf::actor_addr& dead) {
    auto block = caf::actor_cast<caf::actor_control_block*>(dead);
    return block->strong_refs == 0 && block->weak_refs == 1;
  }
  /// Lets go of what the clock still holds for it, too.
  caf::actor_addr killed(caf::actor victim) {
    caf::anon_send_exit(victim, caf::exit_reason::kill);
    auto address = victim.address();
    victim = nullptr;
    settle();
    sched.clock().cancel_all();
    return address;
  }
};

struct stream_leftovers_suite : stream_suite {};

} // namespace

CAF_TEST_FIXTURE_SCOPE(leftovers_tests, leftovers_suite)

CAF_TEST(requests that were quick leave no timers for their deadlines) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  for (ticket id = 1; id <= 1000; ++id) {
    tell(p, request(id, "", 10min));
    pass(1ms);
    child_answers(0);
  }
  CAF_CHECK_EQUAL(answer(1000), "none");
  CAF_CHECK_LESS(timers(), 10u);
}

CAF_TEST(leases that were short leave no timers for their expiry) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  for (ticket id = 1; id <= 500; ++id) {
    auto lease = acquire(p, 2 * id);
    run(p, lease, 2 * id + 1);
    pass(1ms);
    child_answers(0);
    tell(p, release_lease{lease});
  }
  CAF_CHECK_LESS(timers(), 10u);
}

CAF_TEST(a pool that grows and shrinks again and again keeps the slots it has and counts their generations on) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  for (std::uint64_t round = 0; round < 20; ++round) {
    CAF_REQUIRE(order(p, resize_pool{3}).code == errc::none);
    submit(p, 3 * round + 1);
    submit(p, 3 * round + 2);
    submit(p, 3 * round + 3);
    const std::size_t workers[] = {0, 1 + 2 * round, 2 + 2 * round}; // links counts worker actors, not slots
    for (auto worker : {workers[1], workers[2]})
      child(worker, [](auto& c) { c.become_ready(); });
    CAF_REQUIRE_EQUAL(numbers(p).slots.size(), 3u);
    CAF_REQUIRE_EQUAL(links.child(workers[2]).generation, round);
    for (auto worker : workers)
      child_answers(worker);
    CAF_REQUIRE(order(p, resize_pool{1}).code == errc::none);
    for (auto worker : {workers[1], workers[2]})
      child(worker, [](auto& c) { c.leave(); });
  }
  CAF_CHECK(each_ended_once(1, 60));
}

CAF_TEST(a dead worker is forgotten by its owner) {
  worker_spec spec;
  spec.config = quick();
  spec.links = links.factory();
  spec.resting = true; // a scripted child would know its worker for ever
  auto dead = killed(caf::actor_cast<caf::actor>(sys.spawn(worker, std::move(spec), owner_handle)));
  CAF_CHECK(forgotten(dead));
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST_FIXTURE_SCOPE(stream_leftovers_tests, stream_leftovers_suite)

CAF_TEST(a runner that has finished is forgotten by its requester and its sink and its pool) {
  auto runner_now = sys.spawn(stream_runner, spec(), requester);
  auto address = runner_now.address();
  runner_now = nullptr;
  settle();
  child_answers(0);
  CAF_CHECK_EQUAL(outcome_code(), "none");
  links.child(0).orders.clear(); // a scripted child remembers ports, too
  CAF_CHECK(leftovers_suite::forgotten(address));
}

CAF_TEST_FIXTURE_SCOPE_END()
