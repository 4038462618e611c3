// SPDX-License-Identifier: Apache-2.0
#include <leanworker/harness/made_up_batch.hpp>

#include <leanworker/actors/internal/row_delivery.hpp>
#include <leanworker/actors/row_consumers.hpp>

#include <gtest/gtest.h>

#include <stdexcept>

using namespace leanworker;
using namespace leanworker::harness;
using namespace leanworker::internal;
using namespace std::chrono_literals;

namespace {

struct scripted_consumer : row_consumer {
  std::vector<std::string> heard;
  std::string throw_at;
  sink_status finish_with;

  void say(const std::string& what) {
    heard.push_back(what);
    if (what == throw_at)
      throw std::runtime_error{"at " + what};
  }
  sink_status row(const data_row& row) override {
    say("row " + std::string{row.json});
    return row.json == "3" ? sink_status::failed("no threes") : sink_status{};
  }
  sink_status finish(const rows_end&) override {
    say("finish");
    return finish_with;
  }
  void discard(const request_outcome& outcome) noexcept override { heard.push_back("discard " + std::string{to_string(outcome.code)}); }
};

request_outcome ended(errc code) {
  request_outcome outcome;
  outcome.code = code;
  outcome.message = "as it ended";
  return outcome;
}

const auto later = row_consumer::clock::time_point::max();

} // namespace

TEST(row_delivery, a_success_is_finished_and_nothing_is_discarded) {
  scripted_consumer consumer;
  row_delivery delivery{consumer};
  EXPECT_TRUE(delivery.give(made_up_batch{}.row(0, "1").row(1, "2").slice()));
  EXPECT_TRUE(delivery.settle(ended(errc::none), {}, later).ok());
  EXPECT_EQ(consumer.heard, (std::vector<std::string>{"row 1", "row 2", "finish"}));
}

TEST(row_delivery, a_failed_request_is_discarded_and_keeps_its_own_code) {
  scripted_consumer consumer;
  row_delivery delivery{consumer};
  auto outcome = delivery.settle(ended(errc::request_timeout), {}, later);
  EXPECT_EQ(outcome.code, errc::request_timeout);
  EXPECT_EQ(consumer.heard, (std::vector<std::string>{"discard request_timeout"}));
}

TEST(row_delivery, a_consumer_that_refuses_is_given_nothing_more_and_decides_the_outcome) {
  scripted_consumer consumer;
  row_delivery delivery{consumer};
  EXPECT_FALSE(delivery.give(made_up_batch{}.row(0, "3").row(1, "4").slice()));
  EXPECT_FALSE(delivery.give(made_up_batch{}.row(2, "5").slice()));
  auto outcome = delivery.settle(ended(errc::cancelled), {}, later);
  EXPECT_EQ(outcome.code, errc::sink_failed) << "it failed first; the cancel was its consequence";
  EXPECT_EQ(outcome.message, "no threes");
  EXPECT_FALSE(outcome.retry_safe);
  EXPECT_EQ(consumer.heard, (std::vector<std::string>{"row 3", "discard sink_failed"}));
}

TEST(row_delivery, what_a_consumer_throws_is_kept_as_text_wherever_it_throws) {
  for (std::string place : {"row 1", "finish"}) {
    scripted_consumer consumer;
    consumer.throw_at = place;
    row_delivery delivery{consumer};
    delivery.give(made_up_batch{}.row(0, "1").slice());
    auto outcome = delivery.settle(ended(errc::none), {}, later);
    EXPECT_EQ(outcome.code, errc::sink_failed);
    EXPECT_EQ(outcome.message, "the sink threw: at " + place);
    EXPECT_EQ(consumer.heard.back(), "discard sink_failed");
  }
}

TEST(row_delivery, a_finish_that_fails_makes_a_success_a_failure) {
  scripted_consumer consumer;
  consumer.finish_with = {errc::io_error, "disk"};
  row_delivery delivery{consumer};
  auto outcome = delivery.settle(ended(errc::none), {}, later);
  EXPECT_EQ(outcome.code, errc::io_error);
  EXPECT_EQ(consumer.heard, (std::vector<std::string>{"finish", "discard io_error"}));
}

TEST(row_delivery, notes_are_a_channel_of_their_own) {
  collected_rows rows;
  rows.rows(made_up_batch{}
              .frame(frame_kind::diagnostic, R"({"code":"c","message":"m"})")
              .row(0, "1")
              .frame(frame_kind::progress, R"({"phase":"p","current":2,"total":null})")
              .frame(frame_kind::log, R"({"level":"info","message":"l"})")
              .slice());
  ASSERT_EQ(rows.notes().size(), 3u);
  EXPECT_EQ(rows.kept().size(), 1u);
  EXPECT_EQ(rows.notes()[0].code + rows.notes()[0].message, "cm");
  EXPECT_EQ(rows.notes()[1].current, 2u);
  EXPECT_FALSE(rows.notes()[1].total);
  EXPECT_EQ(rows.notes()[2].kind, note_kind::log);
}

TEST(slice_pacer, slow_consumers_are_given_one_row_at_a_time_and_quick_ones_thousands) {
  slice_pacer pacer;
  EXPECT_EQ(pacer.next(), 1u) << "nothing is known of a new consumer";
  pacer.took(1, 3s);
  EXPECT_EQ(pacer.next(), 1u);
  for (int i = 0; i < 10; ++i)
    pacer.took(pacer.next(), 100ns * pacer.next());
  EXPECT_EQ(pacer.next(), slice_pacer::frames_max);
  pacer.took(pacer.next(), 1ms * pacer.next());
  EXPECT_EQ(pacer.next(), 10u) << "10 ms worth of rows";
}

TEST(sink_time_left, is_what_the_child_left_but_never_nothing) {
  request_outcome outcome;
  outcome.work_time = 400ms;
  EXPECT_EQ(sink_time_left(1s, outcome), 600ms);
  EXPECT_EQ(sink_time_left(300ms, outcome), sink_time_least);
}
