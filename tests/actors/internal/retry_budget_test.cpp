// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/retry_budget.hpp>

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace leanworker::internal {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

retry_config plain(double tokens_max = 3, double per_second = 2) {
  retry_config config;
  config.tokens_max = tokens_max;
  config.tokens_per_second = per_second;
  return config;
}

const auto start = retry_budget::time_point{} + 1h;

int allowed(retry_budget& budget, retry_budget::time_point now) {
  int count = 0;
  while (count < 1'000 && budget.allow(now))
    ++count;
  return count;
}

TEST(retry_budget, it_is_full_at_first_and_then_empty) {
  retry_budget budget{plain()};
  EXPECT_EQ(budget.tokens(start), 3.0);
  EXPECT_EQ(allowed(budget, start), 3);
  EXPECT_FALSE(budget.allow(start));
  EXPECT_EQ(budget.tokens(start), 0.0);
}

TEST(retry_budget, a_token_comes_back_after_its_time_and_not_before) {
  retry_budget budget{plain()};
  allowed(budget, start);
  EXPECT_FALSE(budget.allow(start + 499ms));
  EXPECT_TRUE(budget.allow(start + 500ms));
  EXPECT_FALSE(budget.allow(start + 500ms));
}

TEST(retry_budget, it_never_holds_more_than_its_maximum) {
  retry_budget budget{plain()};
  allowed(budget, start);
  EXPECT_EQ(budget.tokens(start + 24h), 3.0);
  EXPECT_EQ(allowed(budget, start + 24h), 3);
}

TEST(retry_budget, a_refusal_costs_nothing) {
  retry_budget budget{plain(1, 1)};
  ASSERT_TRUE(budget.allow(start));
  for (int i = 1; i < 1'000; ++i)
    ASSERT_FALSE(budget.allow(start + milliseconds{i})) << i;
  EXPECT_TRUE(budget.allow(start + 1'001ms));
}

TEST(retry_budget, without_any_token_there_is_no_retry) {
  retry_budget none{plain(0, 100)};
  retry_budget half{plain(0.5, 100)};
  for (auto now = start; now < start + 10s; now += 100ms) {
    EXPECT_FALSE(none.allow(now));
    EXPECT_FALSE(half.allow(now));
  }
}

TEST(retry_budget, what_does_not_come_back_is_gone) {
  retry_budget budget{plain(2, 0)};
  EXPECT_EQ(allowed(budget, start), 2);
  EXPECT_FALSE(budget.allow(start + 24h));
}

TEST(retry_budget, a_clock_that_stands_or_goes_back_gives_nothing) {
  retry_budget budget{plain()};
  allowed(budget, start);
  EXPECT_EQ(budget.tokens(start - 10s), 0.0);
  EXPECT_EQ(budget.tokens(start), 0.0) << "the time gone back is not given twice";
  EXPECT_EQ(budget.tokens(start + 500ms), 1.0);
}

TEST(retry_budget, in_no_span_are_more_allowed_than_the_burst_and_the_rate) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    std::mt19937 dice{seed};
    retry_budget budget{plain(5, 3)};
    std::vector<retry_budget::time_point> granted;
    auto now = start;
    for (int i = 0; i < 2'000; ++i) {
      now += milliseconds{dice() % 300};
      if (budget.allow(now))
        granted.push_back(now);
    }
    ASSERT_GT(granted.size(), 100u);
    for (std::size_t first = 0; first < granted.size(); ++first)
      for (std::size_t last = first; last < granted.size(); ++last) {
        auto most = 5.0 + 3.0 * std::chrono::duration<double>(granted[last] - granted[first]).count();
        ASSERT_LE(static_cast<double>(last - first + 1), most + 1e-6) << "seed " << seed;
      }
  }
}

} // namespace
} // namespace leanworker::internal
