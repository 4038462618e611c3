// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/handshake.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace leanworker {
namespace {

using json = nlohmann::json;

json good_hello() {
  return json::parse(R"({"protocol": 1, "child": {"kind": "lean-host", "version": "0.1.0"},
    "lean": {"version": "4.28.0-pre", "commit": "38f3c0c4", "target": "wasm32-unknown-emscripten"}, "pid": 4711,
    "capabilities": ["open_session", "check", "health"],
    "limits": {"in_flight_max": 2, "receive_bytes_max": 268435456, "send_bytes_max": 65536},
    "sessions": [{"session": 1, "imports": ["Init"], "modules": 506, "constants": 45818}]})");
}

/// A hello with the value at `pointer` replaced, or removed when `value` is "discarded".
std::string hello_with(const char* pointer, json value) {
  auto hello = good_hello();
  auto place = json::json_pointer{pointer};
  if (value.is_discarded())
    hello.at(place.parent_pointer()).erase(place.back());
  else
    hello[place] = std::move(value);
  return hello.dump();
}

const auto removed = json(json::value_t::discarded);

TEST(hello, all_facts_are_read) {
  child_hello out;
  std::string problem;
  ASSERT_TRUE(decode_hello(good_hello().dump(), out, problem)) << problem;
  child_hello expected;
  expected.child_kind = "lean-host";
  expected.child_version = "0.1.0";
  expected.lean_version = "4.28.0-pre";
  expected.lean_target = "wasm32-unknown-emscripten";
  expected.claimed_pid = 4711;
  expected.capabilities = {"open_session", "check", "health"};
  expected.in_flight_max = 2;
  expected.receive_bytes_max = 268435456;
  expected.send_bytes_max = 65536;
  EXPECT_EQ(out, expected);
}

TEST(hello, what_may_be_absent_or_new_does_no_harm) {
  for (const auto& body : {hello_with("/lean", removed), hello_with("/pid", removed), hello_with("/sessions", removed),
                           hello_with("/child/version", removed), hello_with("/new_member", json{{"a", 1}}),
                           hello_with("/capabilities", json::array()), hello_with("/limits/new_limit", 5)}) {
    child_hello out;
    std::string problem;
    EXPECT_TRUE(decode_hello(body, out, problem)) << body << "\n" << problem;
  }
}

TEST(hello, a_bad_one_is_refused_naming_the_member) {
  struct {
    std::string body;
    const char* named;
  } rows[] = {
    {"", "not a JSON object"},
    {"null", "not a JSON object"},
    {"[]", "not a JSON object"},
    {"{\"protocol\": 1", "not a JSON object"},
    {"{}", "protocol"},
    {"\xFF", "not a JSON object"},
    {hello_with("/protocol", 2), "protocol 2, not 1"},
    {hello_with("/protocol", "1"), "protocol \"1\", not 1"},
    {hello_with("/protocol", removed), "protocol null, not 1"},
    {hello_with("/child", removed), "child.kind"},
    {hello_with("/child", "lean-host"), "child.kind"},
    {hello_with("/child/kind", removed), "child.kind"},
    {hello_with("/child/kind", ""), "child.kind"},
    {hello_with("/child/kind", 3), "child.kind"},
    {hello_with("/capabilities", removed), "capabilities"},
    {hello_with("/capabilities", "check"), "capabilities"},
    {hello_with("/limits", removed), "limits.in_flight_max"},
    {hello_with("/limits/in_flight_max", removed), "limits.in_flight_max"},
    {hello_with("/limits/in_flight_max", 0), "limits.in_flight_max"},
    {hello_with("/limits/in_flight_max", -1), "limits.in_flight_max"},
    {hello_with("/limits/in_flight_max", 1.5), "limits.in_flight_max"},
    {hello_with("/limits/receive_bytes_max", removed), "limits.receive_bytes_max"},
    {hello_with("/limits/receive_bytes_max", 65535), "limits.receive_bytes_max"},
    {hello_with("/limits/receive_bytes_max", 268435457), "limits.receive_bytes_max"},
    {hello_with("/limits/receive_bytes_max", "65536"), "limits.receive_bytes_max"},
    {hello_with("/limits/send_bytes_max", removed), "limits.send_bytes_max"},
    {hello_with("/limits/send_bytes_max", 1), "limits.send_bytes_max"},
    {hello_with("/limits/send_bytes_max", 18446744073709551615u), "limits.send_bytes_max"},
  };
  for (const auto& row : rows) {
    child_hello out;
    std::string problem;
    EXPECT_FALSE(decode_hello(row.body, out, problem)) << row.body;
    EXPECT_NE(problem.find(row.named), std::string::npos) << row.body << "\n" << problem;
  }
}

TEST(configure, it_carries_the_settings_and_leaves_out_an_empty_search_path) {
  child_settings settings;
  settings.frame_bytes_max_to_child = 65536;
  settings.frame_bytes_max_to_parent = 1u << 20;
  settings.sessions_max = 3;
  EXPECT_EQ(json::parse(encode_configure(settings)),
            json::parse(R"({"frame_bytes_max": {"to_child": 65536, "to_parent": 1048576}, "sessions_max": 3})"));
  settings.search_path = {"/a b", "/c"};
  EXPECT_EQ(json::parse(encode_configure(settings))["search_path"], json::parse(R"(["/a b", "/c"])"));
}

TEST(configure, a_search_path_that_is_no_utf8_still_makes_json) {
  child_settings settings;
  settings.search_path = {"/caf\xE9"};
  EXPECT_EQ(json::parse(encode_configure(settings))["search_path"][0], "/caf\uFFFD");
}

TEST(progress, good_ones_are_read_and_bad_ones_refused) {
  struct {
    const char* body;
    bool good;
    child_progress expected;
  } rows[] = {
    {R"({"phase": "import", "current": 0, "total": 1})", true, {0, 0, "import", 0, 1}},
    {R"({"phase": "elaborate", "current": 5000000000, "total": null})", true, {0, 0, "elaborate", 5000000000, 0}},
    {R"({"phase": "elaborate", "current": 5})", true, {0, 0, "elaborate", 5, 0}},
    {R"({"phase": "x", "current": 5, "total": 7, "more": []})", true, {0, 0, "x", 5, 7}},
    {R"({"phase": "", "current": 0, "total": 1})", false, {}},
    {R"({"current": 0, "total": 1})", false, {}},
    {R"({"phase": "import", "total": 1})", false, {}},
    {R"({"phase": "import", "current": -1, "total": 1})", false, {}},
    {R"({"phase": "import", "current": 0.5, "total": 1})", false, {}},
    {R"({"phase": "import", "current": "0", "total": 1})", false, {}},
    {R"({"phase": 3, "current": 0, "total": 1})", false, {}},
    {"[]", false, {}},
    {"", false, {}},
  };
  for (const auto& row : rows) {
    child_progress out;
    EXPECT_EQ(decode_progress(row.body, out), row.good) << row.body;
    if (row.good) {
      EXPECT_EQ(out, row.expected) << row.body;
    }
  }
}

TEST(log, logs_and_diagnostics_are_read_and_others_refused) {
  struct {
    const char* body;
    bool good;
    child_log expected;
  } rows[] = {
    {R"({"level": "info", "message": "hello"})", true, {0, "info", "hello"}},
    {R"({"level": "error", "message": ""})", true, {0, "error", ""}},
    {R"({"code": "rss_high", "message": "1.2 GB"})", true, {0, "diagnostic", "rss_high: 1.2 GB"}},
    {R"({"level": "info"})", false, {}},
    {R"({"message": "no level, no code"})", false, {}},
    {R"({"level": "info", "message": 5})", false, {}},
    {R"({"code": "", "message": "x"})", false, {}},
    {"null", false, {}},
    {"{", false, {}},
  };
  for (const auto& row : rows) {
    child_log out;
    EXPECT_EQ(decode_log(row.body, out), row.good) << row.body;
    if (row.good) {
      EXPECT_EQ(out, row.expected) << row.body;
    }
  }
}

/// `{"phase":"x","current":0,"total":1,"y":[[[…` as a hostile file makes it.
std::string nested(std::string beginning, std::size_t levels) {
  return beginning + std::string(levels, '[') + std::string(levels, ']') + "}";
}

TEST(nesting, no_body_of_a_child_is_built_into_a_tree_that_could_overflow_the_stack) {
  for (std::size_t levels : {513u, 200'000u, 2'000'000u}) {
    child_progress progress;
    EXPECT_FALSE(decode_progress(nested(R"({"phase":"x","current":0,"total":1,"y":)", levels), progress));
    child_log log;
    EXPECT_FALSE(decode_log(nested(R"({"level":"info","message":"x","y":)", levels), log));
    EXPECT_FALSE(decode_log(nested(R"({"code":"c","message":"x","y":)", levels), log));
    EXPECT_TRUE(decode_error(nested(R"({"code":"c","message":"x","y":)", levels)).code.empty());
    child_hello hello;
    std::string problem;
    EXPECT_FALSE(decode_hello(nested(R"({"protocol":1,"capabilities":)", levels), hello, problem));
    EXPECT_NE(problem.find("not a JSON object"), std::string::npos) << problem;
  }
}

TEST(progress, only_the_hosts_own_word_is_taken_for_its) {
  child_progress out;
  ASSERT_TRUE(decode_progress(R"({"phase":"import","current":0,"total":1,"host":true})", out));
  EXPECT_TRUE(out.host);
  for (auto body : {R"({"phase":"import","current":0})", R"({"phase":"import","current":0,"host":"true"})",
                    R"({"phase":"\"host\":true","current":0})", R"({"phase":"import","current":0,"host":1})"}) {
    ASSERT_TRUE(decode_progress(body, out)) << body;
    EXPECT_FALSE(out.host) << body;
  }
}

TEST(error_object, its_code_and_message_are_read_and_anything_else_is_none) {
  auto good = decode_error(R"({"code": "bad_request", "message": "source: a string is needed"})");
  EXPECT_EQ(good.code, "bad_request");
  EXPECT_EQ(good.message, "source: a string is needed");
  for (auto body : {"", "{}", "[]", "null", R"({"code": 3, "message": []})", "{\"code\""}) {
    auto none = decode_error(body);
    EXPECT_TRUE(none.code.empty() && none.message.empty()) << body;
  }
}

} // namespace
} // namespace leanworker
