// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/credit.hpp>

#include <gtest/gtest.h>

#include <thread>
#include <vector>

using namespace leanworker;

namespace {

struct gate_with_count {
  int wakes = 0;
  std::shared_ptr<credit_gate> gate;
  explicit gate_with_count(std::size_t limit, std::shared_ptr<credit_pool> pool = nullptr)
      : gate{std::make_shared<credit_gate>(limit, [this] { ++wakes; }, std::move(pool))} {}
};

} // namespace

TEST(credit, reading_stops_at_the_limit_and_goes_on_at_half_of_it) {
  gate_with_count one{100};
  one.gate->charge(99);
  EXPECT_FALSE(one.gate->pause_if_used_up());
  one.gate->charge(1);
  EXPECT_TRUE(one.gate->pause_if_used_up());
  one.gate->give_back(49);
  EXPECT_EQ(one.wakes, 0) << "51 of 100 are still out";
  one.gate->give_back(1);
  EXPECT_EQ(one.wakes, 1);
  EXPECT_FALSE(one.gate->pause_if_used_up());
  one.gate->give_back(50);
  EXPECT_EQ(one.wakes, 1) << "nobody had paused";
}

TEST(credit, one_piece_larger_than_the_limit_passes_and_stops_what_follows) {
  gate_with_count one{100};
  one.gate->charge(1'000);
  EXPECT_TRUE(one.gate->pause_if_used_up());
  one.gate->give_back(1'000);
  EXPECT_EQ(one.wakes, 1);
}

TEST(credit, a_pool_stops_a_gate_that_has_its_own_credit_left) {
  auto pool = std::make_shared<credit_pool>(200, 10);
  gate_with_count one{150, pool};
  gate_with_count other{150, pool};
  one.gate->charge(140);
  other.gate->charge(60);
  EXPECT_TRUE(one.gate->pause_if_used_up());
  EXPECT_TRUE(other.gate->pause_if_used_up());
  one.gate->give_back(60);
  EXPECT_EQ(one.wakes + other.wakes, 0) << "80 of its own 150 are out, and 140 of the pool's 200";
  one.gate->give_back(39);
  EXPECT_EQ(one.wakes, 1) << "half of its own is free, and the pool is not full";
  EXPECT_EQ(other.wakes, 0) << "101 of 200 are out; its own user has done nothing";
  one.gate->give_back(1);
  EXPECT_EQ(other.wakes, 1);
}

TEST(credit, somebody_who_never_lets_go_does_not_stop_those_who_hold_little) {
  auto pool = std::make_shared<credit_pool>(100, 10);
  gate_with_count greedy{1'000, pool};
  gate_with_count modest{1'000, pool};
  greedy.gate->charge(500);
  EXPECT_TRUE(greedy.gate->pause_if_used_up());
  modest.gate->charge(9);
  EXPECT_FALSE(modest.gate->pause_if_used_up()) << "below the floor it always goes on";
  modest.gate->charge(1);
  EXPECT_TRUE(modest.gate->pause_if_used_up());
  modest.gate->give_back(10);
  EXPECT_EQ(modest.wakes, 1) << "its user is as quick as ever";
}

TEST(credit, a_gate_that_waits_for_itself_and_for_the_pool_is_woken_by_whichever_comes_last) {
  auto pool = std::make_shared<credit_pool>(100, 10);
  gate_with_count one{100, pool};
  gate_with_count other{1'000, pool};
  other.gate->charge(200);
  one.gate->charge(100);
  EXPECT_TRUE(one.gate->pause_if_used_up());
  one.gate->give_back(60);
  EXPECT_EQ(one.wakes, 0) << "its own half is free, the pool is not";
  other.gate->give_back(200);
  EXPECT_EQ(one.wakes, 1);
}

TEST(credit, a_gate_that_is_gone_is_not_woken) {
  auto pool = std::make_shared<credit_pool>(10, 1);
  gate_with_count keeper{100, pool};
  keeper.gate->charge(50);
  {
    gate_with_count gone{100, pool};
    gone.gate->charge(5);
    EXPECT_TRUE(gone.gate->pause_if_used_up());
    gone.gate->give_back(5);
  }
  keeper.gate->give_back(50);
  EXPECT_EQ(pool->used_bytes(), 0u);
}

TEST(credit, no_wake_up_is_lost_between_a_reader_that_pauses_and_users_that_let_go) {
  constexpr int rounds = 20'000;
  std::atomic<int> wakes{0};
  auto pool = std::make_shared<credit_pool>(64, 4);
  auto gate = std::make_shared<credit_gate>(32, [&] { ++wakes; }, pool);
  std::atomic<int> charged{0};
  std::atomic<bool> over{false};
  std::thread user{[&] {
    for (int done = 0; !over || done < charged;)
      if (done < charged) {
        gate->give_back(8);
        ++done;
      } else {
        std::this_thread::yield();
      }
  }};
  for (int i = 0; i < rounds; ++i) {
    auto before = wakes.load();
    if (gate->pause_if_used_up())
      while (wakes == before) // a lost wake-up hangs here, and the test's timeout tells
        std::this_thread::yield();
    gate->charge(8);
    ++charged;
  }
  over = true;
  user.join();
  EXPECT_EQ(gate->used_bytes(), 0u);
}
