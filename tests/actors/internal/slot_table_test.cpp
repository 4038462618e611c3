// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/slot_table.hpp>

#include <gtest/gtest.h>

namespace leanworker::internal {
namespace {

using namespace std::chrono_literals;

const time_point now = time_point{} + 1h;
auto none_pinned = [](const pool_slot&) { return false; };

key_ptr key_of(std::string toolchain, std::vector<std::string> imports = {}, std::string policy = {}) {
  session_key key;
  key.toolchain = std::move(toolchain);
  key.imports = std::move(imports);
  key.policy = std::move(policy);
  return make_key(key, false);
}
const key_ptr a = key_of("/a");
const key_ptr b = key_of("/b");

/// A slot table that is filled in one line per slot.
struct table {
  slot_table slots;

  pool_slot& add(slot_life life, key_ptr bound, std::chrono::seconds used = 0s, bool spare = false) {
    auto& slot = slots.open(spare);
    slot.life = life;
    slot.bound = std::move(bound);
    slot.last_used = now - 1h + used;
    return slot;
  }
  pool_slot& ready(key_ptr bound, std::chrono::seconds used = 0s) { return add(slot_life::ready, std::move(bound), used); }
};

/// Every way in which a ready slot is not free.
const std::pair<const char*, void (*)(pool_slot&)> occupations[] = {
  {"works", [](pool_slot& slot) { slot.job = 1; }},
  {"is leased", [](pool_slot& slot) { slot.lease = 1; }},
  {"has a cancelled request", [](pool_slot& slot) { slot.settling = true; }},
  {"is closing", [](pool_slot& slot) { slot.closing = true; }},
  {"is a spare", [](pool_slot& slot) { slot.spare = true; }},
  {"starts", [](pool_slot& slot) { slot.life = slot_life::starting; }},
  {"ends", [](pool_slot& slot) { slot.life = slot_life::ending; }},
  {"rests", [](pool_slot& slot) { slot.life = slot_life::resting; }},
  {"gave up", [](pool_slot& slot) { slot.life = slot_life::parked; }},
  {"is closed", [](pool_slot& slot) { slot.life = slot_life::closed; }},
};

TEST(slot_table, a_closed_slot_is_opened_again_with_its_history_and_nothing_else) {
  table t;
  t.ready(a);
  auto& closed = t.add(slot_life::closed, a);
  closed.ever_ran = true;
  closed.generation = 7;
  closed.next_generation = 8;
  closed.requests = 40;
  closed.last_end = "exit code 3";
  closed.doomed = closed.closing = true;
  closed.due = cycle_reason{};
  auto& again = t.slots.open(true);
  EXPECT_EQ(&again, &closed);
  EXPECT_EQ(again.id, 1u);
  EXPECT_EQ(again.next_generation, 8u);
  EXPECT_EQ(again.requests, 40u);
  EXPECT_EQ(again.last_end, "exit code 3");
  EXPECT_TRUE(again.spare && again.open());
  EXPECT_FALSE(again.doomed || again.closing || again.due || again.bound);
  EXPECT_EQ(t.slots.open(false).id, 2u); // none is closed now
}

TEST(slot_table, a_number_is_an_index_and_addresses_stay) {
  slot_table slots;
  auto first = &slots.open(false);
  for (int i = 1; i < 1'000; ++i)
    EXPECT_EQ(slots.open(i % 2 == 1).id, static_cast<std::uint32_t>(i));
  EXPECT_EQ(&slots.at(0), first);
  EXPECT_TRUE(slots.at(1).spare);
  EXPECT_TRUE(slots.has(999));
  EXPECT_FALSE(slots.has(1'000));
  EXPECT_EQ(slots.size(), 1'000u);
  EXPECT_THROW(slots.at(1'000), std::out_of_range);
}

TEST(slot_table, keys_share_a_child_unless_sessions_are_isolated) {
  session_key one;
  one.imports = {"Init"};
  session_key other;
  other.imports = {"Lean"};
  EXPECT_EQ(make_key(one, false)->bind, make_key(other, false)->bind);
  EXPECT_NE(make_key(one, false)->hash, make_key(other, false)->hash);
  EXPECT_NE(make_key(one, true)->bind, make_key(other, true)->bind);
  EXPECT_EQ(make_key(one, true)->child, session_key{});
}

TEST(slot_table, T18_two_policies_never_share_a_child) {
  auto one = key_of("/a", {}, "rss=800");
  auto other = key_of("/a", {}, "rss=801");
  EXPECT_NE(one->bind, other->bind);
  table t;
  t.ready(one);
  EXPECT_TRUE(t.slots.best_idle(one->bind, one->hash));
  EXPECT_FALSE(t.slots.best_idle(other->bind, other->hash));
}

TEST(slot_table, the_idle_slot_that_knows_the_key_is_best_else_the_one_used_last) {
  auto wanted = key_of("/a", {"Lean"});
  table t;
  t.ready(a, 1s).warm.use(wanted, 8);
  t.ready(a, 9s);
  t.ready(a, 5s).warm.use(wanted, 8);
  t.ready(b, 20s).warm.use(wanted, 8);
  EXPECT_EQ(t.slots.best_idle(wanted->bind, wanted->hash)->id, 2u) << "of the warm ones the one used last";
  EXPECT_EQ(t.slots.best_idle(a->bind, 12345)->id, 1u) << "nobody knows this one";
  EXPECT_FALSE(t.slots.best_idle(12345, wanted->hash)) << "no such kind";
}

TEST(slot_table, what_is_not_free_is_not_idle) {
  for (const auto& [how, occupy] : occupations) {
    table t;
    auto& slot = t.ready(a);
    EXPECT_TRUE(t.slots.any_idle());
    EXPECT_TRUE(t.slots.any_idle(a->bind));
    EXPECT_FALSE(t.slots.any_idle(b->bind));
    occupy(slot);
    EXPECT_FALSE(t.slots.any_idle()) << how;
    EXPECT_FALSE(t.slots.any_idle(a->bind)) << how;
    EXPECT_FALSE(t.slots.best_idle(a->bind, a->hash)) << how;
    EXPECT_FALSE(t.slots.to_evict(b->bind, none_pinned)) << how;
  }
}

TEST(slot_table, T12_a_foreign_idle_worker_can_be_evicted) {
  table t;
  t.ready(a, 9s);
  t.ready(a, 3s);
  t.ready(b, 1s);
  ASSERT_TRUE(t.slots.to_evict(b->bind, none_pinned));
  EXPECT_EQ(t.slots.to_evict(b->bind, none_pinned)->id, 1u) << "the foreign one not used for longest";
  EXPECT_EQ(t.slots.to_evict(a->bind, none_pinned)->id, 2u);
  EXPECT_EQ(t.slots.to_evict(12345, none_pinned)->id, 2u) << "for a kind that nobody serves any will do";
}

TEST(slot_table, T12_neither_its_own_kind_nor_a_pinned_one_nor_one_being_replaced_is_evicted) {
  table t;
  t.ready(a, 1s);
  t.ready(b, 2s);
  EXPECT_FALSE(t.slots.to_evict(a->bind, [](const pool_slot& slot) { return slot.id == 1; }));
  t.slots.at(1).replaced_by = 7;
  EXPECT_FALSE(t.slots.to_evict(a->bind, none_pinned));
  t.slots.at(1).replaced_by.reset();
  EXPECT_EQ(t.slots.to_evict(a->bind, none_pinned)->id, 1u);
  t.slots.at(1).bound = nullptr;
  EXPECT_FALSE(t.slots.to_evict(a->bind, none_pinned)) << "of no kind at all";
}

TEST(slot_table, T12_a_key_may_have_several_workers) {
  table t;
  t.ready(a);
  t.add(slot_life::resting, nullptr);
  EXPECT_EQ(t.slots.live(a->bind), 1u);
  auto second = t.slots.free_for(a->bind, false, false, now);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->id, 1u);
}

TEST(slot_table, coming_are_those_whose_child_is_not_spoken_for) {
  table t;
  t.add(slot_life::starting, a);
  t.add(slot_life::ending, a);
  EXPECT_EQ(t.slots.coming(a->bind), 2u);
  EXPECT_EQ(t.slots.coming(b->bind), 0u);
  t.slots.at(1).doomed = true;
  EXPECT_EQ(t.slots.coming(a->bind), 1u) << "it will rest";
  for (const auto& [how, occupy] : std::initializer_list<std::pair<const char*, void (*)(pool_slot&)>>{
         {"job", [](pool_slot& slot) { slot.job = 1; }}, {"lease", [](pool_slot& slot) { slot.lease = 1; }},
         {"spare", [](pool_slot& slot) { slot.spare = true; }}, {"closing", [](pool_slot& slot) { slot.closing = true; }},
         {"ready", [](pool_slot& slot) { slot.life = slot_life::ready; }}, {"parked", [](pool_slot& slot) { slot.life = slot_life::parked; }}}) {
    table other;
    occupy(other.add(slot_life::starting, a));
    EXPECT_EQ(other.slots.coming(a->bind), 0u) << how;
  }
}

TEST(slot_table, live_are_those_that_have_a_child_or_will_have_one) {
  table t;
  for (auto life : {slot_life::resting, slot_life::starting, slot_life::ready, slot_life::ending, slot_life::parked, slot_life::closed})
    t.add(life, a);
  t.add(slot_life::ready, b);
  t.add(slot_life::ready, a, 0s, true);
  EXPECT_EQ(t.slots.live(a->bind), 3u);
  EXPECT_EQ(t.slots.live(b->bind), 1u);
  t.slots.at(3).doomed = true;
  EXPECT_EQ(t.slots.live(a->bind), 2u) << "this one ends and rests";
}

TEST(slot_table, a_child_is_started_where_it_costs_least) {
  table t;
  t.add(slot_life::parked, b);
  EXPECT_EQ(t.slots.free_for(a->bind, false, false, now)->id, 0u) << "it gave up, but on another kind";
  t.add(slot_life::resting, b);
  EXPECT_EQ(t.slots.free_for(a->bind, false, false, now)->id, 1u) << "one of another kind that rests";
  t.add(slot_life::resting, nullptr);
  EXPECT_EQ(t.slots.free_for(a->bind, false, false, now)->id, 2u) << "one of no kind yet";
  t.add(slot_life::resting, a);
  EXPECT_EQ(t.slots.free_for(a->bind, false, false, now)->id, 3u) << "one of the same kind";
}

TEST(slot_table, one_that_gave_up_on_this_kind_is_taken_only_when_asked_for_and_after_its_time) {
  table t;
  auto& slot = t.add(slot_life::parked, a);
  slot.parked_until = now;
  EXPECT_FALSE(t.slots.free_for(a->bind, false, false, now));
  EXPECT_TRUE(t.slots.free_for(a->bind, false, true, now));
  EXPECT_FALSE(t.slots.free_for(a->bind, false, true, now - 1ms));
  EXPECT_TRUE(t.slots.free_for(b->bind, false, false, now - 1ms)) << "nothing is known against another kind";
}

TEST(slot_table, no_child_is_started_where_one_is_or_where_somebody_waits_or_at_the_wrong_side) {
  for (auto life : {slot_life::starting, slot_life::ready, slot_life::ending, slot_life::closed}) {
    table t;
    t.add(life, a);
    EXPECT_FALSE(t.slots.free_for(a->bind, false, true, now));
  }
  table t;
  auto& slot = t.add(slot_life::resting, a);
  EXPECT_FALSE(t.slots.free_for(a->bind, true, true, now)) << "spares and workers are not mixed";
  slot.lease = 1;
  EXPECT_FALSE(t.slots.free_for(a->bind, false, true, now));
  slot.lease = 0;
  slot.closing = true;
  EXPECT_FALSE(t.slots.free_for(a->bind, false, true, now));
}

TEST(slot_table, workers_and_busy_ones_are_counted) {
  table t;
  t.ready(a).job = 5;
  t.add(slot_life::parked, a);
  t.add(slot_life::closed, a);
  t.add(slot_life::ready, a, 0s, true).job = 6;
  t.add(slot_life::resting, nullptr).closing = true;
  EXPECT_EQ(t.slots.workers(), 2u);
  EXPECT_EQ(t.slots.busy(), 2u) << "a spare that warms up is busy, too";
}

TEST(slot_table, warm_keys_are_forgotten_as_the_child_forgets_them) {
  warm_keys warm;
  auto one = key_of("/a", {"One"}), two = key_of("/a", {"Two"}), three = key_of("/a", {"Three"});
  EXPECT_FALSE(warm.latest());
  warm.use(one, 2);
  warm.use(two, 2);
  warm.use(one, 2); // used again: now `two` is the oldest
  warm.use(three, 2);
  EXPECT_TRUE(warm.contains(one->hash));
  EXPECT_FALSE(warm.contains(two->hash));
  EXPECT_EQ(warm.latest(), three);
  EXPECT_EQ(warm.all(), (std::vector{one, three}));
  warm.clear();
  EXPECT_FALSE(warm.contains(one->hash));
  warm.use(one, 0);
  EXPECT_TRUE(warm.contains(one->hash)) << "at least the one that is open";
}

} // namespace
} // namespace leanworker::internal
