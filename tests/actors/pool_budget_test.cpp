// SPDX-License-Identifier: Apache-2.0
// T32: whether a further child is started, under a budget.
#define CAF_SUITE pool_budget
#include <leanworker/tests/actors/watched_suite.hpp>

using namespace leanworker;

namespace {

struct budget_suite : watched_suite {
  /// A budget of 1000 MiB; children are started when somebody waits.
  pool_actor pool_of_three(std::uint64_t reservation_mib = 0) {
    auto config = steady(3);
    config.start_eagerly = false;
    config.memory.budget_bytes = 1000ull << 20;
    config.memory.reservation_bytes = reservation_mib << 20;
    return watched_pool(config);
  }
  /// The first child works; it took `first` MiB, and now takes `now`.
  void one_at_work(const pool_actor& p, std::uint64_t first, std::uint64_t now) {
    submit(p, 1);
    all_ready(1);
    measure(p, 0, first);
    measure(p, 0, now);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(pool_budget_tests, budget_suite)

CAF_TEST(T32 a further child is reckoned with the highest value ever seen of its kind) {
  auto p = pool_of_three();
  one_at_work(p, 450, 200);
  submit(p, 2);
  CAF_CHECK_EQUAL(links.slots(), 1u); // 450 and 450 would reach the 900 at which children are ended
  CAF_CHECK(numbers(p).memory.admission_paused);
  CAF_CHECK_EQUAL(texts(pool_event_kind::memory_paused), "200 MiB of 1000 MiB are taken, and 450 MiB may be; a child like this takes 450 MiB");
  measure(p, 0, 49);
  CAF_CHECK_EQUAL(links.slots(), 1u); // what it once took it may take again
}

CAF_TEST(T32 a further child is started where it and the others could all take what was ever seen) {
  auto p = pool_of_three();
  one_at_work(p, 449, 200);
  submit(p, 2);
  CAF_CHECK_EQUAL(links.slots(), 2u);
  CAF_CHECK(!numbers(p).memory.admission_paused);
}

CAF_TEST(T32 a child that cannot be measured counts with what it once took) {
  auto p = pool_of_three();
  one_at_work(p, 600, 100);
  measure(p, 0, 0);
  submit(p, 2);
  CAF_CHECK_EQUAL(links.slots(), 1u); // 600 and 600, not 0 and 600
  auto memory = numbers(p).memory;
  CAF_CHECK_EQUAL(memory.used_bytes, 0u);
  CAF_CHECK_EQUAL(memory.reserved_bytes, 600ull << 20);
  CAF_CHECK_EQUAL(memory.unavailable, 1u);
  CAF_CHECK_EQUAL(count(pool_event_kind::memory_unavailable), 1u);
  CAF_CHECK(texts(pool_event_kind::memory_paused).find("1 children not measured") != std::string::npos);
}

CAF_TEST(T32 a child that is only starting counts already) {
  auto p = pool_of_three();
  one_at_work(p, 440, 440);
  submit(p, 2);
  CAF_CHECK_EQUAL(links.slots(), 2u);
  submit(p, 3);
  CAF_CHECK_EQUAL(links.slots(), 2u); // 440 and 440 are above the share at which no further one is started
  CAF_CHECK_EQUAL(numbers(p).memory.reserved_bytes, 440ull << 20);
  child(1, [](auto& c) { c.become_ready(); });
  measure(p, 1, 10); // the second one turns out to be small, but it and the next one might become large
  CAF_CHECK_EQUAL(links.slots(), 2u);
}

CAF_TEST(T32 a kind that was never measured is reckoned with the configured value and later with the real one) {
  auto p = pool_of_three(600);
  submit(p, 1);
  submit(p, 2);
  CAF_CHECK_EQUAL(links.slots(), 1u);
  all_ready(1);
  measure(p, 0, 300);
  CAF_CHECK_EQUAL(links.slots(), 2u);
}

CAF_TEST(T32 a kind that was never measured is reckoned like the largest of the others) {
  auto p = pool_of_three();
  one_at_work(p, 450, 400);
  auto other = request(2);
  other.key.toolchain = "other";
  tell(p, other);
  CAF_CHECK_EQUAL(links.slots(), 1u);
}

CAF_TEST(I16 as long as nobody knows what a child takes one is started after the other) {
  auto config = steady(3);
  config.memory.budget_bytes = 1000ull << 20;
  auto spec = spec_of(config);
  spec.monitor = [] { return rss_monitor_actor{}; }; // there will be one
  auto p = watched_pool(std::move(spec));
  CAF_CHECK_EQUAL(links.slots(), 1u);
  all_ready(1);
  CAF_CHECK_EQUAL(links.slots(), 1u);
  measure(p, 0, 0); // could not be measured: that is not nothing
  CAF_CHECK_EQUAL(links.slots(), 1u);
  measure(p, 0, 100);
  CAF_CHECK_EQUAL(links.slots(), 3u);
}

CAF_TEST(who waits for memory is told of it when his time is over) {
  auto p = pool_of_three();
  one_at_work(p, 850, 850);
  auto patient = request(2);
  patient.wait = 500ms;
  tell(p, patient);
  pass(501ms);
  CAF_CHECK_EQUAL(answer(2), "queue_timeout");
  CAF_CHECK(result(2)->outcome.message.find("850 MiB of 1000 MiB are taken") != std::string::npos);
}

CAF_TEST(a pool without any child refuses what its budget can never admit) {
  auto p = pool_of_three(1001);
  submit(p, 1);
  CAF_CHECK_EQUAL(answer(1), "memory_refused");
  CAF_CHECK_EQUAL(links.slots(), 0u);
}

CAF_TEST_FIXTURE_SCOPE_END()
