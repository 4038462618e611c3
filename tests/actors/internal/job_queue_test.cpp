// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/job_queue.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace leanworker::internal {
namespace {

job entry(ticket id, std::string key = "") {
  job result;
  result.request.id = id;
  result.request.session_key = std::move(key);
  return result;
}

/// Takes until nothing is left; the tickets in the order in which they came out.
std::vector<ticket> drain(job_queue& queue, const std::set<std::string>& known = {}) {
  std::vector<ticket> order;
  while (auto taken = queue.take(known))
    order.push_back(taken->request.id);
  return order;
}

using tickets = std::vector<ticket>;

TEST(job_queue, first_in_first_out_without_known_keys) {
  job_queue queue{10, 16};
  for (ticket id : {3, 1, 2})
    EXPECT_TRUE(queue.push(entry(id, std::to_string(id))));
  EXPECT_EQ(queue.size(), 3u);
  EXPECT_EQ(drain(queue), (tickets{3, 1, 2}));
  EXPECT_TRUE(queue.empty());
  EXPECT_FALSE(queue.take({}));
}

TEST(job_queue, first_in_first_out_when_every_key_is_known) {
  job_queue queue{10, 16};
  for (ticket id : {3, 1, 2})
    queue.push(entry(id, "k"));
  EXPECT_EQ(drain(queue, {"k"}), (tickets{3, 1, 2}));
}

TEST(job_queue, a_full_queue_takes_no_more_and_a_taken_job_makes_room) {
  job_queue queue{2, 16};
  EXPECT_TRUE(queue.push(entry(1)));
  EXPECT_TRUE(queue.push(entry(2)));
  EXPECT_FALSE(queue.push(entry(3)));
  EXPECT_EQ(queue.size(), 2u);
  queue.take({});
  EXPECT_TRUE(queue.push(entry(4)));
  EXPECT_EQ(drain(queue), (tickets{2, 4}));
}

TEST(job_queue, a_queue_without_room_takes_nothing) {
  job_queue queue{0, 16};
  EXPECT_FALSE(queue.push(entry(1)));
  EXPECT_TRUE(queue.empty());
}

TEST(job_queue, a_known_key_goes_first) {
  job_queue queue{10, 16};
  queue.push(entry(1, "a"));
  queue.push(entry(2, "b"));
  queue.push(entry(3, "a"));
  queue.push(entry(4, "b"));
  EXPECT_EQ(queue.take({"b"})->request.id, 2u);
  EXPECT_EQ(queue.take({"b"})->request.id, 4u);
  EXPECT_EQ(queue.take({"b"})->request.id, 1u) << "no known key is left";
  EXPECT_EQ(queue.take({"x", "a"})->request.id, 3u);
}

TEST(job_queue, nobody_is_overtaken_more_often_than_allowed) {
  for (unsigned bound : {0u, 1u, 3u, 16u}) {
    job_queue queue{100, bound};
    queue.push(entry(1, "cold"));
    for (ticket id = 2; id < 60; ++id)
      queue.push(entry(id, "warm"));
    unsigned overtaken = 0;
    while (queue.take({"warm"})->request.id != 1)
      ++overtaken;
    EXPECT_EQ(overtaken, bound);
  }
}

TEST(job_queue, the_bound_holds_for_each_one_that_waits) {
  job_queue queue{100, 2};
  queue.push(entry(1, "cold"));
  queue.push(entry(2, "warm"));
  queue.push(entry(3, "cold"));
  for (ticket id = 4; id < 10; ++id)
    queue.push(entry(id, "warm"));
  EXPECT_EQ(drain(queue, {"warm"}), (tickets{2, 4, 1, 5, 3, 6, 7, 8, 9})) << "3 was overtaken by 4 and 5";
}

TEST(job_queue, a_removed_job_is_gone_and_the_others_stay_in_order) {
  job_queue queue{10, 16};
  for (ticket id : {1, 2, 3})
    queue.push(entry(id));
  EXPECT_EQ(queue.remove(2)->request.id, 2u);
  EXPECT_FALSE(queue.remove(2));
  EXPECT_FALSE(queue.remove(99));
  EXPECT_EQ(drain(queue), (tickets{1, 3}));
}

TEST(job_queue, a_job_that_comes_back_keeps_its_turn_and_needs_no_room) {
  job_queue queue{2, 16};
  queue.push(entry(1));
  queue.push(entry(2));
  auto back = queue.take({});
  queue.push(entry(3));
  back->deaths.emplace_back();
  queue.push_back_first(std::move(*back));
  EXPECT_EQ(queue.size(), 3u);
  EXPECT_FALSE(queue.push(entry(4))) << "it is over full, not larger";
  auto taken = queue.take({});
  EXPECT_EQ(taken->request.id, 1u);
  EXPECT_EQ(taken->deaths.size(), 1u);
}

TEST(job_queue, take_all_empties_it_in_order) {
  job_queue queue{10, 16};
  queue.push(entry(1, "a"));
  queue.push(entry(2, "b"));
  auto all = queue.take_all();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].request.id, 1u);
  EXPECT_EQ(all[1].request.id, 2u);
  EXPECT_TRUE(queue.empty());
}

/// A queue and what must be true of it: who waits, in which order, and how often each one was overtaken.
struct checked_queue {
  static constexpr unsigned overtaken_max = 4;
  static constexpr std::size_t size_max = 12;
  job_queue queue{size_max, overtaken_max};
  std::vector<ticket> waiting;
  std::map<ticket, unsigned> overtaken;
  std::mt19937 dice;
  ticket next = 1;
  std::vector<job> running;

  explicit checked_queue(unsigned seed) : dice{seed} {}
  std::string key() { return std::string(1, static_cast<char>('a' + dice() % 4)); }

  void push() {
    bool fits = queue.size() < size_max;
    EXPECT_EQ(queue.push(entry(next, key())), fits);
    if (fits)
      waiting.push_back(next++);
  }
  void take() {
    auto taken = queue.take({key(), key()});
    ASSERT_EQ(taken.has_value(), !waiting.empty());
    if (!taken)
      return;
    auto place = std::find(waiting.begin(), waiting.end(), taken->request.id);
    ASSERT_NE(place, waiting.end()) << "nobody waits with ticket " << taken->request.id;
    for (auto before = waiting.begin(); before != place; ++before)
      EXPECT_LE(++overtaken[*before], overtaken_max) << "ticket " << *before;
    waiting.erase(place);
    running.push_back(std::move(*taken));
  }
  void remove() {
    auto id = 1 + dice() % next;
    auto place = std::find(waiting.begin(), waiting.end(), id);
    EXPECT_EQ(queue.remove(id).has_value(), place != waiting.end());
    if (place != waiting.end())
      waiting.erase(place);
  }
  void come_back() {
    if (running.empty())
      return;
    waiting.insert(waiting.begin(), running.back().request.id);
    queue.push_back_first(std::move(running.back()));
    running.pop_back();
  }
  void step() {
    switch (dice() % 8) {
      case 0:
      case 1:
      case 2: return push();
      case 3:
      case 4:
      case 5: return take();
      case 6: return remove();
      default: return come_back();
    }
  }
};

TEST(job_queue, nothing_is_lost_doubled_or_overtaken_too_often_in_any_order_of_events) {
  for (unsigned seed = 0; seed < 500 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    checked_queue checked{seed};
    for (int i = 0; i < 200 && !testing::Test::HasFatalFailure(); ++i) {
      checked.step();
      ASSERT_EQ(checked.queue.size(), checked.waiting.size());
    }
    while (!checked.waiting.empty() && !testing::Test::HasFatalFailure())
      checked.take();
    EXPECT_TRUE(checked.queue.empty());
  }
}

} // namespace
} // namespace leanworker::internal
