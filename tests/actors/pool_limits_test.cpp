// SPDX-License-Identifier: Apache-2.0
// Planned ends: each limit, at the one point where limits are looked at, with the numbers that decided.
#define CAF_SUITE pool_limits
#include <leanworker/tests/actors/watched_suite.hpp>

using namespace leanworker;

namespace {

struct limits_suite : watched_suite {
  pool_actor pool_with(cycle_config cycle) {
    auto config = steady(1);
    config.cycle = cycle;
    auto p = watched_pool(config);
    all_ready(1);
    return p;
  }
  static cycle_config never() {
    cycle_config cycle;
    cycle.imports_max = 0;
    cycle.jitter = 0;
    return cycle;
  }
  /// The request must be the one for which the child is replaced: it runs on the next generation, and the reason is told.
  void replaced_before(const pool_actor& p, ticket id, const std::string& reason) {
    auto generation = links.child(0).generation;
    submit(p, id);
    CAF_CHECK(given_to(id).empty());
    CAF_REQUIRE(links.child(0).stop_asked() == stop_mode::polite);
    CAF_CHECK_EQUAL(shown(p).cycle_reason, reason);
    replaced(0);
    child_answers(0);
    CAF_CHECK_EQUAL(answer(id), "none");
    CAF_CHECK_EQUAL(result(id)->outcome.generation, generation + 1);
    CAF_CHECK_EQUAL(texts(pool_event_kind::cycle_due), reason);
    CAF_CHECK_EQUAL(shown(p).failures, 0u);
    auto kind = reason.substr(0, reason.find(':'));
    CAF_CHECK_EQUAL(cycles(p, kind), 1u);
    CAF_CHECK_EQUAL(restarts(p, kind), 1u);
    CAF_CHECK_EQUAL(shown(p).cycle_reason, "");
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(pool_limits_tests, limits_suite)

CAF_TEST(after its jittered number of requests a child is replaced before the next one) {
  auto cycle = never();
  cycle.requests_max = 10;
  cycle.jitter = 0.4; // and dice that always say one half
  auto p = pool_with(cycle);
  for (ticket id = 1; id <= 8; ++id)
    CAF_CHECK_EQUAL(serve(p, id), "none");
  CAF_CHECK(!leaving(0)); // it is not looked at before there is something to do
  replaced_before(p, 9, "requests: 8 of 8");
}

CAF_TEST(T16 a hard limit below what the work takes is told after three children in a row) {
  auto config = steady(1);
  config.memory.worker_bytes_max = 500ull << 20;
  auto p = watched_pool(config);
  all_ready(1);
  auto outgrows = [&](ticket id) {
    auto once = request(id);
    once.idempotent = false;
    tell(p, once);
    measure(p, 0, 600);
    child_crashes(0);
    CAF_REQUIRE(result(id) != nullptr);
    CAF_CHECK_EQUAL(result(id)->outcome.down.cause, errc::memory_limit);
    pass(1s, 10ms);
    all_ready(1);
  };
  outgrows(1);
  outgrows(2);
  CAF_CHECK_EQUAL(serve(p, 3), "none");
  outgrows(4);
  outgrows(5);
  CAF_CHECK_EQUAL(count(pool_event_kind::limit_diagnosed), 0u);
  outgrows(6);
  CAF_CHECK_EQUAL(count(pool_event_kind::limit_diagnosed), 1u);
  CAF_CHECK(texts(pool_event_kind::limit_diagnosed).find("3 children in a row") != std::string::npos);
  outgrows(7);
  CAF_CHECK_EQUAL(count(pool_event_kind::limit_diagnosed), 1u);
}

CAF_TEST(children that started together are not replaced together) {
  auto config = steady(2);
  config.cycle.requests_max = 10;
  config.cycle.jitter = 0.4;
  auto spec = spec_of(config);
  spec.random = [next = 0.0]() mutable { return std::exchange(next, 0.5); }; // the first child keeps to the limit itself
  auto p = watched_pool(std::move(spec));
  all_ready(2);
  auto a = acquire(p, 1);
  auto b = acquire(p, 2);
  if (a.slot != 0)
    std::swap(a, b);
  for (ticket id = 10; id < 18; ++id) {
    run(p, a, id);
    run(p, b, 100 + id);
    child_answers(0);
    child_answers(1);
  }
  run(p, a, 18);
  run(p, b, 118);
  CAF_CHECK_EQUAL(answer(118), "cycled");
  CAF_CHECK_EQUAL(answer(18), "-");
  child_answers(0);
  run(p, a, 19);
  child_answers(0);
  CAF_CHECK_EQUAL(answer(19), "none");
  run(p, a, 20);
  CAF_CHECK_EQUAL(answer(20), "cycled");
  CAF_CHECK_EQUAL(texts(pool_event_kind::cycle_due), "requests: 8 of 8; requests: 10 of 10");
}

CAF_TEST(after its number of imports a child is replaced before the next request and not after the last import) {
  auto cycle = never();
  cycle.imports_max = 2;
  auto p = pool_with(cycle);
  for (ticket id = 1; id <= 2; ++id) {
    submit(p, id, std::to_string(id));
    child(0, [](auto& c) { c.progress("import", 0, 1), c.progress("import", 1, 1), c.answer(); });
    CAF_CHECK_EQUAL(answer(id), "none");
  }
  CAF_CHECK(!leaving(0));
  replaced_before(p, 3, "imports: 2 of 2");
}

CAF_TEST(a child that is too old is replaced before the next request and not by a timer) {
  auto cycle = never();
  cycle.age_max = 10s;
  auto p = pool_with(cycle);
  pass(9999ms, 9ms);
  CAF_CHECK_EQUAL(serve(p, 1), "none");
  pass(2s, 10ms);
  CAF_CHECK(!leaving(0));
  replaced_before(p, 2, "age: 11999 of 10000 ms");
}

CAF_TEST(a child over the rss ceiling is replaced and one that could not be measured is not) {
  auto cycle = never();
  cycle.rss_bytes_max = 800ull << 20;
  auto p = pool_with(cycle);
  serve(p, 1);
  measure(p, 0, 300);
  serve(p, 2);
  measure(p, 0, 900);
  measure(p, 0, 0);
  serve(p, 3);
  CAF_CHECK_EQUAL(answer(3), "none");
  measure(p, 0, 900);
  replaced_before(p, 4, "rss: 900 of 800 MiB");
}

CAF_TEST(a child whose private memory grew is replaced at the second look and reading it again is no look) {
  auto cycle = never();
  cycle.growth_bytes_max = 200ull << 20;
  auto p = pool_with(cycle);
  measure(p, 0, 500, 90); // before its first work it is not warm
  serve(p, 1);
  measure(p, 0, 600, 150);
  measure(p, 0, 900, 400);
  measure_again(p, 0, 900, 400);
  CAF_CHECK_EQUAL(serve(p, 2), "none");
  measure(p, 0, 900, 340); // below the limit again: that was the middle of some work
  measure(p, 0, 900, 400);
  CAF_CHECK_EQUAL(serve(p, 3), "none");
  measure(p, 0, 900, 410);
  replaced_before(p, 4, "growth: 260 of 200 MiB");
}

CAF_TEST(what an operator asks for happens once however often it is asked) {
  auto p = pool_with(never());
  submit(p, 1);
  for (int i = 0; i < 3; ++i)
    CAF_CHECK(order(p, cycle_pool{cycle_scope::one, 0}).code == errc::none);
  CAF_CHECK(order(p, cycle_pool{cycle_scope::one, 7}).code == errc::not_found);
  CAF_CHECK(!leaving(0));
  child_answers(0);
  CAF_CHECK(leaving(0));
  replaced(0);
  CAF_CHECK_EQUAL(answer(1), "none");
  CAF_CHECK_EQUAL(texts(pool_event_kind::cycle_due), "asked");
  CAF_CHECK_EQUAL(serve(p, 2), "none");
  CAF_CHECK_EQUAL(links.children().size(), 2u);
}

CAF_TEST(a lease on a generation that is due ends with the reason and its numbers) {
  auto cycle = never();
  cycle.requests_max = 1;
  auto p = pool_with(cycle);
  auto lease = acquire(p, 1);
  run(p, lease, 2);
  child_answers(0);
  CAF_CHECK_EQUAL(ended(lease), "");
  run(p, lease, 3);
  CAF_CHECK_EQUAL(answer(3), "cycled");
  CAF_CHECK_EQUAL(ended(lease), "cycled");
  CAF_CHECK_EQUAL(end_of(lease), "requests: 1 of 1");
}

CAF_TEST(all that wait behind a planned end are served in their order) {
  auto cycle = never();
  cycle.requests_max = 2;
  auto p = pool_with(cycle);
  for (ticket id = 1; id <= 7; ++id)
    submit(p, id);
  for (int i = 0; i < 7; ++i) {
    child_answers(0, std::to_string(i));
    if (leaving(0))
      replaced(0);
  }
  for (ticket id = 1; id <= 7; ++id)
    CAF_CHECK_EQUAL(result(id)->outcome.body, std::to_string(id - 1));
  CAF_CHECK(each_ended_once(1, 7));
  CAF_CHECK_EQUAL(shown(p).generation, 3u);
}

CAF_TEST_FIXTURE_SCOPE_END()
