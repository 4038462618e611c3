// SPDX-License-Identifier: Apache-2.0
// Many rows, large rows, slow users; and rows that are pulled.
#include "rows_fixture.hpp"

#include <leanworker/child/memory_probe.hpp>

#include <thread>

using namespace leanworker;
using namespace leanworker::testing;
using namespace std::chrono_literals;

using rows_bulk = rows_fixture;

namespace {

std::uint64_t resident_bytes() { return memory_probe{::getpid()}.look(false, {}).rss.bytes; }

} // namespace

TEST_F(rows_bulk, a_million_small_rows_arrive_complete) {
  counting_rows rows;
  auto ended = lease().run(R"({"op":"stream_many","count":1000000,"payload":null})", rows);
  ASSERT_TRUE(ended.ok()) << ended.outcome.message;
  EXPECT_EQ(rows.count(), 1'000'000u);
  EXPECT_EQ(ended.rows.streams, (std::vector<stream_count>{{"rows", 1'000'000}}));
}

TEST_F(rows_bulk, a_single_row_of_64_MiB_arrives_untouched) {
  std::size_t bytes = 0;
  std::size_t good = 0;
  row_callbacks sink{[&](const data_row& row) {
    bytes = row.json.size();
    good = static_cast<std::size_t>(std::count(row.json.begin(), row.json.end(), 'x'));
  }};
  ASSERT_TRUE(lease().run(R"({"op":"stream_large","bytes":67108864})", sink).ok());
  EXPECT_EQ(good, 64u << 20);
  EXPECT_EQ(bytes, (64u << 20) + 11);
}

TEST_F(rows_bulk, rows_in_a_thousand_streams_keep_a_sequence_each) {
  collected_rows rows;
  auto ended = lease().run(R"({"op":"stream_wide"})", rows);
  ASSERT_TRUE(ended.ok()) << ended.outcome.message;
  ASSERT_EQ(ended.rows.streams.size(), 1000u);
  for (const auto& stream : ended.rows.streams)
    EXPECT_EQ(stream.rows, 3u) << stream.stream;
  EXPECT_EQ(rows.kept().back(), (kept_row{"stream 999", 2, R"({"round":2})"}));
}

TEST_F(rows_bulk, a_gigabyte_through_a_slow_sink_loses_nothing_and_costs_its_credit) {
  auto granted = lease();
  granted.run(R"({"op":"echo","value":1})");
  auto before = resident_bytes();
  std::uint64_t peak = 0;
  std::uint64_t rows = 0;
  row_callbacks sink{[&](const data_row&) {
    ++rows;
    std::this_thread::sleep_for(rows <= 8 ? 100ms : rows % 8 == 0 ? 2ms : 0ms); // slower than the child: the workload of this test
    peak = std::max(peak, resident_bytes());
  }};
  auto ended = granted.run(R"({"op":"stream_blobs","count":1024,"bytes":1048576})", sink);
  ASSERT_TRUE(ended.ok()) << ended.outcome.message;
  EXPECT_EQ(rows, 1024u);
  EXPECT_GT(ended.rows.backpressure_waits, 0u);
  EXPECT_GT(ended.rows.backpressure_time.count(), 0);
  // Credit, one row that may exceed it, and one that is being read.
#ifndef __SANITIZE_ADDRESS__ // which keeps freed memory for a while
  EXPECT_LT(peak - std::min(peak, before), (4u << 20) + (2u << 20) + (8u << 20));
#endif
}

TEST_F(rows_bulk, cancellation_during_backpressure_gets_through_to_the_child) {
  std::uint64_t seen = 0;
  row_callbacks sink{[&](const data_row&) {
    std::this_thread::sleep_for(1ms); // the pipe is full meanwhile
    return ++seen < 30;
  }};
  auto ended = lease().run(R"({"op":"stream_blobs","count":100000,"bytes":262144})", sink);
  EXPECT_EQ(ended.outcome.code, errc::cancelled);
  EXPECT_EQ(seen, 30u);
  EXPECT_EQ(generation_of_next_work(), 0u) << "a child that waits in write() must hear of the cancel";
}

TEST_F(rows_bulk, a_cap_in_memory_is_typed) {
  collected_rows rows{10'000};
  EXPECT_EQ(lease().run(R"({"op":"stream_many","count":1000})", rows).outcome.code, errc::sink_full);
  EXPECT_TRUE(rows.kept().empty());
  EXPECT_EQ(generation_of_next_work(), 0u);
}

// -- pulled -------------------------------------------------------------------------

TEST_F(rows_bulk, pulled_rows_come_in_order_and_end_with_the_outcome) {
  auto granted = lease();
  auto stream = granted.stream(R"({"op":"stream_many","count":5000})");
  std::uint64_t next = 0;
  for (const data_row& row : stream) {
    ASSERT_EQ(row.sequence, next++);
    ASSERT_EQ(row.json, "{\"i\":" + std::to_string(row.sequence) + "}");
  }
  EXPECT_EQ(next, 5000u);
  EXPECT_TRUE(stream.outcome().ok());
  EXPECT_EQ(stream.outcome().rows.rows, 5000u);
}

TEST_F(rows_bulk, a_stream_that_nobody_pulls_slows_its_child_and_its_end_cancels_it) {
  auto granted = lease();
  {
    auto stream = granted.stream(R"({"op":"stream_endless"})");
    data_row row;
    ASSERT_TRUE(stream.next(row));
    EXPECT_EQ(row.sequence, 0u);
    EXPECT_EQ(stream.outcome().outcome.code, errc::cancelled) << "asked before the end";
  }
  auto outcome = granted.run(R"({"op":"echo","value":1})");
  EXPECT_TRUE(outcome.ok()) << outcome.message;
  EXPECT_EQ(outcome.generation, 0u);
}

TEST_F(rows_bulk, a_stream_that_is_dropped_leaves_the_lease_free_for_the_next_request) {
  auto granted = lease();
  for (int i = 0; i < 20; ++i) {
    {
      auto dropped = granted.stream(R"({"op":"stream_endless"})");
      data_row row;
      ASSERT_TRUE(dropped.next(row));
    }
    auto outcome = granted.run(R"({"op":"echo","value":1})");
    ASSERT_TRUE(outcome.ok()) << outcome.message;
  }
}

TEST_F(rows_bulk, T28_a_lease_is_dropped_without_waiting_for_a_child_that_hears_nothing) {
  auto options = quick_options();
  options.config.worker.cancel_grace = std::chrono::seconds{20};
  auto deaf = client::pool::open(options);
  {
    auto granted = deaf.acquire();
    ASSERT_TRUE(granted) << granted.refusal().detail;
    auto stream = granted.stream(R"({"op":"hang"})");
    for (auto ends = std::chrono::steady_clock::now() + std::chrono::seconds{20}; deaf.snapshot().slots.at(0).state != slot_state::busy;)
      ASSERT_LT(std::chrono::steady_clock::now(), ends) << "it was never started";
  }
  auto slot = deaf.snapshot().slots.at(0);
  EXPECT_EQ(slot.generation, 0u);
  EXPECT_NE(slot.state, slot_state::idle) << "the child is still busy with it";
  auto report = deaf.stop(true);
  EXPECT_EQ(deaf.stop(true), report);
}

TEST_F(rows_bulk, rows_that_somebody_keeps_do_not_stop_the_next_request_on_the_same_child) {
  auto granted = lease();
  auto kept = granted.stream(R"({"op":"stream_blobs","count":64,"bytes":262144})"); // 16 MiB, four times the credit
  data_row row;
  ASSERT_TRUE(kept.next(row)); // its batch stays with us
  kept.cancel();
  auto held = std::move(kept);
  EXPECT_EQ(held.outcome().outcome.code, errc::cancelled);
  counting_rows rows;
  EXPECT_TRUE(granted.run(R"({"op":"stream_blobs","count":64,"bytes":262144})", rows).ok());
  EXPECT_EQ(rows.count(), 64u);
}

TEST_F(rows_bulk, a_crash_ends_pulled_rows_after_the_last_good_one) {
  auto granted = lease();
  auto stream = granted.stream(R"({"op":"stream_many_then_abort"})");
  std::uint64_t rows = 0;
  for ([[maybe_unused]] const data_row& row : stream)
    ++rows;
  EXPECT_EQ(rows, 128u);
  EXPECT_EQ(stream.outcome().outcome.code, errc::child_signalled);
}

TEST_F(rows_bulk, a_stream_on_a_lease_that_has_ended_is_stale_at_once) {
  auto granted = lease();
  granted.release();
  auto stream = granted.stream(R"({"op":"stream_many"})");
  data_row row;
  EXPECT_FALSE(stream.next(row));
  EXPECT_EQ(stream.outcome().outcome.code, errc::lease_stale);
}
