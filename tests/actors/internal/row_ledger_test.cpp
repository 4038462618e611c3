// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/log_valve.hpp>
#include <leanworker/actors/internal/row_ledger.hpp>

#include <gtest/gtest.h>

using namespace leanworker;
using internal::log_valve;
using internal::row_ledger;
using namespace std::chrono_literals;

TEST(row_ledger, each_stream_counts_from_0_independently) {
  row_ledger ledger;
  for (auto [sequence, stream] : {std::pair{0, "a"}, {0, "b"}, {1, "a"}, {1, "b"}, {2, "b"}, {2, "a"}})
    EXPECT_EQ(ledger.take(encode_row_body(static_cast<std::uint64_t>(sequence), stream, "{}")), errc::none) << stream << sequence;
  EXPECT_EQ(ledger.rows(), 6u);
  EXPECT_EQ(ledger.payload_bytes(), 12u);
  EXPECT_EQ(ledger.streams(), (std::vector<stream_count>{{"a", 3}, {"b", 3}}));
}

TEST(row_ledger, gaps_repeats_and_late_beginnings_are_named) {
  struct row {
    std::uint64_t good;
    std::uint64_t bad;
    const char* told;
  };
  for (auto [good, bad, told] : {row{1, 2, "row 1 was due, row 2 came"}, row{1, 0, "row 1 was due, row 0 came"}, row{0, 1, "row 0 was due, row 1 came"}}) {
    row_ledger ledger;
    for (std::uint64_t i = 0; i < good; ++i)
      ASSERT_EQ(ledger.take(encode_row_body(i, "s", "1")), errc::none);
    EXPECT_EQ(ledger.take(encode_row_body(bad, "s", "1")), errc::row_sequence_broken);
    EXPECT_NE(ledger.problem().find(told), std::string::npos) << ledger.problem();
    EXPECT_EQ(ledger.rows(), good) << "a bad row is not counted";
  }
}

TEST(row_ledger, a_body_of_the_wrong_form_is_another_failure) {
  row_ledger ledger;
  EXPECT_EQ(ledger.take("short"), errc::frame_bad_body);
  EXPECT_EQ(ledger.take(encode_row_body(0, "s", "")), errc::frame_bad_body);
}

TEST(row_ledger, streams_are_bounded) {
  row_ledger ledger;
  for (std::size_t i = 0; i < row_ledger::streams_max; ++i)
    ASSERT_EQ(ledger.take(encode_row_body(0, std::to_string(i), "1")), errc::none);
  EXPECT_EQ(ledger.take(encode_row_body(0, "one more", "1")), errc::row_sequence_broken);
  EXPECT_EQ(ledger.take(encode_row_body(1, "7", "1")), errc::none) << "those that are known go on";
}

TEST(log_valve, a_burst_passes_then_a_rate_and_what_was_dropped_is_told_once) {
  log_valve valve;
  auto now = log_valve::time_point{} + 1h;
  int passed = 0;
  for (int i = 0; i < 1'000; ++i)
    passed += valve.passes(now) ? 1 : 0;
  EXPECT_EQ(passed, 200);
  EXPECT_EQ(valve.take_dropped(), 800u);
  EXPECT_EQ(valve.take_dropped(), 0u);
  now += 500ms;
  for (int i = 0; i < 1'000; ++i)
    passed += valve.passes(now) ? 1 : 0;
  EXPECT_EQ(passed, 250);
  now += 1h;
  for (int i = 0; i < 1'000; ++i)
    passed += valve.passes(now) ? 1 : 0;
  EXPECT_EQ(passed, 450) << "no more than a burst is saved up";
}
