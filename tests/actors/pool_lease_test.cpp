// SPDX-License-Identifier: Apache-2.0
#define CAF_SUITE pool_lease
#include <leanworker/tests/actors/lease_suite.hpp>

using namespace leanworker;

CAF_TEST_FIXTURE_SCOPE(pool_lease_tests, lease_suite)

CAF_TEST(T12 two leases of one key work at the same time on two workers) {
  auto p = start_pool(pool_of(2));
  all_ready(2);
  auto a = acquire(p, 1);
  auto b = acquire(p, 2);
  CAF_REQUIRE(a.number != 0 && b.number != 0);
  CAF_CHECK(a.slot != b.slot);
  run(p, a, 11);
  run(p, b, 12);
  child_answers(1, "two");
  child_answers(0, "one");
  CAF_CHECK_EQUAL(answer(11), "none");
  CAF_CHECK_EQUAL(answer(12), "none");
}

CAF_TEST(T12 an idle worker of another kind makes room and its slot keeps its history) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  submit(p, 1);
  child_answers(0);
  auto other = request(2);
  other.key.toolchain = "other";
  tell(p, other);
  CAF_CHECK(links.child().stop_asked() == stop_mode::polite);
  child(0, [](auto& c) { c.leave(); });
  CAF_CHECK_EQUAL(links.child().generation, 1u);
  all_ready(1);
  child_answers(0);
  CAF_CHECK_EQUAL(answer(2), "none");
  auto shown = numbers(p);
  CAF_CHECK_EQUAL(shown.slots.at(0).requests, 2u);
  CAF_CHECK_EQUAL(shown.counters.evictions, 1u);
  CAF_CHECK_EQUAL(shown.counters.restart_causes["evicted"], 1u);
}

CAF_TEST(T18 two policies never share a child) {
  auto config = pool_of(2);
  config.start_eagerly = false;
  auto p = start_pool(config);
  for (ticket id : {1, 2}) {
    auto wanted = request(id);
    wanted.key.policy = id == 1 ? "requests=10" : "requests=20";
    tell(p, wanted);
  }
  CAF_CHECK_EQUAL(links.slots(), 2u);
}

CAF_TEST(T14 a lease ends with its generation and its token reaches nobody any more) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  auto lease = acquire(p, 1);
  run(p, lease, 2);
  child_crashes(0);
  CAF_CHECK_EQUAL(answer(2), "child_signalled");
  CAF_CHECK(result(2)->outcome.work_started);
  CAF_CHECK(!result(2)->outcome.retry_safe);
  CAF_CHECK_EQUAL(ended(lease), "child_signalled");
  pass(50ms);
  all_ready(1);
  run(p, lease, 3);
  CAF_CHECK_EQUAL(answer(3), "lease_stale");
  CAF_CHECK(!result(3)->outcome.work_started);
  CAF_CHECK(links.child().sent(frame_kind::request).empty());
}

CAF_TEST(T15 a due cycle ends the lease and the command does not run) {
  auto config = pool_of(1);
  config.cycle.requests_max = 1;
  config.cycle.jitter = 0;
  auto p = start_pool(config);
  all_ready(1);
  auto lease = acquire(p, 1);
  run(p, lease, 2);
  child_answers(0);
  run(p, lease, 3);
  CAF_CHECK_EQUAL(answer(3), "cycled");
  CAF_CHECK(result(3)->outcome.retry_safe);
  CAF_CHECK_EQUAL(ended(lease), "cycled");
  CAF_CHECK_EQUAL(links.child().sent(frame_kind::request).size(), 1u);
  child(0, [](auto& c) { c.leave(); });
  all_ready(1);
  CAF_CHECK_EQUAL(acquire(p, 4).generation, 1u);
}

CAF_TEST(T17 an idle child is ended by a timer and started again on demand) {
  auto config = pool_of(1);
  config.cycle.idle = 500ms;
  auto p = start_pool(config);
  all_ready(1);
  pass(600ms, 10ms);
  CAF_CHECK(links.child().stop_asked() == stop_mode::polite);
  child(0, [](auto& c) { c.leave(); });
  pass(60s, 100ms);
  CAF_CHECK_EQUAL(links.children().size(), 1u);
  submit(p, 1);
  CAF_CHECK_EQUAL(links.children().size(), 2u);
  all_ready(1);
  child_answers(0);
  CAF_CHECK_EQUAL(answer(1), "none");
}

CAF_TEST(T19 a cancelled wish leaves a healthy lease alone) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  auto lease = acquire(p, 1);
  acquire(p, 2);
  tell(p, cancel_submission{2});
  CAF_CHECK_EQUAL(refused(2), "cancelled");
  run(p, lease, 3);
  child_answers(0);
  CAF_CHECK_EQUAL(answer(3), "none");
  CAF_CHECK_EQUAL(ended(lease), "");
}

CAF_TEST(T33 a wish that timed out tells how long it really waited) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  acquire(p, 1);
  acquire_lease wish;
  wish.id = 2;
  wish.wait = 300ms;
  tell(p, wish);
  pass(299ms);
  CAF_CHECK_EQUAL(refused(2), "-");
  pass(5ms);
  CAF_REQUIRE_EQUAL(refused(2), "queue_timeout");
  auto waited = client->all<lease_refused>().front().waited;
  CAF_CHECK(waited >= 300ms && waited <= 305ms);
  pass(60s, 100ms);
  CAF_CHECK_EQUAL(granted(2).number, 0u);
}

CAF_TEST(a lease expires when its holder is silent and renewing keeps it) {
  auto config = pool_of(1);
  config.lease_expiry = 1000ms;
  auto p = start_pool(config);
  all_ready(1);
  auto lease = acquire(p, 1);
  pass(900ms, 10ms);
  tell(p, renew_lease{lease});
  pass(900ms, 10ms);
  CAF_CHECK_EQUAL(ended(lease), "");
  pass(200ms, 10ms);
  CAF_CHECK_EQUAL(ended(lease), "lease_expired");
  CAF_CHECK(acquire(p, 2).number != 0);
}

CAF_TEST(a lease that works does not expire) {
  auto config = pool_of(1);
  config.lease_expiry = 500ms;
  auto p = start_pool(config);
  all_ready(1);
  auto lease = acquire(p, 1);
  run(p, lease, 2);
  pass(2900ms, 10ms);
  CAF_CHECK_EQUAL(ended(lease), "");
  child_answers(0);
  CAF_CHECK_EQUAL(answer(2), "none");
}

CAF_TEST(a lease that is released while a request runs cancels it and is over at once) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  auto lease = acquire(p, 1);
  run(p, lease, 2);
  tell(p, release_lease{lease});
  CAF_CHECK_EQUAL(answer(2), "cancelled");
  tell(p, release_lease{lease});
  auto shown = numbers(p);
  CAF_CHECK_EQUAL(shown.counters.leases_released, 1u);
  CAF_CHECK_EQUAL(ended(lease), "");
  // The next holder waits until the child has really ended it.
  acquire(p, 3);
  CAF_CHECK_EQUAL(granted(3).number, 0u);
  child(0, [](auto& c) { c.refuse(2, "{}"); });
  CAF_CHECK(granted(3).number != 0);
}

CAF_TEST(the death of a holder drops its lease and cancels what it asked for) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  auto record = std::make_shared<harness::client_record>();
  auto holder = adopt(sys.spawn(harness::client_probe, record));
  acquire_lease wish;
  wish.id = 1;
  caf::send_as(holder, p, wish);
  settle();
  auto lease = record->all<lease_granted>().at(0).lease;
  caf::send_as(holder, p, run_on_lease{lease, 2, "{}", {}, {}, false, 0, nullptr});
  settle();
  caf::anon_send_exit(holder, caf::exit_reason::kill);
  settle();
  CAF_CHECK_EQUAL(links.child().sent(frame_kind::cancel).size(), 1u);
  auto shown = numbers(p);
  CAF_CHECK_EQUAL(shown.counters.leases_dropped, 1u);
  CAF_CHECK_EQUAL(shown.counters.outcomes["caller_gone"], 1u);
  CAF_CHECK_EQUAL(shown.leases, 0u);
}

CAF_TEST(nobody else can use a token) {
  auto p = start_pool(pool_of(1));
  all_ready(1);
  auto lease = acquire(p, 1);
  auto record = std::make_shared<harness::client_record>();
  auto thief = adopt(sys.spawn(harness::client_probe, record));
  caf::send_as(thief, p, run_on_lease{lease, 7, "{}", {}, {}, false, 0, nullptr});
  caf::send_as(thief, p, release_lease{lease});
  settle();
  CAF_CHECK(record->all<submission_done>().at(0).outcome.code == errc::lease_stale);
  run(p, lease, 2);
  child_answers(0);
  CAF_CHECK_EQUAL(answer(2), "none");
}

CAF_TEST(a request that killed two children is refused with its history until it is released) {
  auto p = start_pool(pool_of(2));
  all_ready(2);
  submit(p, 1);
  child_crashes(0);
  child_crashes(1);
  CAF_CHECK_EQUAL(answer(1), "killed_its_worker");
  pass(100ms);
  all_ready(2);
  auto again = request(1);
  again.id = 2;
  tell(p, again);
  CAF_CHECK_EQUAL(answer(2), "quarantined");
  CAF_CHECK_EQUAL(result(2)->deaths.size(), 2u);
  CAF_CHECK(order(p, release_quarantine{0}).code == errc::none);
  again.id = 3;
  tell(p, again);
  CAF_CHECK_EQUAL(answer(3), "-");
}

CAF_TEST(what is not idempotent is never run twice) {
  auto p = start_pool(pool_of(2));
  all_ready(2);
  auto once = request(1);
  once.idempotent = false;
  tell(p, once);
  child_crashes(0);
  CAF_CHECK_EQUAL(answer(1), "child_signalled");
  CAF_CHECK_EQUAL(given_to(1).size(), 1u);
}

CAF_TEST(a kind of child that cannot start does not starve others) {
  auto config = pool_of(2);
  config.start_eagerly = false;
  config.breaker.failures_max = 2;
  auto p = start_pool(config);
  auto bad = request(1);
  bad.key.toolchain = "broken";
  tell(p, bad);
  for (int i = 0; i < 2; ++i) {
    links.child(0).down(errc::not_started, exit_status::not_started(2));
    pass(200ms);
  }
  CAF_CHECK_EQUAL(answer(1), "circuit_open");
  CAF_CHECK_EQUAL(numbers(p).breakers.size(), 1u);
  submit(p, 2);
  links.child(links.slots() - 1).become_ready();
  settle();
  links.child(links.slots() - 1).answer();
  settle();
  CAF_CHECK_EQUAL(answer(2), "none");
}

CAF_TEST(T27 a child over the hard limit is killed while it works and a sample that is missing kills nobody) {
  auto config = pool_of(1);
  config.memory.worker_bytes_max = 1000;
  auto p = start_pool(config);
  all_ready(1);
  auto lease = acquire(p, 1);
  run(p, lease, 2);
  memory_report report;
  report.samples.resize(1);
  caf::anon_send(p, report);
  settle();
  CAF_CHECK(!links.child().stop_asked());
  report.samples[0].rss = measured_bytes::of(2000);
  caf::anon_send(p, report);
  settle();
  CAF_CHECK(links.child().stop_asked() == stop_mode::hard);
  child(0, [](auto& c) { c.down(errc::stopped); });
  CAF_CHECK_EQUAL(answer(2), "memory_limit");
  CAF_CHECK_EQUAL(ended(lease), "memory_limit");
  CAF_CHECK_EQUAL(numbers(p).counters.samples_unavailable, 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()
