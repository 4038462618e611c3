// SPDX-License-Identifier: Apache-2.0
#include <leanworker/messages/histogram.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace leanworker {
namespace {

using std::chrono::microseconds;
using namespace std::chrono_literals;

latency_histogram of(std::initializer_list<std::int64_t> values) {
  latency_histogram result;
  for (auto value : values)
    result.record(microseconds{value});
  return result;
}

/// From 1 µs to almost 2^31 µs, every order of magnitude equally often.
std::vector<std::int64_t> random_values(std::mt19937_64& dice, std::size_t count) {
  std::vector<std::int64_t> values(count);
  for (auto& value : values)
    value = static_cast<std::int64_t>(std::exp2(std::uniform_real_distribution{0.0, 31.0}(dice)));
  return values;
}

TEST(histogram, an_empty_one_is_all_zero) {
  latency_histogram none;
  EXPECT_EQ(none.count(), 0u);
  EXPECT_EQ(none.sum(), 0us);
  EXPECT_EQ(none.max(), 0us);
  for (double q : {0.0, 0.5, 1.0})
    EXPECT_EQ(none.quantile(q), 0us) << q;
}

TEST(histogram, count_sum_and_maximum_are_exact) {
  auto some = of({1, 20, 300, 4'000, 300});
  EXPECT_EQ(some.count(), 5u);
  EXPECT_EQ(some.sum(), 4'621us);
  EXPECT_EQ(some.max(), 4'000us);
}

TEST(histogram, below_sixteen_microseconds_quantiles_are_exact) {
  for (std::int64_t value = 0; value < 16; ++value) {
    auto one = of({value, 1'000});
    EXPECT_EQ(one.quantile(0.5), microseconds{value});
  }
}

TEST(histogram, the_upper_end_of_a_bucket_is_told) {
  struct {
    std::int64_t value;
    std::int64_t told;
  } rows[] = {{15, 15},       {16, 17},       {17, 17},       {18, 19},       {31, 31},           {32, 35},
              {35, 35},       {36, 39},       {100, 103},     {1'000, 1'023}, {1'024, 1'151},     {1'151, 1'151},
              {1'152, 1'279}, {65'535, 65'535}, {65'536, 73'727}, {1'000'000, 1'048'575}, {60'000'000, 62'914'559}};
  for (const auto& row : rows)
    EXPECT_EQ(of({row.value, 4'000'000'000}).quantile(0.5), microseconds{row.told}) << row.value;
}

TEST(histogram, a_quantile_is_never_above_the_maximum) {
  EXPECT_EQ(of({1'024}).quantile(0.5), 1'024us);
  EXPECT_EQ(of({1'024, 1'025}).quantile(1.0), 1'025us);
}

TEST(histogram, a_share_outside_of_zero_to_one_counts_as_the_nearer_end) {
  auto some = of({1, 2, 3});
  EXPECT_EQ(some.quantile(-1.0), 1us);
  EXPECT_EQ(some.quantile(0.0), 1us) << "the smallest";
  EXPECT_EQ(some.quantile(7.0), 3us);
}

TEST(histogram, a_negative_duration_counts_as_zero) {
  auto some = of({-5, 10});
  EXPECT_EQ(some.count(), 2u);
  EXPECT_EQ(some.sum(), 10us);
  EXPECT_EQ(some.quantile(0.5), 0us);
}

TEST(histogram, what_is_longer_than_the_last_bucket_is_told_as_the_maximum) {
  auto day = std::chrono::duration_cast<microseconds>(24h);
  latency_histogram some;
  some.record(5us);
  some.record(2h);
  some.record(day);
  EXPECT_EQ(some.max(), day);
  EXPECT_EQ(some.quantile(0.3), 5us);
  EXPECT_EQ(some.quantile(0.6), day);
  some.record(microseconds::max());
  EXPECT_EQ(some.count(), 4u);
  EXPECT_EQ(some.max(), microseconds::max());
}

TEST(histogram, any_quantile_is_at_most_an_eighth_too_high_and_never_too_low) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 dice{seed};
    auto values = random_values(dice, 1 + dice() % 500);
    latency_histogram all;
    for (auto value : values)
      all.record(microseconds{value});
    std::sort(values.begin(), values.end());
    for (double q : {0.0, 0.001, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0}) {
      auto place = std::max(1.0, std::ceil(q * static_cast<double>(values.size())));
      auto exact = values[static_cast<std::size_t>(place) - 1];
      auto told = all.quantile(q).count();
      ASSERT_GE(told, exact) << "seed " << seed << " q " << q;
      ASSERT_LE(told, exact + exact / 8) << "seed " << seed << " q " << q;
    }
  }
}

TEST(histogram, quantiles_never_fall_when_the_share_grows) {
  std::mt19937_64 dice{5};
  latency_histogram all;
  for (auto value : random_values(dice, 1'000))
    all.record(microseconds{value});
  auto last = 0us;
  for (int percent = 0; percent <= 100; ++percent) {
    auto told = all.quantile(percent / 100.0);
    ASSERT_GE(told, last) << percent;
    last = told;
  }
  EXPECT_EQ(last, all.max());
}

TEST(histogram, merging_is_the_same_as_recording_everything_in_one) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    std::mt19937_64 dice{seed};
    latency_histogram parts[3];
    latency_histogram whole;
    for (auto value : random_values(dice, 300)) {
      parts[dice() % 3].record(microseconds{value});
      whole.record(microseconds{value});
    }
    latency_histogram forwards;
    for (const auto& part : parts)
      forwards.merge(part);
    auto backwards = parts[2];
    backwards.merge(parts[1]);
    backwards.merge(parts[0]);
    ASSERT_EQ(forwards, whole) << seed;
    ASSERT_EQ(backwards, whole) << seed;
  }
}

TEST(histogram, merging_an_empty_one_changes_nothing) {
  auto some = of({3, 30, 300});
  auto before = some;
  some.merge({});
  EXPECT_EQ(some, before);
  latency_histogram none;
  none.merge(before);
  EXPECT_EQ(none, before);
}

TEST(histogram, two_with_different_values_differ) {
  EXPECT_NE(of({1}), of({2}));
  EXPECT_NE(of({1}), of({1, 1}));
  EXPECT_NE(of({1'000}), of({1'001})) << "same bucket, other sum";
}

} // namespace
} // namespace leanworker
