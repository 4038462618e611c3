// SPDX-License-Identifier: Apache-2.0
#include <leanworker/lean/run.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace leanworker {
namespace {

using json = nlohmann::json;

TEST(capability_request, a_module_and_a_command_are_enough) {
  capability_request request;
  request.module = "Foo.Bar";
  request.command = "Foo.bar";
  EXPECT_EQ(encode_run(request), R"({"op":"run","capability":{"module":"Foo.Bar"},"command":"Foo.bar","request":null})");
}

TEST(capability_request, everything_that_is_set_is_sent) {
  capability_request request;
  request.module = "Ignored";
  request.path = "/abs/\"Foo\".lean";
  request.command = "short \"name\"";
  request.request_json = "7";
  request.search_path = {"/a", "/b"};
  EXPECT_EQ(json::parse(encode_run(request)),
            json::parse(R"({"op": "run", "capability": {"path": "/abs/\"Foo\".lean"}, "command": "short \"name\"", "request": 7,
              "search_path": ["/a", "/b"]})"));
}

TEST(capability_request, the_capabilitys_own_request_keeps_its_spelling) {
  const char* spellings[] = {R"({ "b" : 1e2, "a":1.50 })", "[123456789012345678901234567890]", R"("\u00e9é")", "null", "-0.0", R"({"a":1,"a":2})"};
  for (auto spelling : spellings) {
    capability_request request;
    request.request_json = spelling;
    EXPECT_NE(encode_run(request).find(R"("request":)" + std::string{spelling} + "}"), std::string::npos) << encode_run(request);
  }
}

TEST(capability_request, a_name_that_is_no_utf8_still_makes_json) {
  capability_request request;
  request.path = "/caf\xE9.lean";
  EXPECT_EQ(json::parse(encode_run(request))["capability"]["path"], "/caf\uFFFD.lean");
}

const std::string session = R"("elapsed_ms":12,"session":{"imports":["Init","Foo"],"reused":true,"import_ms":34,"imports_done":5})";
const std::string streamed = R"({"rows":5,"streams":{"decls":3,"other":2},"metadata": {"b":1.0, "a":1} ,)" + session + "}";

TEST(run_report, a_json_commands_result_keeps_its_spelling) {
  const char* results[] = {R"({ "b" : 1e2, "a":1.50 })", "[123456789012345678901234567890]", R"("\u00e9é")", "null", "0"};
  for (std::string result : results) {
    run_report out;
    std::string problem;
    ASSERT_TRUE(decode_run_report("{\"result\":" + result + "," + session + "}", out, problem)) << problem;
    EXPECT_FALSE(out.streaming);
    EXPECT_EQ(out.result_json, result);
    EXPECT_EQ(out.elapsed_ms, 12u);
    EXPECT_EQ(out.imports, (std::vector<std::string>{"Init", "Foo"}));
    EXPECT_TRUE(out.session_reused);
    EXPECT_EQ(out.import_ms, 34u);
    EXPECT_EQ(out.imports_done, 5u);
    EXPECT_TRUE(out.metadata_json.empty());
  }
}

TEST(run_report, a_streaming_commands_counts_and_metadata_are_read) {
  run_report out;
  std::string problem;
  ASSERT_TRUE(decode_run_report(streamed, out, problem)) << problem;
  EXPECT_TRUE(out.streaming);
  EXPECT_EQ(out.rows, 5u);
  EXPECT_EQ(out.streams, (std::vector<std::pair<std::string, std::uint64_t>>{{"decls", 3}, {"other", 2}}));
  EXPECT_EQ(out.metadata_json, R"({"b":1.0, "a":1})");
  EXPECT_TRUE(out.result_json.empty());
}

TEST(run_report, a_stream_without_rows_is_a_result_too) {
  run_report out;
  std::string problem;
  ASSERT_TRUE(decode_run_report(R"({"rows":0,"streams":{},"metadata":null,)" + session + "}", out, problem)) << problem;
  EXPECT_TRUE(out.streaming);
  EXPECT_TRUE(out.streams.empty());
  EXPECT_EQ(out.metadata_json, "null");
}

TEST(run_report, unknown_members_are_ignored) {
  run_report out;
  std::string problem;
  EXPECT_TRUE(decode_run_report(R"({"new":[1],"result":1,)" + session + "}", out, problem)) << problem;
}

TEST(run_report, what_is_missing_or_wrong_is_named) {
  const struct {
    std::string body, named;
  } cases[] = {
    {"", "at byte 0"},
    {"[1]", "no object"},
    {R"({"result":1)", "at byte"},
    {"{" + session + "}", "rows"},
    {R"({"rows":1,"metadata":null,)" + session + "}", "streams"},
    {R"({"rows":1,"streams":{},)" + session + "}", "metadata"},
    {R"({"result":1})", "elapsed_ms"},
    {R"({"result":1,"elapsed_ms":1})", "session"},
    {R"({"result":1,"elapsed_ms":1,"session":{"imports":[],"reused":true,"import_ms":0}})", "imports_done"},
    {R"({"rows":"1","streams":{},"metadata":null,)" + session + "}", "number"},
    {R"({"rows":1,"streams":[],"metadata":null,)" + session + "}", "object"},
  };
  for (const auto& each : cases) {
    run_report out;
    out.rows = 99;
    std::string problem;
    EXPECT_FALSE(decode_run_report(each.body, out, problem)) << each.body;
    EXPECT_NE(problem.find(each.named), std::string::npos) << each.body << ": " << problem;
    EXPECT_EQ(out.rows, 99u) << "a report that cannot be read leaves the other one alone";
  }
}

} // namespace
} // namespace leanworker
