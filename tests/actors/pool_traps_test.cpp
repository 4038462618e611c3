// SPDX-License-Identifier: Apache-2.0
// What other pools of workers get wrong, one test or more each.
#define CAF_SUITE pool_traps
#include <leanworker/tests/actors/watched_suite.hpp>

using namespace leanworker;

CAF_TEST_FIXTURE_SCOPE(pool_traps_tests, watched_suite)

// -- T13: history belongs to the slot -------------------------------------------------

CAF_TEST(T13 a slot keeps its history over a crash a planned replacement and the loss of its worker) {
  auto config = steady(1);
  config.cycle.requests_max = 2;
  auto p = watched_pool(config);
  all_ready(1);
  CAF_CHECK_EQUAL(serve(p, 1), "none");
  child_crashes(0);
  pass(50ms);
  all_ready(1);
  CAF_CHECK_EQUAL(shown(p).generation, 1u);
  CAF_CHECK_EQUAL(shown(p).generation_requests, 0u);
  CAF_CHECK_EQUAL(shown(p).requests, 1u);
  serve(p, 2);
  serve(p, 3);
  submit(p, 4);
  replaced(0);
  child_answers(0);
  CAF_CHECK_EQUAL(answer(4), "none");
  CAF_CHECK_EQUAL(shown(p).generation, 2u);
  CAF_CHECK_EQUAL(shown(p).generation_requests, 1u);
  caf::anon_send_exit(links.child(0).worker(), caf::exit_reason::kill);
  settle();
  submit(p, 5);
  CAF_REQUIRE_EQUAL(links.slots(), 2u); // to the links the next worker of the slot is another one
  child(1, [](auto& c) { c.become_ready(); });
  child_answers(1);
  CAF_CHECK_EQUAL(answer(5), "none");
  auto all = numbers(p);
  const auto& slot = all.slots.at(0);
  CAF_CHECK_EQUAL(slot.generation, 3u);
  CAF_CHECK_EQUAL(slot.requests, 5u);
  CAF_CHECK_EQUAL(slot.restarts, 3u);
  CAF_CHECK_EQUAL(slot.failures, 2u);
  CAF_CHECK(all.counters.restart_causes == (std::map<std::string, std::uint64_t>{{"child_signalled", 1}, {"link_lost", 1}, {"requests", 1}}));
  CAF_CHECK_EQUAL(all.counters.spawned, 4u);
  CAF_CHECK_EQUAL(all.dossiers, 2u);
}

CAF_TEST(T13 one that crashed before it was spawned is counted and the slot goes on from there) {
  auto p = watched_pool(steady(1));
  all_ready(1);
  serve(p, 1);
  child_crashes(0);
  pass(50ms);
  not_started(0);
  CAF_CHECK_EQUAL(shown(p).failures, 2u);
  pass(100ms);
  all_ready(1);
  CAF_CHECK_EQUAL(serve(p, 2), "none");
  CAF_CHECK_EQUAL(shown(p).requests, 2u);
  CAF_CHECK_EQUAL(links.child(0).generation, 2u);
  CAF_CHECK_EQUAL(shown(p).generation, 2u);
}

// -- T16: a limit that cannot be kept -------------------------------------------------

CAF_TEST(T16 an rss limit below what an idle child takes is told once and nobody is replaced for it) {
  auto config = steady(1);
  config.cycle.rss_bytes_max = 500ull << 20;
  auto p = watched_pool(config);
  all_ready(1);
  for (ticket id = 1; id <= 20; ++id) {
    CAF_CHECK_EQUAL(serve(p, id), "none");
    measure(p, 0, 600 + id);
  }
  CAF_CHECK_EQUAL(links.children().size(), 1u);
  CAF_CHECK_EQUAL(texts(pool_event_kind::limit_diagnosed),
                  "the limit of 500 MiB RSS is not above the 601 MiB that a warm, idle child takes; it is not acted on");
  CAF_CHECK(numbers(p).counters.cycles.empty());
}

CAF_TEST(T16 children that are never seen idle are replaced once for it and not before every request) {
  auto config = steady(1);
  config.cycle.rss_bytes_max = 500ull << 20;
  auto p = watched_pool(config);
  all_ready(1);
  for (ticket id = 1; id <= 20; ++id)
    submit(p, id);
  for (ticket id = 1; id <= 20; ++id) {
    measure(p, 0, 600); // always in the middle of work
    child_answers(0);
    if (leaving(0))
      replaced(0);
    CAF_CHECK_EQUAL(answer(id), "none");
  }
  CAF_CHECK_EQUAL(links.children().size(), 2u);
  CAF_CHECK_EQUAL(count(pool_event_kind::limit_diagnosed), 1u);
}

CAF_TEST(T16 a limit that the next child can keep again is acted on again) {
  auto config = steady(1);
  config.cycle.rss_bytes_max = 500ull << 20;
  auto p = watched_pool(config);
  all_ready(1);
  submit(p, 1);
  measure(p, 0, 600);
  child_answers(0);
  submit(p, 2);
  replaced(0);
  measure(p, 0, 300); // the first one was only large in the middle of its work
  measure(p, 0, 700);
  child_answers(0);
  submit(p, 3);
  CAF_CHECK(leaving(0));
  CAF_CHECK_EQUAL(texts(pool_event_kind::cycle_due), "rss: 600 of 500 MiB; rss: 700 of 500 MiB");
}

CAF_TEST(T16 a hard limit below what an idle child takes is told once and kills nobody) {
  auto config = steady(1);
  config.memory.worker_bytes_max = 500ull << 20;
  auto p = watched_pool(config);
  all_ready(1);
  for (ticket id = 1; id <= 10; ++id) {
    measure(p, 0, 600);
    CAF_CHECK_EQUAL(serve(p, id), "none");
  }
  CAF_CHECK_EQUAL(links.children().size(), 1u);
  CAF_CHECK_EQUAL(count(pool_event_kind::limit_diagnosed), 1u);
  CAF_CHECK_EQUAL(count(pool_event_kind::worker_killed), 0u);
}

// -- T17: idleness has a timer --------------------------------------------------------

CAF_TEST(T17 an idle child is ended without any request and a leased one is not idle) {
  auto config = steady(2);
  config.cycle.idle = 500ms;
  auto p = watched_pool(config);
  all_ready(2);
  auto lease = acquire(p, 1);
  auto other = 1 - lease.slot;
  pass(499ms);
  CAF_CHECK(!leaving(other));
  pass(2ms);
  CAF_CHECK(leaving(other));
  CAF_CHECK_EQUAL(texts(pool_event_kind::cycle_due), "idle: 500 of 500 ms");
  child(other, [](auto& c) { c.leave(); });
  pass(5s, 10ms);
  CAF_CHECK(!leaving(lease.slot));
  CAF_CHECK_EQUAL(links.children().size(), 2u);
  tell(p, release_lease{lease});
  pass(501ms);
  CAF_CHECK(leaving(lease.slot));
  child(lease.slot, [](auto& c) { c.leave(); });
  CAF_CHECK_EQUAL(cycles(p, "idle"), 2u);
  CAF_CHECK_EQUAL(shown(p, 0).state, slot_state::empty);
  CAF_CHECK_EQUAL(shown(p, 1).state, slot_state::empty);
}

// -- T18: who shares a child ----------------------------------------------------------

CAF_TEST(T18 keys that differ in one value of the policy do not share a child and those that differ in metadata do) {
  auto p = watched_pool(steady(1));
  all_ready(1);
  auto with = [&](ticket id, std::string policy, std::string metadata) {
    auto wanted = request(id);
    wanted.key.policy = std::move(policy);
    wanted.key.metadata = std::move(metadata);
    tell(p, wanted);
  };
  with(1, "memory=1;requests=10", "a");
  replaced(0); // the child for the default policy goes
  child_answers(0);
  with(2, "memory=1;requests=10", "b");
  child_answers(0);
  CAF_CHECK_EQUAL(result(2)->outcome.generation, 1u);
  with(3, "memory=1;requests=11", "b");
  CAF_CHECK(given_to(3).empty());
  CAF_CHECK(leaving(0));
  replaced(0);
  child_answers(0);
  CAF_CHECK_EQUAL(result(3)->outcome.generation, 2u);
  CAF_CHECK_EQUAL(restarts(p, "evicted"), 2u);
  session_key last;
  last.policy = "memory=1;requests=11";
  CAF_CHECK_EQUAL(shown(p).child, last.str()); // and it is told
}

// -- T22: what is not a user's request does not count ---------------------------------

CAF_TEST(T22 a warm up counts neither as a request nor as an import of its generation) {
  auto config = steady(1);
  config.cycle.requests_max = 1;
  config.cycle.imports_max = 1;
  auto spec = spec_of(config);
  spec.warm_up = [](const session_key& key) { return R"({"op":"open","key":")" + key.str() + "\"}"; };
  auto p = watched_pool(std::move(spec));
  all_ready(1);
  prewarm_key wanted;
  wanted.key.imports = {"Lean"};
  CAF_CHECK(order(p, wanted).code == errc::none);
  child(0, [](auto& c) { c.progress("import", 0, 1), c.progress("import", 1, 1), c.answer(); });
  auto all = numbers(p);
  CAF_CHECK_EQUAL(all.slots.at(0).imports, 1u); // it did happen
  CAF_CHECK_EQUAL(all.slots.at(0).generation_imports, 0u);
  CAF_CHECK_EQUAL(all.slots.at(0).generation_requests, 0u);
  CAF_CHECK_EQUAL(all.counters.admitted + all.counters.finished + all.counters.running, 0u);
  submit(p, 1, "Lean");
  CAF_CHECK_EQUAL(given_to(1).size(), 1u);
  child_answers(0);
  CAF_CHECK_EQUAL(result(1)->outcome.generation, 0u);
  submit(p, 2, "Lean");
  CAF_CHECK(leaving(0));
  CAF_CHECK_EQUAL(texts(pool_event_kind::cycle_due), "requests: 1 of 1");
}

// -- T27: the hard limit ends the lease -----------------------------------------------

CAF_TEST(T27 a leased child that outgrows the hard limit is killed and its lease ends with the numbers) {
  auto config = steady(1);
  config.memory.worker_bytes_max = 500ull << 20;
  auto p = watched_pool(config);
  all_ready(1);
  auto lease = acquire(p, 1);
  run(p, lease, 2);
  child_answers(0);
  measure(p, 0, 300);
  CAF_CHECK(!leaving(0));
  measure(p, 0, 501); // between two requests
  CAF_CHECK(links.child().stop_asked() == stop_mode::hard);
  measure(p, 0, 502);
  CAF_CHECK_EQUAL(count(pool_event_kind::worker_killed), 1u);
  run(p, lease, 3); // comes too late for this child, and goes to no other
  child(0, [](auto& c) { c.down(errc::stopped, exit_status::signalled(9, false)); });
  CAF_CHECK_EQUAL(answer(3), "memory_limit");
  CAF_CHECK(!result(3)->outcome.work_started);
  CAF_CHECK_EQUAL(ended(lease), "memory_limit");
  CAF_CHECK(end_of(lease).ends_with("(501 MiB of 500 MiB)"));
  CAF_CHECK(client->all<lease_ended>().at(0).down.cause == errc::memory_limit);
  pass(50ms);
  all_ready(1);
  run(p, lease, 4);
  CAF_CHECK_EQUAL(answer(4), "lease_stale");
  CAF_CHECK(links.child().sent(frame_kind::request).empty());
}

// -- T33: the wait is measured --------------------------------------------------------

CAF_TEST(T33 a request that timed out in the queue tells its real wait and not what it asked for) {
  auto p = watched_pool(steady(1));
  all_ready(1);
  submit(p, 1);
  auto late = request(2);
  late.wait = 300ms;
  tell(p, late);
  pass(450ms, 450ms); // the clock is looked at late
  CAF_REQUIRE_EQUAL(answer(2), "queue_timeout");
  CAF_CHECK(result(2)->outcome.waited == 450ms);
  CAF_CHECK(!result(2)->outcome.work_started);
  CAF_CHECK(result(2)->outcome.retry_safe);
  auto served = request(3);
  served.wait = 300ms;
  tell(p, served);
  pass(120ms);
  child_answers(0);
  child_answers(0);
  CAF_CHECK_EQUAL(answer(3), "none");
  CAF_CHECK(result(3)->outcome.waited == 120ms);
}

CAF_TEST_FIXTURE_SCOPE_END()
