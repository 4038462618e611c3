// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/quarantine.hpp>

#include <gtest/gtest.h>

namespace leanworker::internal {
namespace {

using namespace std::chrono_literals;

quarantine_config plain() {
  quarantine_config config;
  config.deaths_max = 2;
  config.time = 60'000ms;
  config.suspicion = 600'000ms;
  config.entries_max = 4;
  return config;
}

child_down death(std::uint64_t generation, std::string tail = {}) {
  child_down down;
  down.generation = generation;
  down.cause = errc::child_signalled;
  down.stderr_tail = std::move(tail);
  return down;
}

/// A quarantine with a clock of its own.
struct clocked_quarantine {
  quarantine all;
  quarantine::time_point now = quarantine::time_point{} + 1h;

  explicit clocked_quarantine(quarantine_config config = plain()) : all{config} {}
  bool killed(std::uint64_t fingerprint, std::uint32_t slot, std::uint64_t generation) {
    return all.killed(fingerprint, slot, death(generation), now);
  }
  bool locked(std::uint64_t fingerprint) const { return all.find(fingerprint, now).has_value(); }
};

TEST(quarantine, the_second_child_it_kills_is_one_too_many) {
  clocked_quarantine q;
  EXPECT_FALSE(q.killed(1, 0, 0));
  EXPECT_FALSE(q.locked(1));
  EXPECT_TRUE(q.killed(1, 1, 0));
  auto entry = q.all.find(1, q.now);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->fingerprint, 1u);
  EXPECT_EQ(entry->left, 60'000ms);
  EXPECT_EQ(entry->deaths, (std::vector{death(0), death(0)}));
  EXPECT_FALSE(q.locked(2)) << "only this request";
}

TEST(quarantine, only_different_children_count) {
  clocked_quarantine q;
  EXPECT_FALSE(q.killed(1, 3, 5));
  EXPECT_FALSE(q.killed(1, 3, 5)) << "the same death told twice";
  EXPECT_TRUE(q.killed(1, 3, 6)) << "the next generation of the same slot is another child";
  EXPECT_EQ(q.all.find(1, q.now)->deaths.size(), 2u);
}

TEST(quarantine, a_limit_of_none_means_one) {
  for (unsigned limit : {0u, 1u}) {
    auto config = plain();
    config.deaths_max = limit;
    clocked_quarantine q{config};
    EXPECT_TRUE(q.killed(1, 0, 0)) << limit;
    EXPECT_TRUE(q.locked(1)) << limit;
  }
}

TEST(quarantine, it_ends_exactly_when_its_time_is_over) {
  clocked_quarantine q;
  q.killed(1, 0, 0);
  q.killed(1, 1, 0);
  q.now += 59'999ms;
  ASSERT_TRUE(q.locked(1));
  EXPECT_EQ(q.all.find(1, q.now)->left, 1ms);
  q.now += 1ms;
  EXPECT_FALSE(q.locked(1));
  EXPECT_TRUE(q.all.list(q.now).empty());
}

TEST(quarantine, after_it_the_count_begins_anew) {
  clocked_quarantine q;
  q.killed(1, 0, 0);
  q.killed(1, 1, 0);
  q.now += 60'000ms;
  EXPECT_FALSE(q.killed(1, 0, 1));
  EXPECT_TRUE(q.killed(1, 1, 1));
  EXPECT_EQ(q.all.find(1, q.now)->deaths, (std::vector{death(1), death(1)})) << "the old deaths are gone";
}

TEST(quarantine, a_death_longer_ago_than_the_suspicion_lasts_does_not_count) {
  clocked_quarantine q;
  q.killed(1, 0, 0);
  auto early = q;
  early.now += 599'999ms;
  EXPECT_TRUE(early.killed(1, 1, 0));
  q.now += 600'000ms;
  EXPECT_FALSE(q.killed(1, 1, 0));
  EXPECT_TRUE(q.killed(1, 2, 0)) << "but the second one did";
}

TEST(quarantine, a_quarantine_longer_than_the_suspicion_is_not_ended_by_one_more_death) {
  auto config = plain();
  config.time = 2 * config.suspicion;
  clocked_quarantine q{config};
  q.killed(1, 0, 0);
  q.killed(1, 1, 0);
  q.now += config.suspicion + 1ms;
  ASSERT_TRUE(q.locked(1));
  EXPECT_TRUE(q.killed(1, 2, 0)) << "it had been on its way";
  EXPECT_TRUE(q.locked(1));
}

TEST(quarantine, a_further_death_prolongs_it) {
  clocked_quarantine q;
  q.killed(1, 0, 0);
  q.killed(1, 1, 0);
  q.now += 30'000ms;
  EXPECT_TRUE(q.killed(1, 2, 0));
  EXPECT_EQ(q.all.find(1, q.now)->left, 60'000ms);
  EXPECT_EQ(q.all.find(1, q.now)->deaths.size(), 2u) << "those that locked it up";
}

TEST(quarantine, a_success_takes_all_suspicion_away) {
  clocked_quarantine q;
  q.all.absolve(1); // nothing known yet
  q.killed(1, 0, 0);
  q.killed(2, 0, 1);
  q.all.absolve(1);
  EXPECT_FALSE(q.killed(1, 1, 0));
  EXPECT_TRUE(q.killed(2, 1, 1)) << "of the other one nothing was taken";
}

TEST(quarantine, release_forgets_one_or_all_and_says_whether_there_was_any) {
  clocked_quarantine q;
  EXPECT_FALSE(q.all.release(0));
  EXPECT_FALSE(q.all.release(1));
  for (std::uint64_t fingerprint : {1u, 2u, 3u})
    q.killed(fingerprint, 0, fingerprint), q.killed(fingerprint, 1, fingerprint);
  EXPECT_TRUE(q.all.release(2));
  EXPECT_FALSE(q.all.release(2));
  EXPECT_TRUE(q.locked(1));
  EXPECT_FALSE(q.locked(2));
  EXPECT_TRUE(q.all.release(0));
  EXPECT_FALSE(q.locked(1));
  EXPECT_EQ(q.all.size(), 0u);
}

TEST(quarantine, suspects_are_not_listed) {
  clocked_quarantine q;
  q.killed(1, 0, 0);
  q.killed(2, 0, 1), q.killed(2, 1, 1);
  auto listed = q.all.list(q.now);
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].fingerprint, 2u);
}

TEST(quarantine, beyond_the_maximum_the_oldest_suspect_is_forgotten_and_no_quarantined_one) {
  clocked_quarantine q;
  q.killed(1, 0, 0), q.killed(1, 1, 0); // the oldest, but locked up
  for (std::uint64_t fingerprint : {2u, 3u, 4u, 5u}) {
    q.now += 1ms;
    q.killed(fingerprint, 0, fingerprint);
  }
  EXPECT_EQ(q.all.size(), 4u);
  EXPECT_TRUE(q.locked(1));
  EXPECT_FALSE(q.killed(2, 1, 2)) << "was forgotten";
}

TEST(quarantine, what_has_lapsed_makes_room_first) {
  clocked_quarantine q;
  q.killed(1, 0, 0), q.killed(1, 1, 0);
  q.now += 60'000ms; // the quarantine is over
  for (std::uint64_t fingerprint : {2u, 3u, 4u, 5u})
    q.killed(fingerprint, 0, fingerprint);
  EXPECT_EQ(q.all.size(), 4u);
  for (std::uint64_t fingerprint : {2u, 3u, 4u, 5u})
    EXPECT_TRUE(q.killed(fingerprint, 1, fingerprint)) << fingerprint << " was still a suspect";
}

TEST(quarantine, it_never_holds_more_than_its_maximum_whatever_that_is) {
  for (std::size_t limit : {0u, 1u, 3u}) {
    auto config = plain();
    config.entries_max = limit;
    clocked_quarantine q{config};
    for (std::uint64_t fingerprint = 1; fingerprint <= 50; ++fingerprint) {
      q.killed(fingerprint, 0, fingerprint);
      if (fingerprint % 3 == 0)
        q.killed(fingerprint, 1, fingerprint);
      if (fingerprint % 7 == 0)
        q.now += 700'000ms; // everything lapses
      ASSERT_LE(q.all.size(), std::max<std::size_t>(1, limit));
      ASSERT_GE(q.all.size(), 1u) << "the latest is always known";
    }
  }
}

TEST(quarantine, only_the_end_of_a_childs_last_words_is_kept) {
  clocked_quarantine q;
  auto text = std::string(10'000, 'a') + "the end";
  q.all.killed(1, 0, death(0, text), q.now);
  q.all.killed(1, 1, death(0, "short"), q.now);
  auto deaths = q.all.find(1, q.now)->deaths;
  EXPECT_EQ(deaths[0].stderr_tail.size(), 4096u);
  EXPECT_TRUE(deaths[0].stderr_tail.ends_with("athe end"));
  EXPECT_EQ(deaths[1].stderr_tail, "short");
}

TEST(quarantine, no_character_of_a_childs_last_words_is_cut_in_half) {
  clocked_quarantine q;
  std::string text;
  for (int i = 0; i < 3'000; ++i)
    text += "\xC3\xA4";
  q.all.killed(1, 0, death(0, text + "."), q.now);
  q.all.killed(1, 1, death(0), q.now);
  auto kept = q.all.find(1, q.now)->deaths[0].stderr_tail;
  EXPECT_EQ(kept.size(), 4095u);
  EXPECT_TRUE(kept.starts_with("\xC3\xA4"));
}

} // namespace
} // namespace leanworker::internal
