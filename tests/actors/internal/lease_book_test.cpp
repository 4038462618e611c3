// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/lease_book.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace leanworker::internal {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;
using numbers = std::vector<std::uint64_t>;

const time_point start = time_point{} + 1h;

lease_token grant(lease_book& book, std::uint32_t slot = 0, client_number holder = 1, milliseconds expiry = 1'000ms, time_point now = start) {
  return book.grant(slot, 5, holder, nullptr, expiry, now).token;
}

TEST(lease_book, a_lease_opens_for_its_holder) {
  lease_book book;
  auto token = grant(book, 3, 9);
  EXPECT_EQ(token.slot, 3u);
  EXPECT_EQ(token.generation, 5u);
  auto lease = book.open(token, 9);
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->token, token);
  EXPECT_EQ(lease->holder, 9u);
  EXPECT_EQ(lease->expiry, 1'000ms);
  EXPECT_EQ(lease->last_active, start);
  EXPECT_EQ(lease->job, 0u);
  EXPECT_EQ(lease->ending, errc::none);
  EXPECT_EQ(book.find(token.number), lease);
}

TEST(lease_book, a_token_with_any_other_number_or_sender_opens_nothing) {
  lease_book book;
  auto token = grant(book, 3, 9);
  grant(book, 4, 9);
  auto [number, slot, generation] = token;
  EXPECT_FALSE(book.open(token, 8)) << "another holder";
  EXPECT_FALSE(book.open({number + 1, slot, generation}, 9)) << "another lease";
  EXPECT_FALSE(book.open({number, slot + 1, generation}, 9)) << "another slot";
  EXPECT_FALSE(book.open({number, slot, generation + 1}, 9)) << "another generation";
  EXPECT_FALSE(book.open({}, 9)) << "none at all";
  EXPECT_FALSE(book.open({number, slot, generation - 1}, 9));
  EXPECT_TRUE(book.open(token, 9));
}

TEST(lease_book, one_that_is_ending_opens_nothing_but_is_still_in_the_book) {
  lease_book book;
  auto token = grant(book);
  book.find(token.number)->ending = errc::cycled;
  EXPECT_FALSE(book.open(token, 1));
  ASSERT_TRUE(book.find(token.number));
  EXPECT_EQ(book.end(token.number)->ending, errc::cycled);
}

TEST(lease_book, I13_a_lease_ends_once_and_opens_nothing_afterwards) {
  lease_book book;
  auto token = grant(book, 3, 9);
  auto ended = book.end(token.number);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->token, token);
  EXPECT_EQ(ended->holder, 9u);
  EXPECT_FALSE(book.end(token.number)) << "a second end";
  EXPECT_FALSE(book.open(token, 9));
  EXPECT_FALSE(book.find(token.number));
  EXPECT_EQ(book.size(), 0u);
}

TEST(lease_book, I13_the_next_lease_of_the_same_child_is_another_one) {
  lease_book book;
  auto old = grant(book);
  book.end(old.number);
  auto young = grant(book);
  EXPECT_NE(old.number, young.number);
  EXPECT_EQ(old.generation, young.generation);
  EXPECT_FALSE(book.open(old, 1));
  EXPECT_TRUE(book.open(young, 1));
  EXPECT_FALSE(book.end(old.number)) << "a late release must not end the lease of somebody else";
  EXPECT_TRUE(book.open(young, 1));
}

TEST(lease_book, what_was_never_granted_does_not_end) {
  lease_book book;
  EXPECT_FALSE(book.end(0));
  EXPECT_FALSE(book.end(1));
  EXPECT_FALSE(book.open({}, 0));
}

TEST(lease_book, a_lease_expires_exactly_when_its_time_without_work_is_over) {
  lease_book book;
  auto token = grant(book);
  EXPECT_EQ(book.next_expiry(), start + 1'000ms);
  EXPECT_TRUE(book.expired(start + 999ms).empty());
  EXPECT_EQ(book.expired(start + 1'000ms), numbers{token.number});
  book.find(token.number)->last_active = start + 500ms; // renewed
  EXPECT_TRUE(book.expired(start + 1'499ms).empty());
  EXPECT_EQ(book.next_expiry(), start + 1'500ms);
}

TEST(lease_book, a_lease_that_works_does_not_expire) {
  lease_book book;
  auto token = grant(book);
  book.find(token.number)->job = 77;
  EXPECT_TRUE(book.expired(start + 24h).empty());
  EXPECT_EQ(book.next_expiry(), std::nullopt);
  book.find(token.number)->job = 0;
  EXPECT_EQ(book.expired(start + 24h), numbers{token.number});
}

TEST(lease_book, the_next_expiry_is_the_earliest_of_those_that_do_not_work) {
  lease_book book;
  EXPECT_EQ(book.next_expiry(), std::nullopt);
  grant(book, 0, 1, 3'000ms);
  auto second = grant(book, 1, 1, 1'000ms);
  grant(book, 2, 1, 2'000ms);
  EXPECT_EQ(book.next_expiry(), start + 1'000ms);
  book.find(second.number)->job = 7;
  EXPECT_EQ(book.next_expiry(), start + 2'000ms);
}

TEST(lease_book, leases_are_found_by_their_holder) {
  lease_book book;
  auto a = grant(book, 0, 1).number;
  auto b = grant(book, 1, 2).number;
  auto c = grant(book, 2, 1).number;
  EXPECT_EQ(book.of(1), (numbers{a, c}));
  EXPECT_EQ(book.of(2), numbers{b});
  EXPECT_TRUE(book.of(3).empty());
  EXPECT_EQ(book.all(), (numbers{a, b, c}));
}

TEST(lease_book, I13_in_any_history_each_lease_ends_exactly_once) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    std::mt19937 dice{seed};
    lease_book book;
    std::vector<lease_token> granted;
    std::set<std::uint64_t> open;
    auto now = start;
    for (int step = 0; step < 1'000; ++step) {
      now += milliseconds{dice() % 50};
      if (granted.empty() || (dice() % 3 == 0 && open.size() < 20)) {
        granted.push_back(grant(book, dice() % 8, 1 + dice() % 3, milliseconds{1 + dice() % 1'000}, now));
        ASSERT_NE(granted.back().number, 0u);
        ASSERT_TRUE(open.insert(granted.back().number).second) << "a number was given twice";
        continue;
      }
      const auto& token = granted[dice() % granted.size()];
      bool is_open = open.contains(token.number);
      ASSERT_EQ(book.find(token.number) != nullptr, is_open);
      if (dice() % 2) {
        ASSERT_EQ(book.end(token.number).has_value(), open.erase(token.number) == 1) << "seed " << seed << " step " << step;
      } else {
        auto opens = 0;
        for (client_number holder = 1; holder <= 3; ++holder)
          opens += book.open(token, holder) != nullptr;
        ASSERT_EQ(opens, is_open ? 1 : 0) << "for one holder only";
      }
      ASSERT_EQ(book.all(), numbers(open.begin(), open.end()));
      auto next = book.next_expiry();
      ASSERT_EQ(book.expired(now).empty(), !next || *next > now) << "seed " << seed << " step " << step;
    }
  }
}

} // namespace
} // namespace leanworker::internal
