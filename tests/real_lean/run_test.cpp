// SPDX-License-Identifier: Apache-2.0
#include "run_fixture.hpp"

#include <leanworker/lean/run.hpp>

#include <algorithm>
#include <filesystem>

#include <poll.h>

using namespace leanworker;
using namespace leanworker::testing;

namespace {

using texts = std::vector<std::string>;

run_report report_of(const std::string& text) {
  run_report report;
  std::string problem;
  EXPECT_TRUE(decode_run_report(text, report, problem)) << problem << ": " << text.substr(0, 300);
  return report;
}

std::string quoted(const std::string& text) { return json(text).dump(); }

} // namespace

// -- commands that end well ---

TEST_F(run_host, a_json_command_gets_the_text_as_it_came_and_gives_its_own) {
  for (std::string text : {R"({ "b" : 1e2, "a":[1.50, "\u00e9é"] })", "null", "[12345678901234567890123]", R"("LWRK")"}) {
    auto got = run("same", text);
    ASSERT_FALSE(got.is_error) << got.text;
    auto report = report_of(got.text);
    EXPECT_FALSE(report.streaming);
    EXPECT_EQ(report.result_json, text);
  }
  EXPECT_EQ(report_of(run("accepts").text).result_json, R"({"accepted":true,"kind":"fixture"})");
  EXPECT_EQ(report_of(run("Behaviours.aliased", "7").text).result_json, "7") << "a type that only unfolds to the right one is right";
}

TEST_F(run_host, events_come_in_the_order_of_the_program) {
  auto got = run("basic");
  ASSERT_FALSE(got.is_error) << got.text;
  EXPECT_EQ(got.order, (texts{"diagnostic", "rows", "rows", "diagnostic"}));
  EXPECT_EQ(got.rows["rows"][1], R"({"kind":"done","ordinal":1})");
  EXPECT_EQ(json::parse(got.events[0].body)["message"], "said \"once\"\n");
  EXPECT_EQ(report_of(got.text).metadata_json, R"({"fixture":"worker_data_stream","ok":true})") << "the last one wins";

  auto chunks = run("chunked");
  texts chunk{"diagnostic", "chunks", "chunks", "progress", "diagnostic"}, all;
  for (int i = 0; i < 3; ++i)
    all.insert(all.end(), chunk.begin(), chunk.end());
  all.insert(all.end(), {"diagnostic", "progress"});
  EXPECT_EQ(chunks.order, all);
  EXPECT_EQ(json::parse(chunks.events[3].body), (json{{"phase", "fixture.chunk"}, {"current", 1}, {"total", 3}}));
  EXPECT_EQ(json::parse(chunks.events.back().body)["total"], nullptr);
}

TEST_F(run_host, every_row_arrives_once_and_is_counted) {
  const struct {
    std::string command, request;
    std::vector<std::pair<std::string, std::uint64_t>> streams;
  } cases[] = {
    {"many", "0", {}},
    {"many", "null", {{"rows", 512}}},
    {"many", "20000", {{"rows", 20000}}},
    {"large", "null", {{"rows", 1}}},
    {"interleaved", "600", {{"even", 600}, {"odd", 600}, {"once", 1}}},
    {"scale_index", "null", {{"declarations", 16}, {"features", 16}, {"probes", 15}}},
    {"tasks", "300", {{"shared", 1200}, {"task0", 300}, {"task1", 300}, {"task2", 300}, {"task3", 300}}},
  };
  for (const auto& each : cases) {
    auto got = run(each.command, each.request);
    ASSERT_FALSE(got.is_error) << each.command << ": " << got.text;
    auto report = report_of(got.text);
    EXPECT_EQ(report.streams, each.streams) << each.command;
    std::uint64_t total = 0;
    for (const auto& [name, count] : each.streams) {
      EXPECT_EQ(got.rows[name].size(), count) << each.command << ", stream " << name;
      total += count;
    }
    EXPECT_EQ(report.rows, total) << each.command;
  }
}

/// A search through all of them for each row took 13 ms at 2000.
TEST_F(run_host, many_streams_by_turns_each_keep_their_own_sequence) {
  constexpr std::size_t streams = 5000;
  auto got = run("fan", std::to_string(streams));
  ASSERT_FALSE(got.is_error) << got.text;
  EXPECT_EQ(report_of(got.text).rows, 2 * streams);
  ASSERT_EQ(got.rows.size(), streams);
  for (const auto& [name, rows] : got.rows) {
    ASSERT_EQ(rows.size(), 2u) << name;
    EXPECT_EQ(rows[0], R"({"i":0})");
    EXPECT_EQ(rows[1], R"({"i":1})");
  }
}

TEST_F(run_host, rows_of_one_task_keep_their_order_beside_those_of_others) {
  auto got = run("tasks", "500");
  for (std::string task : {"task0", "task1", "task2", "task3"}) {
    const auto& rows = got.rows[task];
    ASSERT_EQ(rows.size(), 500u) << task;
    for (std::size_t i = 0; i < rows.size(); ++i)
      ASSERT_EQ(rows[i], "{\"i\":" + std::to_string(i) + "}") << task;
  }
}

TEST_F(run_host, payloads_of_every_size_arrive_whole) {
  auto got = run("sizes");
  std::vector<std::size_t> sizes{1, 2, 200, 255, 256, 4000, 4081, 4082, 4083, 4096, 32700, 32768, 65520, 65536, 70000, 3}, seen;
  for (const auto& payload : got.rows["sizes"])
    seen.push_back(payload.size());
  EXPECT_EQ(seen, sizes);
}

TEST_F(run_host, T25_a_row_arrives_while_the_function_still_runs) {
  auto id = ask_for("slow_after_row");
  ASSERT_NO_FATAL_FAILURE(expect_row());
  EXPECT_EQ(running(), std::vector<std::uint64_t>{id}) << "it sleeps for 400 ms after the row";
  EXPECT_FALSE(finish(id).is_error);
}

// -- commands that end badly ---

TEST_F(run_host, each_way_to_fail_has_its_code_and_the_child_lives_on) {
  const struct {
    std::string command, request, code, text;
    std::size_t rows; ///< That were sent before.
  } cases[] = {
    {"throws", "0", "lean_exception", "asked to fail", 1},
    {"chunk_error", "null", "lean_exception", "chunk 1 failed with status 10", 2},
    {"json_throws", "null", "lean_exception", "no answer", 0},
    {"empty_stream", "null", "row_malformed", "stream name", 0},
    {"long_stream", "null", "row_malformed", "256", 0},
    {"empty_payload", "null", "row_malformed", "empty payload", 1},
    {"row_over_cap", "16777216", "output_too_large", "frame_bytes_max", 0},
    {"result_large", "16777216", "output_too_large", "frame_bytes_max", 0},
    {"metadata_malformed", "null", "result_malformed", "metadata", 0},
    {"result_malformed", "null", "result_malformed", "it begins with: {\"accepted\":tru", 0},
    {"result_too_deep", "null", "result_malformed", "deeper than 512", 0},
  };
  for (const auto& each : cases) {
    auto got = run(each.command, each.request);
    EXPECT_EQ(got.code(), each.code) << each.command << ": " << got.text.substr(0, 300);
    EXPECT_NE(got.value.value("message", "").find(each.text), std::string::npos) << each.command << ": " << got.text.substr(0, 300);
    std::size_t rows = 0;
    for (const auto& [name, payloads] : got.rows)
      rows += payloads.size();
    EXPECT_EQ(rows, each.rows) << each.command;
  }
  auto big = run("throws", "1000000");
  EXPECT_LE(big.text.size(), 4096u + 100) << "the text of an exception is bounded";
  expect_alive();
}

TEST_F(run_host, what_cannot_be_found_or_run_is_named) {
  const std::string extract = R"({"module":"LeanWorker.Extract"})", file = json{{"path", CAPABILITIES "/Behaviours.lean"}}.dump();
  const struct {
    std::string capability, command, code, text;
  } cases[] = {
    {R"({"module":"No.Such.Module"})", "x", "capability_failed", "unknown module prefix 'No'"},
    {R"({"path":"/no/such/file.lean"})", "x", "io_error", "/no/such/file.lean"},
    {R"({"path":"relative.lean"})", "x", "bad_request", "absolute"},
    {R"({"module":""})", "x", "bad_request", "capability.module"},
    {R"({"module":"A","path":"/b"})", "x", "bad_request", "exactly one"},
    {R"({})", "x", "bad_request", "exactly one"},
    {R"("Foo")", "x", "bad_request", "capability"},
    {extract, "nope", "command_not_found", "it registers extract"},
    {extract, "readRequest", "command_not_found", "did you mean LeanWorker.Extract.readRequest?"},
    {file, "basik", "command_not_found", "Behaviours.lean"},
    {file, "Behaviours.number", "command_type_mismatch", "`Nat`"},
    {file, "Behaviours.wrongResult", "command_type_mismatch", "String → IO Nat"},
    {file, "Behaviours.pureText", "command_type_mismatch", "`String → IO String` or `String → LeanWorker.Stream → IO Unit`"},
    {file, "Behaviours.noStream", "command_type_mismatch", "Behaviours.noStream"},
  };
  for (const auto& each : cases) {
    auto got = run_of(each.capability, each.command);
    EXPECT_EQ(got.code(), each.code) << each.capability << " " << each.command << ": " << got.text;
    EXPECT_NE(got.value.value("message", "").find(each.text), std::string::npos) << got.text;
  }
  EXPECT_EQ(ask_text(R"({"op":"run","capability":{"module":"A"}})").code(), "bad_request") << "no command";
}

TEST_F(run_host, a_source_is_elaborated_once_as_long_as_it_stays_the_same) {
  scratch_folder folder;
  auto file = folder.write("Changing.lean", "def hello (r : String) : IO String := return r\ndef broken : Nat := \"no\"\n");
  auto capability = json{{"path", file}}.dump();
  auto failed = run_of(capability, "hello", "1");
  EXPECT_EQ(failed.code(), "capability_failed");
  EXPECT_NE(failed.text.find("Changing.lean:2:20: error: "), std::string::npos) << failed.text;
  folder.write("Changing.lean", "def hello (r : String) : IO String := return r\n");
  EXPECT_EQ(report_of(run_of(capability, "hello", "2").text).result_json, "2");
  auto again = run_of(capability, "hello", "3");
  EXPECT_TRUE(report_of(again.text).session_reused);
  EXPECT_TRUE(again.events.empty()) << "nothing is imported or elaborated again";
  folder.write("Changing.lean", "def hello (r : String) : IO String := return \"[\" ++ r ++ \"]\"\n");
  EXPECT_EQ(report_of(run_of(capability, "hello", "4").text).result_json, "[4]");
}

TEST_F(run_host, a_compiled_module_is_found_on_the_search_path_of_the_request) {
  scratch_folder folder;
  folder.write("Tiny.lean", "import LeanWorker.Capability\n@[worker_command \"twice\"]\n"
                            "def Tiny.twice (r : String) (s : LeanWorker.Stream) : IO Unit := do\n  s.row \"out\" r\n  s.row \"out\" r\n");
  ASSERT_EQ(compile(folder, "Tiny"), "");
  auto body = [&](const std::string& path) {
    return R"({"op":"run","capability":{"module":"Tiny"},"command":"twice","request":5,"search_path":[)" + path
           + quoted(test_sysroot() + "/lib/lean") + "]}";
  };
  start_own({{"search_path", {test_sysroot() + "/lib/lean"}}});
  auto got = finish(request_text(body(quoted(folder.path()) + ",")));
  ASSERT_FALSE(got.is_error) << got.text;
  EXPECT_EQ(got.rows["out"], (texts{"5", "5"}));
  EXPECT_EQ(ask_text(R"({"op":"run","capability":{"module":"Tiny2"},"command":"twice"})").code(), "capability_failed");
  EXPECT_EQ(finish(request_text(body(quoted(folder.path() + "/elsewhere") + ","))).code(), "capability_failed")
    << "a session is only for paths that give its files";
}

TEST_F(run_host, a_command_of_the_wrong_type_cannot_be_registered) {
  scratch_folder folder;
  auto register_as = [&](const std::string& text) {
    auto file = folder.write("Registers.lean", "import LeanWorker.Capability\n" + text);
    return run_of(json{{"path", file}}.dump(), "x").text;
  };
  auto wrong = register_as("@[worker_command \"x\"]\ndef x (n : Nat) : IO String := return toString n\n");
  EXPECT_NE(wrong.find("cannot be a command"), std::string::npos) << wrong;
  auto twice = register_as("@[worker_command \"x\"]\ndef a (r : String) : IO String := return r\n"
                           "@[worker_command \"x\"]\ndef b (r : String) : IO String := return r\n");
  EXPECT_NE(twice.find("already the command 'x'"), std::string::npos) << twice;
}
