// SPDX-License-Identifier: Apache-2.0
// Typed commands of a Lean capability through the pool and its blocking client.
#include "lean_command.hpp"

#include <leanworker/actors/capability_facts.hpp>
#include <leanworker/actors/client.hpp>
#include <leanworker/actors/json_lines_file.hpp>
#include <leanworker/actors/row_consumers.hpp>
#include <leanworker/actors/typed_rows.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

using namespace leanworker;
using namespace leanworker::testing;
using namespace std::chrono_literals;

namespace {

struct indexed {
  std::uint64_t i = 0;
};

struct terminal {
  std::string command;
  bool ok = false;
  std::uint64_t rows = 0;
};
void from_json(const nlohmann::json& json, terminal& out) {
  json.at("command").get_to(out.command);
  json.at("ok").get_to(out.ok);
  json.at("rows").get_to(out.rows);
}

} // namespace

template <>
inline constexpr auto leanworker::row_fields<indexed> = leanworker::fields(leanworker::field("i", &indexed::i));

namespace {

const auto shapes = command_target::lean_path(CAPABILITIES "/Shapes.lean");
const raw_json nothing{"null"};

/// One pool for all tests of the suite: a test that breaks its child finds out that the next one works.
class typed_run : public ::testing::Test {
protected:
  static void SetUpTestSuite() {
    if (test_sysroot().empty())
      return;
    auto lean = set_up_lean({test_sysroot()});
    ASSERT_TRUE(lean) << lean.message;
    auto options = client::lean_pool(lean, 1);
    options.config.worker.request_timeout = 60s;
    options.config.worker.restart.backoff_initial = 10ms;
    pool_ = std::make_unique<client::pool>(client::pool::open(std::move(options)));
  }
  static void TearDownTestSuite() { pool_.reset(); }
  void SetUp() override {
    LEANWORKER_NEEDS_LEAN();
    lease_.emplace(pool_->acquire());
    ASSERT_TRUE(*lease_) << lease_->refusal().detail;
  }
  /// The child of this lease did not end.
  void expect_kept() { EXPECT_TRUE(call(*lease_, json_command<raw_json, raw_json>{"version"}, shapes, nothing).ok()); }
  /// It did, and the next one works.
  void expect_replaced() {
    EXPECT_EQ(call(*lease_, json_command<raw_json, raw_json>{"version"}, shapes, nothing).outcome.code, errc::lease_stale);
    lease_.emplace(pool_->acquire());
    expect_kept();
  }
  call_result<raw_json> stream(std::string_view command, client::run_options options = {}) {
    return call(*lease_, streaming_command<raw_json, raw_json, raw_json>{command}, shapes, nothing, [](const raw_json&) {}, options);
  }

  static inline std::unique_ptr<client::pool> pool_;
  std::optional<client::lease> lease_;
};

} // namespace

TEST_F(typed_run, metadata_doctor_and_version_use_generic_capability_shapes) {
  auto version = call(*lease_, json_command<raw_json, nlohmann::json>{"version"}, shapes, nothing);
  ASSERT_TRUE(version.ok()) << version.outcome.message;
  EXPECT_EQ(version.value->value("version", ""), "fixture-1");

  auto metadata = call(*lease_, json_command<raw_json, raw_json>{"metadata"}, shapes, nothing);
  capability_metadata facts;
  command_error error;
  ASSERT_TRUE(metadata.ok() && decode_metadata("metadata", metadata.value->text, facts, error)) << metadata.outcome.message << explain(error);
  EXPECT_EQ(facts.commands, (std::vector<named_version>{{"version", "fixture-1"}, {"index", "fixture-2"}}));
  EXPECT_EQ(facts.lean_version, version.value->value("lean_version", "?"));

  auto doctor = call(*lease_, json_command<raw_json, raw_json>{"doctor"}, shapes, nothing);
  doctor_report report;
  ASSERT_TRUE(doctor.ok() && decode_doctor("doctor", doctor.value->text, report, error)) << doctor.outcome.message << explain(error);
  ASSERT_EQ(report.diagnostics.size(), 3u);
  EXPECT_EQ(report.diagnostics[1].details, R"({"folder":null})");
  EXPECT_EQ(report.worst(), doctor_severity::error);
}

TEST_F(typed_run, malformed_metadata_and_doctor_json_are_typed) {
  command_error error;
  capability_metadata facts;
  auto metadata = call(*lease_, json_command<raw_json, raw_json>{"metadata_malformed"}, shapes, nothing);
  ASSERT_TRUE(metadata.ok()) << "it is JSON; that it is no metadata is for whoever asked to find out";
  EXPECT_FALSE(decode_metadata("metadata_malformed", metadata.value->text, facts, error));
  EXPECT_EQ(error.code, errc::metadata_malformed);
  EXPECT_NE(explain(error).find("commands[0].version"), std::string::npos) << explain(error);

  doctor_report report;
  auto doctor = call(*lease_, json_command<raw_json, raw_json>{"doctor_malformed"}, shapes, nothing);
  ASSERT_TRUE(doctor.ok());
  EXPECT_FALSE(decode_doctor("doctor_malformed", doctor.value->text, report, error));
  EXPECT_EQ(error.code, errc::doctor_malformed);
  EXPECT_NE(explain(error).find("fatal"), std::string::npos) << explain(error);
}

TEST_F(typed_run, missing_metadata_and_doctor_exports_are_typed_worker_errors) {
  const auto lacking = command_target::lean_module("LeanWorker.Extract");
  for (std::string_view name : {"metadata", "doctor"}) {
    auto ended = call(*lease_, json_command<raw_json, raw_json>{name}, lacking, nothing);
    EXPECT_EQ(ended.outcome.code, errc::child_refused);
    EXPECT_NE(ended.outcome.body.find("command_not_found"), std::string::npos) << ended.outcome.body;
    EXPECT_NE(ended.outcome.body.find(name), std::string::npos) << ended.outcome.body;
  }
  expect_kept();
}

TEST_F(typed_run, streaming_commands_use_the_typed_facade) {
  const std::pair<std::string_view, std::uint64_t> commands[] = {{"extract", 2}, {"features", 2}, {"index", 4}, {"probe", 1}};
  for (auto [name, rows] : commands) {
    std::vector<std::uint64_t> seen;
    auto ended = call(*lease_, streaming_command<raw_json, indexed, terminal>{name}, shapes, nothing, [&](const indexed& row) { seen.push_back(row.i); });
    ASSERT_TRUE(ended.ok()) << name << ": " << ended.outcome.message;
    EXPECT_EQ(seen.size(), rows) << name;
    EXPECT_EQ(ended.rows.rows, rows) << name;
    EXPECT_EQ(ended.value->command, name);
    EXPECT_EQ(ended.value->rows, rows) << name;
  }
}

TEST_F(typed_run, mathlib_scale_fixture_streams_three_kinds_of_rows_with_progress) {
  std::map<std::string, std::uint64_t> streams;
  std::vector<std::string> notes;
  row_callbacks consumer{[&](const data_row& row) { ++streams[std::string{row.stream}]; }, [&](const row_note& note) { notes.push_back(note.code); }};
  std::string body;
  command_error error;
  ASSERT_TRUE(encode_request(streaming_command<raw_json, raw_json>{"scale_index"}, shapes, nothing, body, error));
  auto ended = lease_->run(body, consumer);
  ASSERT_TRUE(ended.ok()) << ended.outcome.message;
  EXPECT_EQ(streams, (std::map<std::string, std::uint64_t>{{"declarations", 16}, {"features", 16}, {"probes", 15}}));
  std::erase_if(notes, [](const std::string& code) { return !code.starts_with("scale."); }); // the rest tells of the source's elaboration
  EXPECT_EQ(notes, (std::vector<std::string>{"scale.index.started", "scale.index", "scale.index", "scale.index", "scale.index", "scale.index.finished"}));
}

TEST_F(typed_run, a_row_that_is_no_JSON_is_typed_by_whoever_looks_at_it) {
  auto typed = call(*lease_, streaming_command<raw_json, indexed>{"malformed_row"}, shapes, nothing, [](const indexed&) {});
  EXPECT_EQ(typed.outcome.code, errc::row_decode_failed) << typed.outcome.message;
  EXPECT_EQ(typed.error.sequence, 1u);
  EXPECT_EQ(typed.error.stream, "rows");

  scratch_folder folder;
  json_lines_file file{folder.path() + "/rows.jsonl"};
  std::string body;
  command_error error;
  ASSERT_TRUE(encode_request(streaming_command<raw_json, raw_json>{"malformed_row"}, shapes, nothing, body, error));
  auto filed = lease_->run(body, file);
  EXPECT_EQ(filed.outcome.code, errc::row_malformed) << filed.outcome.message;
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));

  counting_rows counted;
  EXPECT_TRUE(lease_->run(body, counted).ok()) << "who does not look is not told";
  EXPECT_EQ(counted.count(), 2u);
  expect_kept();
}

TEST_F(typed_run, timeout_cancellation_and_fatal_exit_have_distinct_worker_outcomes) {
  expect_kept(); // the source is elaborated, which the short deadline has no time for
  client::run_options soon;
  soon.timeout = 1500ms;
  auto timed_out = stream("stalls", soon);
  EXPECT_EQ(timed_out.outcome.code, errc::request_timeout) << timed_out.outcome.message;
  EXPECT_EQ(timed_out.rows.rows, 1u);
  expect_replaced();

  std::uint64_t seen = 0;
  auto enough = call(*lease_, streaming_command<raw_json, raw_json>{"forever"}, shapes, nothing, [&](const raw_json&) { return ++seen < 96; });
  EXPECT_EQ(enough.outcome.code, errc::cancelled) << enough.outcome.message;
  EXPECT_EQ(seen, 96u);
  expect_kept();

  auto left = stream("leaves");
  EXPECT_EQ(left.outcome.code, errc::child_failed) << to_string(left.outcome.code) << left.outcome.message;
  EXPECT_EQ(left.outcome.down.exit, exit_status::exited(42));
  EXPECT_EQ(left.rows.rows, 1u) << "rows before the end are delivered";
  expect_replaced();

  auto thrown = stream("throws");
  EXPECT_EQ(thrown.outcome.code, errc::child_refused);
  EXPECT_NE(thrown.outcome.body.find("asked to fail"), std::string::npos) << thrown.outcome.body;
  expect_kept();
}

TEST_F(typed_run, worker_cycle_leaves_shape_fixture_usable) {
  auto first = stream("index");
  ASSERT_TRUE(first.ok()) << first.outcome.message;
  lease_.reset();
  EXPECT_EQ(pool_->cycle().code, errc::none);
  lease_.emplace(pool_->acquire());
  ASSERT_TRUE(*lease_) << lease_->refusal().detail;
  auto second = stream("index");
  EXPECT_TRUE(second.ok()) << second.outcome.message;
  EXPECT_GT(second.outcome.generation, first.outcome.generation);
}

TEST_F(typed_run, slow_sink_applies_bounded_backpressure_without_losing_rows) {
  std::uint64_t rows = 0;
  auto slowly = [&](const indexed& row) {
    EXPECT_EQ(row.i, rows++);
    std::this_thread::sleep_for(1ms); // the workload
  };
  auto ended = call(*lease_, streaming_command<raw_json, indexed>{"many"}, shapes, nothing, slowly);
  ASSERT_TRUE(ended.ok()) << ended.outcome.message;
  EXPECT_EQ(rows, 512u);
}
