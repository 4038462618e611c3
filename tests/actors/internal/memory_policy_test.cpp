// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/memory_policy.hpp>

#include <gtest/gtest.h>

namespace leanworker::internal {
namespace {

using namespace std::chrono_literals;
using kind = memory_action::kind;

constexpr std::uint64_t mib = 1u << 20;

memory_config budget_of(std::uint64_t budget_mib) {
  memory_config config;
  config.budget_bytes = budget_mib * mib;
  return config;
}

/// Slot `id` of kind 1, busy. Started, and used last, in the order of the numbers.
memory_slot busy(std::uint32_t id, std::uint64_t size_mib) {
  memory_slot slot;
  slot.slot = id;
  slot.bind = 1;
  slot.bytes = measured_bytes::of(size_mib * mib);
  slot.started = slot.last_used = memory_slot::time_point{} + 1h + std::chrono::seconds{id};
  return slot;
}

memory_slot idle(std::uint32_t id, std::uint64_t size_mib) {
  auto slot = busy(id, size_mib);
  slot.idle = true;
  return slot;
}

memory_slot unmeasured(std::uint32_t id, std::uint64_t bind = 1) {
  auto slot = busy(id, 0);
  slot.bind = bind;
  slot.bytes = {};
  return slot;
}

TEST(memory_policy, the_reservation_is_the_highest_value_of_its_kind_else_of_any_else_the_configured_one) {
  auto config = budget_of(1'000);
  config.reservation_bytes = 300 * mib;
  memory_policy policy{config};
  EXPECT_EQ(policy.reservation(1), 300 * mib);
  policy.observe(1, 100 * mib);
  EXPECT_EQ(policy.reservation(1), 100 * mib) << "measured beats guessed";
  EXPECT_EQ(policy.reservation(2), 300 * mib);
  policy.observe(1, 500 * mib);
  policy.observe(1, 50 * mib);
  EXPECT_EQ(policy.reservation(1), 500 * mib) << "it does not fall";
  EXPECT_EQ(policy.reservation(2), 500 * mib) << "an unknown kind may be as large as any";
  policy.observe(2, 10 * mib);
  EXPECT_EQ(policy.reservation(2), 10 * mib);
}

TEST(memory_policy, the_budget_is_what_is_configured_else_a_share_of_the_tighter_ceiling) {
  machine_memory machine{measured_bytes::of(8'000), {}, {}, {}};
  auto grouped = machine;
  grouped.group_limit = measured_bytes::of(2'000);
  auto loose = machine;
  loose.group_limit = measured_bytes::of(9'000);
  struct {
    std::uint64_t bytes;
    double share;
    machine_memory machine;
    std::uint64_t budget;
  } rows[] = {{0, 0, machine, 0},         {700, 0, machine, 700},  {700, 0.5, machine, 700}, {0, 0.5, machine, 4'000}, {0, 0.5, grouped, 1'000},
              {0, 0.5, loose, 4'000},     {0, 2.0, machine, 8'000}, {0, -1.0, machine, 0},    {0, 0.5, {}, 0},
              {0, 0.5, {{}, {}, measured_bytes::of(600), {}}, 300}};
  for (const auto& row : rows) {
    memory_config config;
    config.budget_bytes = row.bytes;
    config.budget_share = row.share;
    EXPECT_EQ(memory_policy{config}.budget(row.machine), row.budget) << row.bytes << " " << row.share;
  }
}

TEST(memory_policy, T32_an_unmeasured_child_counts_as_its_reservation_and_is_told_as_unknown) {
  memory_policy policy{budget_of(1'000)};
  policy.observe(1, 200 * mib);
  policy.observe(2, 300 * mib);
  auto use = policy.use({busy(0, 100), unmeasured(1, 1), unmeasured(2, 2)}, {});
  EXPECT_EQ(use.used, 100 * mib);
  EXPECT_EQ(use.reserved, 500 * mib);
  EXPECT_EQ(use.unknown, 2u);
  EXPECT_EQ(use.total(), 600 * mib);
  EXPECT_EQ(use.limit, 1'000 * mib);
}

TEST(memory_policy, T32_unmeasured_children_do_not_switch_the_budget_off) {
  memory_policy policy{budget_of(1'000)};
  policy.observe(1, 400 * mib);
  EXPECT_TRUE(policy.admit(1, {busy(0, 400)}, {}).admitted);
  EXPECT_FALSE(policy.admit(1, {busy(0, 400), unmeasured(1)}, {}).admitted);
  EXPECT_FALSE(policy.admit(1, {unmeasured(0), unmeasured(1)}, {}).admitted);
}

TEST(memory_policy, T32_what_the_new_child_will_take_counts) {
  memory_policy policy{budget_of(1'000)};
  policy.observe(1, 200 * mib);
  policy.observe(2, 199 * mib);
  EXPECT_FALSE(policy.admit(1, {busy(0, 700)}, {}).admitted) << "700 + 200 are the 900 of 1000 at which children are ended";
  EXPECT_TRUE(policy.admit(2, {busy(0, 700)}, {}).admitted) << "700 + 199 are not";
}

TEST(memory_policy, T32_a_child_that_takes_little_now_is_reckoned_with_what_its_kind_once_took) {
  memory_policy policy{budget_of(1'000)};
  policy.observe(1, 400 * mib);
  EXPECT_TRUE(policy.admit(1, {busy(0, 50)}, {}).admitted);
  EXPECT_FALSE(policy.admit(1, {busy(0, 50), busy(1, 50)}, {}).admitted) << "three times 400";
  auto leaving = busy(1, 50);
  leaving.ending = true;
  EXPECT_TRUE(policy.admit(1, {busy(0, 50), leaving}, {}).admitted) << "one that goes takes no more";
}

TEST(memory_policy, T32_no_child_is_reckoned_with_more_than_it_may_have) {
  auto config = budget_of(1'000);
  config.worker_bytes_max = 300 * mib;
  memory_policy policy{config};
  policy.observe(1, 900 * mib); // before it was killed
  EXPECT_TRUE(policy.admit(1, {busy(0, 50)}, {}).admitted);
}

TEST(memory_policy, I16_what_nobody_knows_is_not_taken_for_nothing) {
  auto shared = budget_of(0);
  shared.budget_share = 0.5;
  machine_memory machine{measured_bytes::of(1'000 * mib), {}, {}, {}};
  struct {
    const char* what;
    memory_config config;
    machine_memory machine;
    std::vector<memory_slot> slots;
    bool admitted;
  } rows[] = {{"the first child", budget_of(1'000), {}, {}, true},
              {"a second beside one not measured", budget_of(1'000), {}, {unmeasured(0)}, false},
              {"a second beside one measured, of which nothing was remembered", budget_of(1'000), {}, {busy(0, 10)}, true},
              {"the first child under a share of nobody knows what", shared, {}, {}, true},
              {"a second under a share of nobody knows what", shared, {}, {busy(0, 10)}, false},
              {"a second under a share of what is known", shared, machine, {busy(0, 10)}, true},
              {"without a budget", budget_of(0), {}, {unmeasured(0)}, true}};
  for (const auto& row : rows) {
    memory_policy policy{row.config};
    EXPECT_TRUE(policy.admit(1, row.slots, row.machine).admitted) << row.what << ": nobody measures, so no limit is kept";
    policy.measured();
    auto decision = policy.admit(1, row.slots, row.machine);
    EXPECT_EQ(decision.admitted, row.admitted) << row.what;
    EXPECT_EQ(decision.blind, !row.admitted) << row.what;
  }
}

TEST(memory_policy, I16_no_child_is_started_from_the_pause_share_on) {
  memory_policy policy{budget_of(1'000)};
  policy.observe(1, 1 * mib);
  EXPECT_TRUE(policy.admit(1, {busy(0, 799)}, {}).admitted);
  EXPECT_FALSE(policy.admit(1, {busy(0, 800)}, {}).admitted);
}

TEST(memory_policy, I16_without_a_budget_everything_is_admitted_and_nothing_is_done) {
  memory_policy policy{memory_config{}};
  policy.observe(1, 1'000'000 * mib);
  EXPECT_TRUE(policy.admit(1, {busy(0, 1'000'000), unmeasured(1)}, {}).admitted);
  EXPECT_FALSE(policy.act({idle(0, 1'000'000), unmeasured(1)}, {}));
  EXPECT_EQ(policy.use({unmeasured(1)}, {}).unknown, 1u) << "unknown is told as unknown here, too";
}

TEST(memory_policy, I16_a_refusal_tells_its_numbers_and_what_of_them_is_only_reckoned) {
  memory_policy policy{budget_of(2'048)};
  policy.observe(1, 900 * mib);
  EXPECT_EQ(policy.admit(1, {busy(0, 1'800)}, {}).text(), "1800 MiB of 2048 MiB are taken; a child like this takes 900 MiB");
  EXPECT_EQ(policy.admit(1, {busy(0, 900), unmeasured(1)}, {}).text(),
            "1800 MiB of 2048 MiB are taken (1 children not measured, reckoned at 900 MiB); a child like this takes 900 MiB");
  EXPECT_EQ(memory_policy{budget_of(10)}.admit(1, {busy(0, 9)}, {}).text(), "9 MiB of 10 MiB are taken");
}

TEST(memory_policy, T27_a_child_that_outgrows_the_hard_limit_is_killed_at_any_time) {
  memory_config config;
  config.worker_bytes_max = 500 * mib;
  memory_policy policy{config};
  EXPECT_FALSE(policy.act({busy(0, 499)}, {}));
  auto action = policy.act({busy(0, 100), busy(1, 500), busy(2, 700), idle(3, 600)}, {});
  ASSERT_TRUE(action);
  EXPECT_EQ(action->what, kind::kill);
  EXPECT_EQ(action->slot, 2u) << "the largest first";
  EXPECT_EQ(action->cause, errc::memory_limit);
  EXPECT_EQ(action->value, 700 * mib);
  EXPECT_EQ(action->limit, 500 * mib);
}

TEST(memory_policy, T27_an_unmeasured_child_is_never_killed_by_a_guess) {
  auto config = budget_of(1'000);
  config.worker_bytes_max = 100 * mib;
  memory_policy policy{config};
  policy.observe(1, 5'000 * mib);
  EXPECT_FALSE(policy.act({unmeasured(0), unmeasured(1)}, {}));
}

TEST(memory_policy, T27_one_that_is_ending_is_not_killed_again) {
  memory_config config;
  config.worker_bytes_max = 500 * mib;
  memory_policy policy{config};
  auto first = busy(0, 900);
  first.ending = true;
  EXPECT_FALSE(policy.act({first}, {}));
  auto action = policy.act({first, busy(1, 600)}, {});
  ASSERT_TRUE(action);
  EXPECT_EQ(action->slot, 1u);
}

TEST(memory_policy, T16_a_hard_limit_below_the_baseline_is_diagnosed_and_not_acted_on) {
  memory_config config;
  config.worker_bytes_max = 500 * mib;
  memory_policy policy{config};
  auto slot = busy(0, 700);
  slot.baseline = measured_bytes::of(500 * mib);
  auto action = policy.act({slot}, {});
  ASSERT_TRUE(action);
  EXPECT_EQ(action->what, kind::diagnose);
  EXPECT_EQ(action->cause, errc::limit_below_baseline);
  EXPECT_EQ(action->value, 500 * mib);
  EXPECT_EQ(action->limit, 500 * mib);
  slot.baseline = measured_bytes::of(499 * mib);
  EXPECT_EQ(policy.act({slot}, {})->what, kind::kill);
}

TEST(memory_policy, T16_a_diagnosis_does_not_keep_the_limit_from_another_child) {
  memory_config config;
  config.worker_bytes_max = 100 * mib;
  memory_policy policy{config};
  auto hopeless = busy(0, 150);
  hopeless.baseline = measured_bytes::of(120 * mib);
  auto grown = busy(1, 140);
  grown.baseline = measured_bytes::of(50 * mib);
  auto action = policy.act({hopeless, grown}, {});
  ASSERT_TRUE(action);
  EXPECT_EQ(action->what, kind::kill);
  EXPECT_EQ(action->slot, 1u);
}

TEST(memory_policy, T16_a_diagnosis_does_not_switch_the_budget_off) {
  auto config = budget_of(1'000);
  config.worker_bytes_max = 100 * mib;
  memory_policy policy{config};
  auto hopeless = busy(0, 150);
  hopeless.baseline = measured_bytes::of(120 * mib);
  auto other = idle(1, 90);
  auto action = policy.act({hopeless, other, busy(2, 99), busy(3, 99), busy(4, 99)}, {});
  ASSERT_TRUE(action);
  EXPECT_EQ(action->what, kind::diagnose) << "no pressure";
  auto slots = std::vector{hopeless, other};
  for (std::uint32_t id = 2; id < 12; ++id)
    slots.push_back(busy(id, 99));
  action = policy.act(slots, {});
  ASSERT_TRUE(action);
  EXPECT_EQ(action->what, kind::doom) << "1230 of 1000 MiB";
  EXPECT_EQ(action->slot, 1u);
}

struct pressure_row {
  const char* when;
  std::vector<memory_slot> slots;
  std::optional<std::pair<kind, std::uint32_t>> expected;
};

memory_slot with(memory_slot slot, bool memory_slot::*flag) {
  slot.*flag = true;
  return slot;
}

TEST(memory_policy, pressure_is_taken_off_step_by_step) {
  auto doomed = &memory_slot::doomed;
  auto ending = &memory_slot::ending;
  auto retriable = &memory_slot::retriable;
  const pressure_row rows[] = {
    {"below the second share nothing is done", {busy(0, 500), idle(1, 399)}, {}},
    {"the idle one goes", {busy(0, 500), idle(1, 400)}, {{kind::doom, 1}}},
    {"of several idle ones the one not used for longest", {idle(2, 300), idle(1, 300), idle(3, 300)}, {{kind::doom, 1}}},
    {"an idle one also above the third share", {busy(0, 900), idle(1, 100)}, {{kind::doom, 1}}},
    {"none is idle: the busy one used least recently goes when it is free", {busy(2, 450), busy(1, 450)}, {{kind::doom, 1}}},
    {"one is to go already", {busy(0, 450), with(busy(1, 450), doomed)}, {}},
    {"one is on its way out", {idle(0, 450), with(busy(1, 500), ending)}, {}},
    {"above the third share the newest that can be run again is killed",
     {with(busy(0, 300), retriable), with(busy(1, 300), retriable), busy(2, 350)}, {{kind::kill, 1}}},
    {"can none be run again, the newest", {busy(0, 300), busy(2, 300), busy(1, 350)}, {{kind::kill, 2}}},
    {"one that is to go is killed, too", {with(busy(0, 960), doomed)}, {{kind::kill, 0}}},
    {"a guess neither dooms nor kills", {busy(0, 899), unmeasured(1), unmeasured(2)}, {}},
    {"the unmeasured one is not the victim", {with(busy(0, 960), retriable), with(unmeasured(1), retriable)}, {{kind::kill, 0}}},
    {"nobody is there", {}, {}},
  };
  memory_policy policy{budget_of(1'000)};
  policy.observe(1, 500 * mib);
  for (const auto& row : rows) {
    auto action = policy.act(row.slots, {});
    ASSERT_EQ(action.has_value(), row.expected.has_value()) << row.when;
    if (!action)
      continue;
    EXPECT_EQ(std::pair(action->what, action->slot), *row.expected) << row.when;
    EXPECT_EQ(action->cause, errc::memory_pressure) << row.when;
    EXPECT_EQ(action->limit, 1'000 * mib) << row.when;
    EXPECT_GE(action->value, 900 * mib) << row.when;
  }
}

TEST(memory_policy, it_remembers_a_bounded_number_of_kinds) {
  memory_policy policy{budget_of(1'000)};
  for (std::uint64_t bind = 1; bind <= 3'000; ++bind)
    policy.observe(bind, bind);
  unsigned remembered = 0;
  for (std::uint64_t bind = 1; bind < 3'000; ++bind)
    remembered += policy.reservation(bind) == bind; // the others read as the highest of all, 3000
  EXPECT_EQ(remembered, 1'023u);
  EXPECT_EQ(policy.reservation(3'000), 3'000u);
}

} // namespace
} // namespace leanworker::internal
