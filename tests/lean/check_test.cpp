// SPDX-License-Identifier: Apache-2.0
#include <leanworker/lean/check.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace leanworker {
namespace {

using json = nlohmann::json;

TEST(check_request, a_plain_source_becomes_the_smallest_request) {
  check_request request;
  request.source = "theorem t : 1 = 1 := rfl";
  EXPECT_EQ(json::parse(encode_check(request)),
            json::parse(R"({"op": "check", "source": "theorem t : 1 = 1 := rfl", "axioms": false,
              "limits": {"messages_max": 1000, "declarations_max": 1000, "output_bytes_max": 1048576}})"));
}

TEST(check_request, everything_that_is_set_is_sent) {
  check_request request;
  request.path = "/abs/a.lean";
  request.source = "ignored";
  request.file_name = "a.lean";
  request.imports = {"Init", "Std.Data.HashMap"};
  request.options = {{"maxRecDepth", "512"}, {"autoImplicit", "false"}, {"trace.profiler.output", "\"x\""}};
  request.heartbeats = 0;
  request.messages_max = 1;
  request.declarations_max = 2;
  request.output_bytes_max = 3;
  request.axioms = true;
  request.recheck = true;
  request.main_module = {"Here", "A b.c"};
  EXPECT_EQ(json::parse(encode_check(request)),
            json::parse(R"({"op": "check", "path": "/abs/a.lean", "file_name": "a.lean", "imports": ["Init", "Std.Data.HashMap"],
              "options": {"maxRecDepth": 512, "autoImplicit": false, "trace.profiler.output": "x"}, "axioms": true,
              "recheck": true, "main_module": ["Here", "A b.c"], "limits": {"heartbeats": 0, "messages_max": 1, "declarations_max": 2, "output_bytes_max": 3}})"));
}

TEST(check_request, a_source_that_is_no_utf8_still_makes_json) {
  check_request request;
  request.source = "-- caf\xE9";
  EXPECT_EQ(json::parse(encode_check(request))["source"], "-- caf\uFFFD");
}

TEST(open_session_request, opens_what_a_file_with_these_imports_uses) {
  auto imports_sent = [](const std::vector<std::string>& imports) { return json::parse(encode_open_session(imports))["imports"]; };
  EXPECT_EQ(imports_sent({"Lean", "Std"}), json::parse(R"(["Init", "Lean", "Std"])"));
  EXPECT_EQ(imports_sent({"Init", "Lean"}), json::parse(R"(["Init", "Lean"])"));
  EXPECT_EQ(encode_open_session({"prelude", "Init.Core"}), "");
  EXPECT_EQ(encode_open_session({"public import"}), "");
}

json good_report() {
  return json::parse(R"({"verdict": "has_errors",
    "messages": [{"severity": "error", "text": "unknown identifier", "kind": "lean.unknownIdentifier", "line": 3, "column": 2,
                  "end_line": 3, "end_column": 9},
                 {"severity": "info", "text": "1 : Nat", "kind": "", "line": 5, "column": 0, "end_line": null, "end_column": null}],
    "messages_truncated": true, "counts": {"error": 4, "warning": 5, "info": 6},
    "declarations": [{"name": "t", "kind": "theorem", "sorry": true, "axioms": ["propext", "sorryAx"], "library_theorems_assumed": 7},
                     {"name": "u", "kind": "definition", "sorry": false}],
    "declarations_truncated": false, "elapsed_ms": 12, "heartbeats": 5321,
    "trust": [{"what": "axiom", "name": "a", "line": 3}, {"what": "not_seen", "name": "b", "line": null}], "trust_truncated": true,
    "session": {"imports": ["Init"], "reused": false, "import_ms": 750, "imports_done": 1}})");
}

TEST(check_report, all_members_are_read) {
  check_report out;
  std::string problem;
  ASSERT_TRUE(decode_check_report(good_report().dump(), out, problem)) << problem;
  EXPECT_EQ(out.result, verdict::has_errors);
  ASSERT_EQ(out.messages.size(), 2u);
  EXPECT_EQ(out.messages[0].severity, "error");
  EXPECT_EQ(out.messages[0].text, "unknown identifier");
  EXPECT_EQ(out.messages[0].kind, "lean.unknownIdentifier");
  EXPECT_EQ(out.messages[0].line, 3u);
  EXPECT_EQ(out.messages[0].column, 2u);
  EXPECT_EQ(out.messages[0].end_line, 3u);
  EXPECT_EQ(out.messages[0].end_column, 9u);
  EXPECT_EQ(out.messages[1].end_line, std::nullopt);
  EXPECT_EQ(out.messages[1].end_column, std::nullopt);
  EXPECT_TRUE(out.messages_truncated);
  EXPECT_EQ(out.errors, 4u);
  EXPECT_EQ(out.warnings, 5u);
  EXPECT_EQ(out.infos, 6u);
  ASSERT_EQ(out.declarations.size(), 2u);
  EXPECT_EQ(out.declarations[0].name, "t");
  EXPECT_EQ(out.declarations[0].kind, "theorem");
  EXPECT_TRUE(out.declarations[0].sorry);
  EXPECT_EQ(out.declarations[0].axioms, (std::vector<std::string>{"propext", "sorryAx"}));
  EXPECT_EQ(out.declarations[0].library_theorems_assumed, 7u);
  EXPECT_TRUE(out.declarations[1].axioms.empty());
  EXPECT_FALSE(out.declarations_truncated);
  EXPECT_EQ(out.elapsed_ms, 12u);
  EXPECT_EQ(out.import_ms, 750u);
  EXPECT_EQ(out.heartbeats, 5321u);
}

TEST(check_report, what_a_file_is_trusted_with_is_read_and_weighed) {
  check_report out;
  std::string problem;
  ASSERT_TRUE(decode_check_report(good_report().dump(), out, problem)) << problem;
  ASSERT_EQ(out.trust.size(), 2u);
  EXPECT_EQ(out.trust[0].what, "axiom");
  EXPECT_EQ(out.trust[0].name, "a");
  EXPECT_EQ(out.trust[0].line, 3u);
  EXPECT_EQ(out.trust[1].line, std::nullopt);
  EXPECT_TRUE(out.trust_truncated);
  for (auto what : {"axiom", "imported_axiom", "native", "not_seen"})
    EXPECT_TRUE(weakens_proofs({what, "n", {}})) << what;
  for (auto what : {"opaque", "unsafe", "implemented_by", "extern", "hidden_sorry", "hidden_error", ""})
    EXPECT_FALSE(weakens_proofs({what, "n", {}})) << what;
}

TEST(check_report, a_position_beyond_32_bits_is_kept_and_one_that_is_no_whole_number_refused) {
  check_report out;
  std::string problem;
  auto body = good_report();
  body["messages"][0]["end_line"] = 4294967296u;
  ASSERT_TRUE(decode_check_report(body.dump(), out, problem)) << problem;
  EXPECT_EQ(out.messages[0].end_line, 4294967296u);
  for (json bad : {json(-1), json(1.5), json::parse("99999999999999999999999")}) {
    body["messages"][0]["end_line"] = bad;
    EXPECT_FALSE(decode_check_report(body.dump(), out, problem)) << bad;
    EXPECT_NE(problem.find("'end_line'"), std::string::npos) << problem;
  }
}

TEST(early_message, is_the_message_of_a_diagnostic_and_nothing_else) {
  lean_message out;
  EXPECT_TRUE(decode_early_message(R"({"code": "message", "message": "", "severity": "error", "text": "no", "kind": "", "line": 3, "column": 1,
    "end_line": null, "end_column": null})", out));
  EXPECT_EQ(out.severity, "error");
  EXPECT_EQ(out.text, "no");
  EXPECT_EQ(out.line, 3u);
  for (auto body : {R"({"code": "other", "message": "x"})", R"({"code": "message", "message": "x"})", "{", "null", "[]"})
    EXPECT_FALSE(decode_early_message(body, out)) << body;
}

TEST(check_report, every_verdict_has_one_name_in_both_directions) {
  for (auto value : {verdict::accepted, verdict::has_warnings, verdict::has_errors, verdict::incomplete}) {
    auto body = good_report();
    body["verdict"] = to_string(value);
    check_report out;
    std::string problem;
    ASSERT_TRUE(decode_check_report(body.dump(), out, problem)) << problem;
    EXPECT_EQ(out.result, value);
  }
  EXPECT_EQ(to_string(static_cast<verdict>(9)), "unknown");
}

TEST(check_report, one_without_a_needed_member_is_refused_naming_it) {
  for (auto pointer : {"/verdict", "/messages", "/messages_truncated", "/counts", "/counts/error", "/counts/warning", "/counts/info",
                       "/declarations", "/declarations_truncated", "/elapsed_ms", "/heartbeats", "/session", "/session/import_ms",
                       "/messages/0/severity", "/messages/0/text", "/messages/0/line", "/messages/0/column", "/declarations/0/name",
                       "/declarations/0/kind", "/declarations/0/sorry"}) {
    auto body = good_report();
    auto place = json::json_pointer{pointer};
    body.at(place.parent_pointer()).erase(place.back());
    check_report out;
    std::string problem;
    EXPECT_FALSE(decode_check_report(body.dump(), out, problem)) << pointer;
    EXPECT_NE(problem.find("'" + place.back() + "'"), std::string::npos) << pointer << ": " << problem;
  }
}

TEST(check_report, wrong_types_and_broken_texts_are_refused) {
  check_report out;
  std::string problem;
  for (auto body : {"", "{", "null", "[]", "3", "\xFF"})
    EXPECT_FALSE(decode_check_report(body, out, problem)) << body;
  struct {
    const char* pointer;
    json value;
  } rows[] = {{"/verdict", "fine"}, {"/verdict", 1}, {"/messages/0/line", "3"}, {"/messages/0/end_line", "3"}, {"/counts", json::array()},
              {"/messages/0/text", nullptr}, {"/declarations/0/sorry", 1}, {"/declarations/0/axioms", "propext"}};
  for (const auto& row : rows) {
    auto body = good_report();
    body[json::json_pointer{row.pointer}] = row.value;
    problem.clear();
    EXPECT_FALSE(decode_check_report(body.dump(), out, problem)) << row.pointer;
    EXPECT_FALSE(problem.empty()) << row.pointer;
  }
}

TEST(check_report, a_nested_one_is_refused_before_a_tree_is_built) {
  auto body = R"({"verdict":"accepted","messages":)" + std::string(200'000, '[') + std::string(200'000, ']') + "}";
  check_report out;
  std::string problem;
  EXPECT_FALSE(decode_check_report(body, out, problem));
  EXPECT_NE(problem.find("at byte"), std::string::npos) << problem;
}

} // namespace
} // namespace leanworker
