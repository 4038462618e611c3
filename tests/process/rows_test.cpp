// SPDX-License-Identifier: Apache-2.0
// Rows of a real child through the blocking client: what arrives, and how it ends.
#include "rows_fixture.hpp"

#include <thread>

using namespace leanworker;
using namespace leanworker::testing;
using namespace std::chrono_literals;

using rows_process = rows_fixture;

TEST_F(rows_process, data_rows_are_delivered_in_pipe_order_with_per_stream_sequences) {
  collected_rows rows;
  auto ended = lease().run(R"({"op":"stream_interleaved"})", rows);
  ASSERT_TRUE(ended.ok()) << ended.outcome.message;
  std::vector<kept_row> expected{{"rows", 0, R"({"i":0})"}, {"warnings", 0, R"({"i":0})"}, {"rows", 1, R"({"i":1})"}, {"warnings", 1, R"({"i":1})"}};
  EXPECT_EQ(rows.kept(), expected);
  EXPECT_EQ(ended.rows.streams, (std::vector<stream_count>{{"rows", 2}, {"warnings", 2}}));
  EXPECT_EQ(ended.rows.payload_bytes, 4 * 7u);
}

TEST_F(rows_process, successful_stream_delivers_rows_diagnostics_and_terminal_metadata_in_order) {
  std::vector<std::string> heard;
  row_callbacks sink{[&](const data_row& row) { heard.push_back("row " + std::to_string(row.sequence)); },
                     [&](const row_note& note) { heard.push_back(note.code + ": " + note.message); }};
  auto ended = lease().run(R"({"op":"stream_basic"})", sink);
  EXPECT_TRUE(ended.ok());
  EXPECT_EQ(heard, (std::vector<std::string>{"fixture.started: started", "row 0", "row 1", "fixture.finished: finished"}));
  EXPECT_EQ(ended.outcome.body, R"({"fixture":"stream_basic","ok":true})");
  EXPECT_EQ(ended.outcome.rows_delivered, 2u);
  EXPECT_GT(ended.rows.elapsed.count(), 0);
}

TEST_F(rows_process, progress_arrives_with_its_numbers) {
  collected_rows rows;
  ASSERT_TRUE(lease().run(R"({"op":"ticks","count":3})", rows).ok());
  ASSERT_EQ(rows.notes().size(), 3u);
  EXPECT_EQ(rows.notes()[2].kind, note_kind::progress);
  EXPECT_EQ(rows.notes()[2].code, "ticks");
  EXPECT_EQ(rows.notes()[2].current, 3u);
  EXPECT_EQ(rows.notes()[2].total, 3u);
}

TEST_F(rows_process, T24_null_is_a_legal_payload) {
  collected_rows rows;
  ASSERT_TRUE(lease().run(R"({"op":"stream_many","count":2,"payload":null})", rows).ok());
  EXPECT_EQ(rows.kept().at(1), (kept_row{"rows", 1, "null"}));
}

TEST_F(rows_process, T1_sink_panic_maps_to_sink_failed_with_its_message_and_harms_only_its_request) {
  row_callbacks sink{[](const data_row&) -> void { throw std::runtime_error{"out of ink"}; }};
  auto ended = lease().run(R"({"op":"stream_many","count":100000})", sink);
  EXPECT_EQ(ended.outcome.code, errc::sink_failed);
  EXPECT_NE(ended.outcome.message.find("out of ink"), std::string::npos);
  EXPECT_FALSE(ended.outcome.retry_safe);
  EXPECT_EQ(generation_of_next_work(), 0u) << "the child obeyed the cancel; there was no reason to end it";
}

TEST_F(rows_process, sink_requested_cancellation_at_row_96_is_cancelled_and_keeps_the_child) {
  std::uint64_t seen = 0;
  row_callbacks sink{[&](const data_row&) { return ++seen < 96; }};
  auto ended = lease().run(R"({"op":"stream_endless"})", sink);
  EXPECT_EQ(ended.outcome.code, errc::cancelled);
  EXPECT_EQ(seen, 96u) << "nothing is given to a sink that has seen enough";
  EXPECT_GE(ended.outcome.rows_delivered, 96u);
  EXPECT_EQ(generation_of_next_work(), 0u);
}

TEST_F(rows_process, T9_a_deadline_runs_while_a_sink_runs) {
  client::run_options options;
  options.timeout = 200ms;
  int given = 0;
  row_callbacks sink{[&](const data_row&) {
    ++given;
    std::this_thread::sleep_for(400ms); // longer than the request has: the workload of this test
  }};
  auto ended = lease().run(R"({"op":"stream_many","count":8})", sink, options);
  EXPECT_EQ(ended.outcome.code, errc::sink_timeout);
  EXPECT_EQ(given, 1) << "the second row would have come after the deadline";
  EXPECT_EQ(generation_of_next_work(), 0u) << "the child was in time";
}

TEST_F(rows_process, T26_a_failing_sink_does_not_cancel_its_callers_token) {
  std::stop_source source;
  client::run_options options;
  options.stop = source.get_token();
  row_callbacks bad{[](const data_row&) { return sink_status::failed("no"); }};
  EXPECT_EQ(lease().run(R"({"op":"stream_many"})", bad, options).outcome.code, errc::sink_failed);
  EXPECT_FALSE(source.stop_requested());
  counting_rows good;
  EXPECT_TRUE(lease().run(R"({"op":"stream_many"})", good, options).ok());
}

TEST_F(rows_process, a_stop_request_cancels_a_stream_that_would_never_end) {
  std::stop_source source;
  client::run_options options;
  options.stop = source.get_token();
  row_callbacks sink{[&](const data_row& row) {
    if (row.sequence == 1000)
      source.request_stop();
  }};
  EXPECT_EQ(lease().run(R"({"op":"stream_endless"})", sink, options).outcome.code, errc::cancelled);
  EXPECT_EQ(generation_of_next_work(), 0u);
}

TEST_F(rows_process, child_crash_after_rows_delivers_them_and_then_the_failure) {
  std::uint64_t seen = 0;
  bool void_ = false;
  struct watching : row_callbacks {
    watching(std::uint64_t& n, bool& v) : row_callbacks{[&n](const data_row&) { ++n; }}, discarded{v} {}
    void discard(const request_outcome& outcome) noexcept override { discarded = outcome.code == errc::child_signalled; }
    bool& discarded;
  } sink{seen, void_};
  auto ended = lease().run(R"({"op":"stream_many_then_abort"})", sink);
  EXPECT_EQ(ended.outcome.code, errc::child_signalled);
  EXPECT_EQ(seen, 128u);
  EXPECT_EQ(ended.outcome.rows_delivered, 128u);
  EXPECT_TRUE(void_) << "tentative rows must be declared void";
  EXPECT_EQ(generation_of_next_work(), 1u);
}

TEST_F(rows_process, timeout_after_rows_is_a_timeout_with_its_tentative_row) {
  client::run_options options;
  options.timeout = 300ms;
  counting_rows rows;
  auto ended = lease().run(R"({"op":"row_then_stall"})", rows, options);
  EXPECT_EQ(ended.outcome.code, errc::request_timeout);
  EXPECT_EQ(rows.count(), 1u);
  EXPECT_EQ(generation_of_next_work(), 1u);
}

TEST_F(rows_process, an_error_after_rows_keeps_the_child) {
  counting_rows rows;
  auto ended = lease().run(R"({"op":"row_then_error"})", rows);
  EXPECT_EQ(ended.outcome.code, errc::child_refused);
  EXPECT_NE(ended.outcome.body.find("fixture_status"), std::string::npos);
  EXPECT_EQ(generation_of_next_work(), 0u);
}

TEST_F(rows_process, rows_without_a_sink_are_typed_and_keep_the_child) {
  auto outcome = lease().run(R"({"op":"stream_many"})");
  EXPECT_EQ(outcome.code, errc::row_without_sink);
  EXPECT_EQ(generation_of_next_work(), 0u);
}

TEST_F(rows_process, a_gap_or_a_repeat_in_a_sequence_ends_the_child) {
  for (auto [fault, generation] : {std::pair{"row_gap", 1u}, {"row_repeat", 2u}}) {
    counting_rows rows;
    auto ended = lease().run(std::string{R"({"op":"fault","name":")"} + fault + "\"}", rows);
    EXPECT_EQ(ended.outcome.code, errc::row_sequence_broken) << fault << ": " << ended.outcome.message;
    EXPECT_EQ(rows.count(), 1u) << "the row before is good, the one that is not is never seen";
    EXPECT_EQ(generation_of_next_work(), generation);
  }
}

TEST_F(rows_process, a_row_after_the_terminal_ends_the_child_and_not_the_request) {
  counting_rows rows;
  auto ended = lease().run(R"({"op":"fault","name":"row_after_response"})", rows);
  EXPECT_TRUE(ended.ok()) << ended.outcome.message;
  EXPECT_EQ(rows.count(), 0u);
  // The row may be read when the next request has its lease, or runs already: then that ends with the child, which cannot be trusted.
  auto next = pool.acquire().run(R"({"op":"echo","value":1})");
  if (!next.ok()) {
    EXPECT_TRUE(next.code == errc::unexpected_frame || next.code == errc::lease_stale) << next.message;
    EXPECT_EQ(generation_of_next_work(), 1u);
  }
}

TEST_F(rows_process, rows_with_a_bad_form_end_the_child) {
  for (auto fault : {"row_empty_name", "row_empty_payload", "row_short"}) {
    counting_rows rows;
    EXPECT_EQ(lease().run(std::string{R"({"op":"fault","name":")"} + fault + "\"}", rows).outcome.code, errc::frame_bad_body) << fault;
  }
}

TEST_F(rows_process, an_idempotent_request_is_not_run_again_once_a_row_has_come) {
  submit_request request;
  request.body = R"({"op":"stream_many_then_abort"})";
  request.idempotent = true;
  std::uint64_t firsts = 0;
  row_callbacks sink{[&](const data_row& row) { firsts += row.sequence == 0 ? 1 : 0; }};
  auto ended = pool.run(std::move(request), sink);
  EXPECT_EQ(ended.outcome.code, errc::child_signalled);
  EXPECT_EQ(firsts, 1u) << "a sink must not be given the same rows twice";
  EXPECT_EQ(ended.deaths.size(), 1u);
}

TEST_F(rows_process, a_call_after_the_end_of_the_pool_is_answered_at_once) {
  auto granted = lease();
  pool.stop();
  EXPECT_FALSE(granted.valid());
  EXPECT_EQ(granted.run(R"({"op":"echo"})").code, errc::lease_stale);
  EXPECT_EQ(pool.acquire().refusal().code, errc::shutting_down);
  submit_request request;
  request.body = R"({"op":"echo"})";
  auto late = pool.run(request);
  EXPECT_EQ(late.outcome.code, errc::shutting_down);
  EXPECT_FALSE(late.outcome.work_started);
  counting_rows rows;
  EXPECT_EQ(pool.run(request, rows).outcome.code, errc::shutting_down);
  auto stream = pool.stream(request);
  data_row row;
  EXPECT_FALSE(stream.next(row));
  EXPECT_EQ(stream.outcome().outcome.code, errc::shutting_down);
}

TEST_F(rows_process, rows_that_wait_are_not_given_to_one_who_cancelled) {
  std::stop_source source;
  std::uint64_t seen = 0;
  row_callbacks consumer{[&](const data_row&) {
    if (++seen < 5)
      return;
    source.request_stop();
    std::this_thread::sleep_for(std::chrono::milliseconds{1}); // the workload
  }};
  client::run_options options;
  options.stop = source.get_token();
  auto granted = lease();
  auto ended = granted.run(R"({"op":"stream_many","count":100000})", consumer, options);
  EXPECT_EQ(ended.outcome.code, errc::cancelled);
  EXPECT_LT(seen, 100'000u);
}

TEST_F(rows_process, a_consumer_that_fails_after_the_crash_does_not_hide_it) {
  auto granted = lease();
  row_callbacks consumer{[&](const data_row&) -> void {
    // The child's end is known before this one is.
    for (auto ends = std::chrono::steady_clock::now() + std::chrono::seconds{20}; pool.snapshot().counters.running != 0;)
      if (std::chrono::steady_clock::now() > ends)
        return;
    throw std::runtime_error{"too late"};
  }};
  auto ended = granted.run(R"({"op":"stream_many_then_abort"})", consumer);
  EXPECT_EQ(ended.outcome.code, errc::child_signalled) << ended.outcome.message;
}
