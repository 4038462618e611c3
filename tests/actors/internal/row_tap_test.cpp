// SPDX-License-Identifier: Apache-2.0
#include <leanworker/harness/made_up_batch.hpp>

#include <leanworker/actors/internal/row_tap.hpp>

#include <gtest/gtest.h>

using namespace leanworker;
using namespace leanworker::harness;
using internal::row_tap;
using namespace std::chrono_literals;

namespace {

struct recording_port : row_port {
  std::vector<row_slice> taken;
  std::vector<rows_summary> ends;
  void take(row_slice slice) override { taken.push_back(std::move(slice)); }
  void closed(rows_summary summary) override { ends.push_back(std::move(summary)); }
};

struct row_tap_test : ::testing::Test {
  std::shared_ptr<recording_port> port = std::make_shared<recording_port>();
  row_tap tap;
  row_tap::time_point now = row_tap::time_point{} + 1h;

  void SetUp() override { tap.open(7, port, now); }
};

} // namespace

TEST_F(row_tap_test, neighbours_become_one_slice_and_a_batch_is_never_split_without_need) {
  auto batch = made_up_batch{}.row(0, "1").frame(frame_kind::diagnostic, "{}").row(1, "2").make();
  tap.row(batch, 0, now);
  tap.note(batch, 1);
  tap.row(batch, 2, now);
  EXPECT_TRUE(port->taken.empty()) << "one message per batch, at its end";
  tap.flush();
  ASSERT_EQ(port->taken.size(), 1u);
  EXPECT_EQ(port->taken[0].first, 0u);
  EXPECT_EQ(port->taken[0].last, 3u);
  EXPECT_EQ(port->delivered(), 2u);
}

TEST_F(row_tap_test, something_foreign_in_between_makes_two_slices) {
  auto batch = made_up_batch{}.row(0, "1").frame(frame_kind::log, "{}", 0).row(1, "2").make();
  tap.row(batch, 0, now);
  tap.row(batch, 2, now);
  tap.flush();
  EXPECT_EQ(port->taken.size(), 2u);
}

TEST_F(row_tap_test, the_summary_comes_once_and_holds_what_was_measured) {
  auto batch = made_up_batch{}.row(0, "12").row(0, "3", "b").make();
  port->meter()->waits = 3;
  port->meter()->waited_microseconds = 4'000;
  tap.row(batch, 0, now + 10ms);
  tap.row(batch, 1, now + 20ms);
  tap.close(now + 30ms);
  tap.close(now + 40ms);
  ASSERT_EQ(port->ends.size(), 1u);
  rows_summary expected;
  expected.rows = 2;
  expected.payload_bytes = 3;
  expected.streams = {{"rows", 1}, {"b", 1}};
  expected.backpressure_waits = 3;
  expected.backpressure_time = 4ms;
  expected.first_row_after = 10ms;
  expected.elapsed = 30ms;
  EXPECT_EQ(port->ends[0], expected);
  EXPECT_EQ(port->taken.size(), 1u) << "what was gathered goes before the end";
}

TEST_F(row_tap_test, after_a_discard_rows_are_checked_and_dropped) {
  auto batch = made_up_batch{}.row(0, "1").row(1, "2").row(5, "3").make();
  tap.row(batch, 0, now);
  tap.discard(now);
  EXPECT_EQ(port->taken.size(), 1u);
  EXPECT_EQ(port->ends.size(), 1u);
  EXPECT_EQ(tap.row(batch, 1, now), errc::none);
  EXPECT_EQ(tap.row(batch, 2, now), errc::row_sequence_broken);
  tap.flush();
  EXPECT_EQ(port->taken.size(), 1u);
  EXPECT_EQ(port->delivered(), 1u);
  EXPECT_TRUE(tap.discarding());
}

TEST_F(row_tap_test, the_next_request_begins_anew) {
  auto batch = made_up_batch{}.row(0, "1").make();
  tap.row(batch, 0, now);
  tap.close(now);
  EXPECT_EQ(tap.request_id(), 0u);
  tap.open(8, port, now);
  EXPECT_EQ(tap.row(batch, 0, now), errc::none) << "sequences count from 0 per request";
}
