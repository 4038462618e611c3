// SPDX-License-Identifier: Apache-2.0
// Typed commands against a real child: values in, values out, and every trouble with a type named.
#include "rows_fixture.hpp"

#include <leanworker/actors/capability_facts.hpp>
#include <leanworker/actors/typed_rows.hpp>

using namespace leanworker;
using namespace leanworker::testing;

namespace {

struct count_request {
  std::uint64_t count = 0;
};
void to_json(nlohmann::json& json, const count_request& request) { json = {{"count", request.count}}; }

struct numbered {
  std::uint64_t i = 0;
};

struct slowly_numbered : numbered {};
void from_json(const nlohmann::json& json, slowly_numbered& out) { json.at("i").get_to(out.i); }

struct row_total {
  std::uint64_t rows = 0;
};
void from_json(const nlohmann::json& json, row_total& out) { json.at("rows").get_to(out.rows); }

struct accepted {
  bool accepted = false;
  std::string kind;
};
void from_json(const nlohmann::json& json, accepted& out) {
  json.at("accepted").get_to(out.accepted);
  json.at("kind").get_to(out.kind);
}

} // namespace

template <>
inline constexpr auto leanworker::row_fields<numbered> = leanworker::fields(leanworker::field("i", &numbered::i));

class typed_command : public rows_fixture {
protected:
  command_target here = command_target::operation();
};

TEST_F(typed_command, typed_json_command_decodes_response) {
  auto granted = lease();
  auto ended = call(granted, json_command<raw_json, accepted>{"json_command"}, here, raw_json{});
  ASSERT_TRUE(ended.ok()) << ended.outcome.message;
  EXPECT_TRUE(ended.value->accepted);
  EXPECT_EQ(ended.value->kind, "fixture");
}

TEST_F(typed_command, typed_json_command_decode_error_is_typed) {
  auto granted = lease();
  auto ended = call(granted, json_command<raw_json, accepted>{"json_command_malformed"}, here, raw_json{});
  EXPECT_FALSE(ended.ok());
  EXPECT_EQ(ended.outcome.code, errc::response_decode_failed);
  EXPECT_EQ(ended.error.command, "json_command_malformed");
  EXPECT_EQ(granted.run(R"({"op":"echo","value":1})").generation, 0u) << "a type of ours is no reason to end a child";
}

TEST_F(typed_command, typed_streaming_command_decodes_rows_and_summary) {
  auto granted = lease();
  std::uint64_t sum = 0;
  auto ended = call(granted, streaming_command<count_request, numbered, row_total>{"stream_many"}, here, count_request{100}, [&](const numbered& row) { sum += row.i; });
  ASSERT_TRUE(ended.ok()) << ended.outcome.message;
  EXPECT_EQ(sum, 99u * 100 / 2);
  EXPECT_EQ(ended.value->rows, 100u);
  EXPECT_EQ(ended.rows.rows, 100u);
}

TEST_F(typed_command, both_ways_of_decoding_give_the_same) {
  auto granted = lease();
  std::vector<std::uint64_t> fast;
  std::vector<std::uint64_t> slow;
  ASSERT_TRUE(call(granted, streaming_command<count_request, numbered>{"stream_many"}, here, count_request{1000}, [&](const numbered& row) { fast.push_back(row.i); }).ok());
  ASSERT_TRUE(
    call(granted, streaming_command<count_request, slowly_numbered>{"stream_many"}, here, count_request{1000}, [&](const slowly_numbered& row) { slow.push_back(row.i); }).ok());
  EXPECT_EQ(fast, slow);
  EXPECT_EQ(fast.size(), 1000u);
}

TEST_F(typed_command, typed_streaming_command_row_decode_error_names_stream_and_sequence) {
  auto granted = lease();
  std::uint64_t seen = 0;
  auto ended = call(granted, streaming_command<raw_json, numbered>{"stream_raw"}, here, raw_json{R"({"raw":"{\"i\":\"one\"}"})"}, [&](const numbered&) { ++seen; });
  EXPECT_EQ(ended.outcome.code, errc::row_decode_failed);
  EXPECT_EQ(ended.error.stream, "rows");
  EXPECT_EQ(ended.error.sequence, 0u) << "the first row has no member i";
  EXPECT_EQ(ended.error.command, "stream_raw");
  EXPECT_NE(ended.error.excerpt.find("good"), std::string::npos);
  EXPECT_EQ(seen, 0u);
  EXPECT_EQ(granted.run(R"({"op":"echo","value":1})").generation, 0u);
}

TEST_F(typed_command, T26_a_row_that_is_no_row_cancels_nobody_elses_token) {
  std::stop_source source;
  client::run_options options;
  options.stop = source.get_token();
  auto granted = lease();
  auto ended = call(granted, streaming_command<raw_json, numbered>{"stream_raw"}, here, raw_json{R"({"raw":"[]"})"}, [](const numbered&) {}, options);
  EXPECT_EQ(ended.outcome.code, errc::row_decode_failed) << "not cancelled";
  EXPECT_FALSE(source.stop_requested());
}

TEST_F(typed_command, typed_streaming_command_summary_decode_error_is_typed) {
  auto granted = lease();
  auto ended = call(granted, streaming_command<count_request, numbered, accepted>{"stream_many"}, here, count_request{3}, [](const numbered&) {});
  EXPECT_EQ(ended.outcome.code, errc::summary_decode_failed);
  EXPECT_EQ(ended.rows.rows, 3u);
}

TEST_F(typed_command, a_caller_that_has_seen_enough_says_false) {
  auto granted = lease();
  std::uint64_t seen = 0;
  auto ended = call(granted, streaming_command<count_request, numbered>{"stream_many"}, here, count_request{100'000}, [&](const numbered&) { return ++seen < 5; });
  EXPECT_EQ(ended.outcome.code, errc::cancelled);
  EXPECT_EQ(seen, 5u);
}

TEST_F(typed_command, raw_row_streaming_remains_available) {
  auto granted = lease();
  std::vector<std::string> rows;
  auto take = [&](const raw_json& row, const data_row& raw) { rows.push_back(std::string{raw.stream} + std::to_string(raw.sequence) + row.text); };
  auto ended = call(granted, streaming_command<raw_json, raw_json>{"stream_interleaved"}, here, raw_json{}, take);
  ASSERT_TRUE(ended.ok()) << ended.outcome.message;
  EXPECT_EQ(rows, (std::vector<std::string>{R"(rows0{"i":0})", R"(warnings0{"i":0})", R"(rows1{"i":1})", R"(warnings1{"i":1})"}));
}

TEST_F(typed_command, a_request_that_cannot_be_written_is_never_sent) {
  auto granted = lease();
  auto ended = call(granted, json_command<raw_json, accepted>{"json_command"}, here, raw_json{"{"});
  EXPECT_EQ(ended.outcome.code, errc::request_encode_failed);
  EXPECT_FALSE(ended.outcome.work_started);
}

// -- metadata and doctor ----------------------------------------------------------------

TEST_F(typed_command, metadata_of_a_capability_is_read_and_compared) {
  auto granted = lease();
  auto raw = call(granted, json_command<raw_json, raw_json>{"metadata"}, here, raw_json{});
  ASSERT_TRUE(raw.ok());
  capability_metadata actual;
  command_error error;
  ASSERT_TRUE(decode_metadata("metadata", raw.value->text, actual, error)) << explain(error);
  ASSERT_EQ(actual.commands.size(), 2u);
  EXPECT_EQ(actual.commands[1], (named_version{"scan", "fixture-2"}));
  EXPECT_TRUE(expect_metadata("metadata", actual, actual, error));
  auto expected = actual;
  expected.commands[1].version = "fixture-3";
  EXPECT_FALSE(expect_metadata("metadata", expected, actual, error));
  EXPECT_EQ(error.code, errc::metadata_mismatch);
  EXPECT_NE(explain(error).find("fixture-3"), std::string::npos);
}

TEST_F(typed_command, doctor_reports_pass_warning_and_error_diagnostics) {
  auto granted = lease();
  auto raw = call(granted, json_command<raw_json, raw_json>{"doctor"}, here, raw_json{});
  doctor_report report;
  command_error error;
  ASSERT_TRUE(decode_doctor("doctor", raw.value->text, report, error)) << explain(error);
  ASSERT_EQ(report.diagnostics.size(), 3u);
  EXPECT_EQ(report.diagnostics[0].severity, doctor_severity::pass);
  EXPECT_EQ(report.worst(), doctor_severity::error) << "and yet the request succeeded: what it means is the caller's business";
}

TEST_F(typed_command, missing_metadata_and_doctor_exports_are_typed_errors) {
  auto granted = lease();
  auto ended = call(granted, json_command<raw_json, raw_json>{"no_such_export"}, here, raw_json{});
  EXPECT_EQ(ended.outcome.code, errc::child_refused);
  EXPECT_NE(ended.outcome.body.find("no_such_export"), std::string::npos);
}

// -- what the pool counts ------------------------------------------------------------------

TEST_F(typed_command, T38_pool_snapshots_record_streams_rows_and_backpressure) {
  {
    auto granted = lease();
    counting_rows rows;
    ASSERT_TRUE(granted.run(R"({"op":"stream_many","count":512})", rows).ok());
    std::uint64_t taken = 0;
    row_callbacks slow{[&](const data_row&) { std::this_thread::sleep_for(std::chrono::milliseconds{++taken <= 8 ? 100 : 0}); }}; // the workload
    ASSERT_TRUE(granted.run(R"({"op":"stream_blobs","count":64,"bytes":262144})", slow).ok());
    counting_rows lost;
    EXPECT_FALSE(granted.run(R"({"op":"stream_many_then_abort"})", lost).ok());
  }
  auto counters = pool.snapshot().counters;
  EXPECT_EQ(counters.streams, 3u);
  EXPECT_EQ(counters.streams_failed, 1u);
  EXPECT_EQ(counters.rows_delivered, 512u + 64 + 128);
  EXPECT_GT(counters.backpressure_waits, 0u);
  EXPECT_GT(counters.backpressure_time.count(), 0);
}
