// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/cycle_policy.hpp>

#include <gtest/gtest.h>

namespace leanworker::internal {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

constexpr std::uint64_t mib = 1u << 20;
const auto begin = cycle_facts::time_point{} + 1h;

cycle_config never() {
  cycle_config config;
  config.imports_max = 0;
  config.jitter = 0;
  return config;
}

cycle_facts used(std::uint64_t requests, std::uint64_t imports = 0) {
  cycle_facts facts;
  facts.began = begin;
  facts.requests = requests;
  facts.imports = imports;
  return facts;
}

memory_sample sample(std::uint64_t rss_mib, std::optional<std::uint64_t> private_mib = {}, milliseconds rollup_at = -1ms) {
  memory_sample result;
  result.rss = measured_bytes::of(rss_mib * mib);
  if (private_mib)
    result.private_dirty = measured_bytes::of(*private_mib * mib);
  result.rollup_at = rollup_at;
  return result;
}

std::optional<cycle_reason> due(const cycle_config& config, const cycle_facts& facts, milliseconds age = 0ms) {
  return cycle_due(config, facts, begin + age).reason;
}

TEST(cycle_policy, a_limit_of_zero_means_never) {
  auto facts = used(1'000'000, 1'000'000);
  facts.rss = facts.private_dirty = measured_bytes::of(1'000'000 * mib);
  facts.private_baseline = measured_bytes::of(1);
  facts.growth_seen = 100;
  EXPECT_FALSE(due(never(), facts, 10'000h));
  EXPECT_FALSE(idle_due(never(), begin, begin + 10'000h));
}

TEST(cycle_policy, requests_imports_and_age_are_due_exactly_at_their_limits) {
  auto config = never();
  config.requests_max = 100;
  EXPECT_FALSE(due(config, used(99)));
  EXPECT_EQ(due(config, used(100)), (cycle_reason{cycle_kind::requests, 100, 100}));
  EXPECT_EQ(due(config, used(130)), (cycle_reason{cycle_kind::requests, 130, 100}));
  config = never();
  config.imports_max = 12;
  EXPECT_FALSE(due(config, used(1'000, 11)));
  EXPECT_EQ(due(config, used(1'000, 12)), (cycle_reason{cycle_kind::imports, 12, 12}));
  config = never();
  config.age_max = 60'000ms;
  EXPECT_FALSE(due(config, used(1), 59'999ms));
  EXPECT_EQ(due(config, used(1), 60'000ms), (cycle_reason{cycle_kind::age, 60'000, 60'000}));
}

TEST(cycle_policy, the_first_reason_in_the_documented_order_is_told) {
  auto config = never();
  config.requests_max = config.imports_max = 1;
  config.age_max = 1ms;
  config.rss_bytes_max = config.growth_bytes_max = mib;
  auto facts = used(1, 1);
  facts.rss = facts.private_dirty = measured_bytes::of(9 * mib);
  facts.rss_baseline = facts.private_baseline = measured_bytes::of(0);
  facts.growth_seen = 2;
  for (auto expected : {cycle_kind::requests, cycle_kind::imports, cycle_kind::age, cycle_kind::rss, cycle_kind::growth}) {
    auto reason = due(config, facts, 1ms);
    ASSERT_TRUE(reason);
    EXPECT_EQ(reason->kind, expected) << to_string(expected);
    switch (expected) {
      case cycle_kind::requests: config.requests_max = 0; break;
      case cycle_kind::imports: config.imports_max = 0; break;
      case cycle_kind::age: config.age_max = 0ms; break;
      case cycle_kind::rss: config.rss_bytes_max = 0; break;
      default: config.growth_bytes_max = 0;
    }
  }
  EXPECT_FALSE(due(config, facts, 1ms));
}

TEST(cycle_policy, T22_a_generation_without_counted_requests_is_never_due_by_them) {
  auto config = never();
  config.requests_max = 1;
  for (double random : {0.0, 0.5, 0.999999})
    for (double jitter : {0.0, 0.1, 1.0, 7.0}) {
      config.jitter = jitter;
      auto facts = used(0);
      facts.jitter = random;
      EXPECT_FALSE(due(config, facts, 10'000h)) << "jitter " << jitter << " random " << random;
      facts.requests = 1;
      EXPECT_TRUE(due(config, facts)) << "jitter " << jitter << " random " << random;
    }
}

TEST(cycle_policy, jitter_lowers_a_limit_by_its_share_at_most_and_never_below_one) {
  struct {
    double jitter;
    double random;
    std::int64_t bound;
  } rows[] = {{0.0, 0.9, 100}, {0.1, 0.0, 100}, {0.1, 0.5, 95}, {0.1, 0.999999, 90}, {1.0, 0.5, 50}, {1.0, 0.999999, 1}, {-1.0, 0.5, 100}};
  for (const auto& row : rows) {
    auto config = never();
    config.requests_max = 100;
    config.jitter = row.jitter;
    auto facts = used(static_cast<std::uint64_t>(row.bound));
    facts.jitter = row.random;
    EXPECT_EQ(due(config, facts), (cycle_reason{cycle_kind::requests, row.bound, row.bound})) << row.jitter << " " << row.random;
    --facts.requests;
    EXPECT_FALSE(due(config, facts)) << row.jitter << " " << row.random;
  }
}

TEST(cycle_policy, rss_is_due_by_the_last_sample_and_not_by_an_unavailable_one) {
  auto config = never();
  config.rss_bytes_max = 800 * mib;
  auto facts = used(1);
  EXPECT_FALSE(due(config, facts)) << "never measured";
  take_sample(config, facts, sample(799), false);
  EXPECT_FALSE(due(config, facts));
  take_sample(config, facts, sample(800), false);
  EXPECT_EQ(due(config, facts), (cycle_reason{cycle_kind::rss, 800 << 20, 800 << 20}));
  take_sample(config, facts, memory_sample{}, false);
  EXPECT_FALSE(due(config, facts));
}

TEST(cycle_policy, the_baseline_is_what_it_takes_when_it_has_worked_and_rests_for_the_first_time) {
  auto config = never();
  auto facts = used(0);
  take_sample(config, facts, sample(100, 10, 1ms), true);
  EXPECT_FALSE(facts.rss_baseline.known) << "it has done nothing yet";
  facts.requests = 1;
  take_sample(config, facts, sample(300, 30, 2ms), false);
  EXPECT_FALSE(facts.rss_baseline.known) << "it works";
  take_sample(config, facts, memory_sample{}, true);
  EXPECT_FALSE(facts.rss_baseline.known) << "unavailable";
  take_sample(config, facts, sample(200), true);
  EXPECT_EQ(facts.rss_baseline, measured_bytes::of(200 * mib));
  EXPECT_FALSE(facts.private_baseline.known) << "not read by then";
  take_sample(config, facts, sample(400, 40, 3ms), true);
  EXPECT_EQ(facts.rss_baseline, measured_bytes::of(200 * mib)) << "the first time only";
  EXPECT_EQ(facts.private_baseline, measured_bytes::of(40 * mib));
}

TEST(cycle_policy, T16_an_rss_limit_below_the_baseline_is_diagnosed_and_not_acted_on) {
  auto config = never();
  config.rss_bytes_max = 500 * mib;
  auto facts = used(1);
  take_sample(config, facts, sample(500), true);
  take_sample(config, facts, sample(900), false);
  auto verdict = cycle_due(config, facts, begin);
  EXPECT_FALSE(verdict.reason);
  EXPECT_EQ(verdict.diagnosis, "the limit of 500 MiB RSS is not above the 500 MiB that a warm, idle child takes; it is not acted on");
  facts.rss_baseline = measured_bytes::of(499 * mib);
  verdict = cycle_due(config, facts, begin);
  EXPECT_TRUE(verdict.reason) << "above it, it is";
  EXPECT_EQ(verdict.diagnosis, "");
}

TEST(cycle_policy, T16_a_generation_that_has_done_nothing_is_not_replaced_for_its_size) {
  auto config = never();
  config.rss_bytes_max = 500 * mib;
  auto facts = used(0);
  take_sample(config, facts, sample(600), true);
  EXPECT_FALSE(due(config, facts)) << "the next one would be just as large: it would be replaced before every request";
  facts.requests = 1;
  EXPECT_TRUE(due(config, facts));
}

TEST(cycle_policy, T16_what_all_earlier_generations_took_is_the_baseline_of_one_that_never_rests) {
  auto config = never();
  config.rss_bytes_max = 500 * mib;
  auto first = used(1);
  take_sample(config, first, sample(700), false);
  take_sample(config, first, sample(600), false);
  EXPECT_TRUE(due(config, first)) << "what it took itself is no reason to bear with it";
  EXPECT_EQ(next_floor(first), measured_bytes::of(600 * mib));
  auto second = used(1);
  second.rss_floor = next_floor(first);
  take_sample(config, second, sample(800), false);
  auto verdict = cycle_due(config, second, begin);
  EXPECT_FALSE(verdict.reason);
  EXPECT_NE(verdict.diagnosis.find("600 MiB"), std::string::npos) << verdict.diagnosis;
  take_sample(config, second, sample(499), false);
  take_sample(config, second, sample(800), false);
  EXPECT_TRUE(due(config, second)) << "it can be kept";
  EXPECT_EQ(next_floor(second), measured_bytes::of(499 * mib));
  take_sample(config, second, memory_sample{}, false);
  EXPECT_EQ(next_floor(second), measured_bytes::of(499 * mib)) << "what is unavailable is not small";
  EXPECT_FALSE(next_floor(used(1)).known);
}

TEST(cycle_policy, T16_a_limit_that_is_not_acted_on_leaves_the_others_in_force) {
  auto config = never();
  config.rss_bytes_max = 500 * mib;
  config.growth_bytes_max = 100 * mib;
  auto facts = used(1);
  take_sample(config, facts, sample(600, 50, 1ms), true);
  take_sample(config, facts, sample(800, 250, 2ms), true);
  take_sample(config, facts, sample(800, 250, 3ms), true);
  auto verdict = cycle_due(config, facts, begin);
  EXPECT_FALSE(verdict.diagnosis.empty());
  EXPECT_EQ(verdict.reason, (cycle_reason{cycle_kind::growth, 200 << 20, 100 << 20}));
}

TEST(cycle_policy, growth_is_due_at_the_second_look_in_a_row) {
  auto config = never();
  config.growth_bytes_max = 100 * mib;
  auto facts = used(1);
  take_sample(config, facts, sample(200, 50, 1ms), true);
  take_sample(config, facts, sample(300, 150, 2ms), false);
  EXPECT_FALSE(due(config, facts)) << "one look may be in the middle of work";
  take_sample(config, facts, sample(300, 150, 2ms), false);
  EXPECT_FALSE(due(config, facts)) << "the same reading is not a second look";
  take_sample(config, facts, sample(300, 149, 3ms), false);
  EXPECT_FALSE(due(config, facts)) << "it fell";
  take_sample(config, facts, sample(300, 150, 4ms), false);
  EXPECT_FALSE(due(config, facts)) << "the row begins anew";
  take_sample(config, facts, sample(300, 170, 5ms), false);
  EXPECT_EQ(due(config, facts), (cycle_reason{cycle_kind::growth, 120 << 20, 100 << 20}));
}

TEST(cycle_policy, an_unavailable_look_ends_a_row_of_growth) {
  auto config = never();
  config.growth_bytes_max = 100 * mib;
  auto facts = used(1);
  take_sample(config, facts, sample(200, 50, 1ms), true);
  take_sample(config, facts, sample(300, 150, 2ms), false);
  take_sample(config, facts, memory_sample{}, false);
  take_sample(config, facts, sample(300, 150, 3ms), false);
  EXPECT_FALSE(due(config, facts));
}

TEST(cycle_policy, without_a_baseline_nothing_has_grown) {
  auto config = never();
  config.growth_bytes_max = 1;
  auto facts = used(1);
  for (int look = 1; look < 10; ++look)
    take_sample(config, facts, sample(1'000, 900, milliseconds{look}), false);
  EXPECT_FALSE(due(config, facts));
}

TEST(cycle_policy, T17_an_idle_child_is_due_exactly_when_its_time_is_over) {
  auto config = never();
  config.idle = 30'000ms;
  EXPECT_FALSE(idle_due(config, begin, begin));
  EXPECT_FALSE(idle_due(config, begin, begin + 29'999ms));
  EXPECT_EQ(idle_due(config, begin, begin + 30'000ms), (cycle_reason{cycle_kind::idle, 30'000, 30'000}));
  EXPECT_EQ(idle_due(config, begin, begin + 45'000ms), (cycle_reason{cycle_kind::idle, 45'000, 30'000}));
}

TEST(cycle_policy, reasons_say_their_numbers) {
  EXPECT_EQ(cycle_reason::asked().text(), "asked");
  EXPECT_EQ((cycle_reason{cycle_kind::requests, 100, 99}).text(), "requests: 100 of 99");
  EXPECT_EQ((cycle_reason{cycle_kind::imports, 12, 12}).text(), "imports: 12 of 12");
  EXPECT_EQ((cycle_reason{cycle_kind::age, 61'000, 60'000}).text(), "age: 61000 of 60000 ms");
  EXPECT_EQ((cycle_reason{cycle_kind::idle, 5, 4}).text(), "idle: 5 of 4 ms");
  EXPECT_EQ((cycle_reason{cycle_kind::rss, 900 << 20, 800 << 20}).text(), "rss: 900 of 800 MiB");
  EXPECT_EQ((cycle_reason{cycle_kind::growth, 200 << 20, 100 << 20}).text(), "growth: 200 of 100 MiB");
  EXPECT_EQ((cycle_reason{cycle_kind::memory, 200 << 20, 100 << 20}).text(), "memory: 200 of 100 MiB");
  EXPECT_EQ(to_string(static_cast<cycle_kind>(99)), "unknown");
}

TEST(cycle_policy, memory_bounded_has_two_limits_and_no_other) {
  auto config = cycle_config::memory_bounded(7, 800 * mib);
  EXPECT_EQ(config.imports_max, 7u);
  EXPECT_EQ(config.rss_bytes_max, 800 * mib);
  EXPECT_EQ(config.requests_max, 0u);
  EXPECT_EQ(config.age_max, 0ms);
  EXPECT_EQ(config.growth_bytes_max, 0u);
  EXPECT_EQ(config.idle, 0ms);
}

} // namespace
} // namespace leanworker::internal
