// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/commands.hpp>

#include <gtest/gtest.h>

#include <limits>

namespace leanworker {
namespace {

using nlohmann::json;

struct range {
  int from = 0;
  int to = 0;
  friend bool operator==(const range&, const range&) = default;
};
void to_json(json& j, const range& x) { j = {{"from", x.from}, {"to", x.to}}; }
void from_json(const json& j, range& x) {
  j.at("from").get_to(x.from);
  j.at("to").get_to(x.to);
}

struct stubborn {};
void to_json(json&, const stubborn&) { throw 7; }
void from_json(const json&, stubborn&) { throw 7; }

/// Only the codec below knows it.
struct point {
  int x = 0;
};

} // namespace

template <>
struct json_codec<point> {
  static std::string encode(const point& value) { return "[" + std::to_string(value.x) + "]"; }
  static void decode(std::string_view text, point& out) {
    if (!text.starts_with('['))
      throw std::runtime_error{"a point begins with a bracket"};
    out.x = std::stoi(std::string{text.substr(1)});
  }
};

namespace {

constexpr json_command<range, range> reverse{"reverse"};
constexpr streaming_command<range, json, range> count{"count"};
static_assert(reverse.name == "reverse" && std::is_same_v<decltype(count)::summary_type, range>);

const auto operation = command_target::operation();
const auto lean = command_target::lean_module("Tools.Ranges");

template <class Request>
std::string encoded(const Request& request, const command_target& target = operation) {
  std::string body;
  command_error error;
  EXPECT_TRUE(encode_request(json_command<Request, json>{"f"}, target, request, body, error)) << explain(error);
  return body;
}

template <class Request>
command_error encode_error(const Request& request, std::string_view name = "f", const command_target& target = operation) {
  std::string body = "untouched";
  command_error error;
  EXPECT_FALSE(encode_request(json_command<Request, json>{name}, target, request, body, error));
  EXPECT_EQ(error.code, errc::request_encode_failed);
  EXPECT_EQ(body, "untouched");
  return error;
}

template <class Response>
command_error decode_error(const command_target& target, std::string_view body) {
  Response out{};
  command_error error;
  EXPECT_FALSE(decode_response(json_command<range, Response>{"f"}, target, body, out, error)) << body;
  EXPECT_EQ(error.code, errc::response_decode_failed);
  EXPECT_EQ(error.command, "f");
  EXPECT_EQ(error.stream, "");
  return error;
}

template <class Summary>
command_error summary_error(const command_target& target, std::string_view body) {
  Summary out{};
  command_error error;
  EXPECT_FALSE(decode_summary(streaming_command<range, json, Summary>{"f"}, target, body, out, error)) << body;
  EXPECT_EQ(error.code, errc::summary_decode_failed);
  EXPECT_EQ(error.command, "f");
  return error;
}

TEST(commands, a_call_names_its_target) {
  EXPECT_EQ(encode_call(operation, "scan", "1"), R"({"op":"scan","request":1})");
  EXPECT_EQ(encode_call(command_target::lean_module("A.B"), "scan", "1"), R"({"op":"run","capability":{"module":"A.B"},"command":"scan","request":1})");
  EXPECT_EQ(encode_call(command_target::lean_path("/a/b.lean"), "scan", "1"), R"({"op":"run","capability":{"path":"/a/b.lean"},"command":"scan","request":1})");
}

TEST(commands, names_with_quotes_arrive_as_they_are) {
  for (std::string name : {"a\"b", "a\\", "\\\"", "a\nb", "\x01", "a/b", "é∀😀", "{}", "x\",\"op\":\"y"}) {
    auto call = json::parse(encode_call(command_target::lean_path("/p/" + name), name, "null"));
    EXPECT_EQ(call.at("command"), name);
    EXPECT_EQ(call.at("capability").at("path"), "/p/" + name);
    EXPECT_EQ(call.size(), 4u);
    EXPECT_EQ(json::parse(encode_call(operation, name, "null")).at("op"), name);
  }
}

TEST(commands, T35_a_raw_request_passes_once_and_untouched) {
  for (std::string text : {"null", "\"text with \\\"quotes\\\"\"", "{ \"b\" : 1.0e+2 ,\n\"a\":123456789012345678901234567890}", "\"\\u0041\"", "[1, 2]"}) {
    EXPECT_EQ(encoded(raw_json{text}), R"({"op":"f","request":)" + text + "}");
    EXPECT_EQ(encoded(raw_json{text}, lean), R"({"op":"run","capability":{"module":"Tools.Ranges"},"command":"f","request":)" + text + "}");
  }
}

TEST(commands, requests_are_written_by_their_codec) {
  EXPECT_EQ(encoded(range{1, 9}), R"({"op":"f","request":{"from":1,"to":9}})");
  EXPECT_EQ(encoded(std::string{"a\"b"}), R"({"op":"f","request":"a\"b"})");
  EXPECT_EQ(encoded(std::optional<range>{}), R"({"op":"f","request":null})");
  EXPECT_EQ(encoded(std::optional<int>{3}), R"({"op":"f","request":3})");
  EXPECT_EQ(encoded(std::monostate{}), R"({"op":"f","request":null})");
  EXPECT_EQ(encoded(nullptr), R"({"op":"f","request":null})");
  EXPECT_EQ(encoded(point{5}), R"({"op":"f","request":[5]})");
}

TEST(commands, a_request_that_cannot_be_written_is_a_typed_error) {
  EXPECT_NE(encode_error(std::string{"\xFF"}).message.find("UTF-8"), std::string::npos);
  EXPECT_EQ(encode_error(stubborn{}).message, "the codec threw something that is no std::exception");
  EXPECT_EQ(encode_error(std::numeric_limits<double>::infinity()).message, "a number that is infinite, or none");
  EXPECT_EQ(encode_error(json{{"deep", {1, std::numeric_limits<double>::quiet_NaN()}}}).message, "a number that is infinite, or none");
  EXPECT_EQ(encode_error(1, "").message, "the command has no name");
  EXPECT_EQ(encode_error(1, "\xC3").message, "the command's name is not UTF-8");
  EXPECT_EQ(encode_error(1, std::string(256, 'x')).message, "the command's name is longer than 255 bytes");
  EXPECT_EQ(encode_error(1, "f", command_target::lean_path("")).message, "the capability has no name");
  EXPECT_EQ(encode_error(1, "f", command_target::lean_path("/\x80")).message, "the capability's name is not UTF-8");
}

TEST(commands, a_raw_request_that_is_no_json_would_break_the_call_and_is_refused) {
  auto error = encode_error(raw_json{R"(1},"op":"other")"});
  EXPECT_EQ(error.message, "not JSON: something follows the value");
  EXPECT_EQ(error.offset_bytes, 1u);
  EXPECT_EQ(error.excerpt, R"(1},"op":"other")");
  EXPECT_EQ(error.command, "f");
  EXPECT_EQ(encode_error(raw_json{""}).message, "not JSON: the text ends where a value is expected");
  EXPECT_EQ(encode_error(raw_json{std::string(100'000, '[')}).message, "not JSON: nested deeper than 512 levels");
}

TEST(commands, round_trips_through_both_kinds_of_target) {
  std::string body;
  command_error error;
  ASSERT_TRUE(encode_request(reverse, lean, {1, 2}, body, error));
  auto request = json::parse(body).at("request").dump();
  range out;
  EXPECT_TRUE(decode_response(reverse, operation, " " + request + "\n", out, error)) << explain(error);
  EXPECT_EQ(out, (range{1, 2}));
  EXPECT_TRUE(decode_response(reverse, lean, R"({"elapsed_ms":3,"result": )" + request + R"( ,"session":{"result":7}})", out, error)) << explain(error);
  EXPECT_EQ(out, (range{1, 2}));
  EXPECT_TRUE(error.ok());
  point p;
  EXPECT_TRUE(decode_response(json_command<range, point>{"f"}, operation, "[4]", p, error));
  EXPECT_EQ(p.x, 4);
  raw_json raw;
  EXPECT_TRUE(decode_response(json_command<range, raw_json>{"f"}, lean, R"({"result":{ "n" : 1e400}})", raw, error));
  EXPECT_EQ(raw.text, R"({ "n" : 1e400})");
}

TEST(commands, typed_json_command_decode_error_is_typed) {
  auto error = decode_error<range>(lean, R"({"elapsed_ms":1,"result":{"from":1}})");
  EXPECT_EQ(error.offset_bytes, 25u);
  EXPECT_EQ(error.excerpt, R"({"elapsed_ms":1,"result":{"from":1}})");
  EXPECT_NE(error.message.find("'to' not found"), std::string::npos) << error.message;
  error = decode_error<range>(operation, R"( {"from":"x","to":1})");
  EXPECT_EQ(error.offset_bytes, 1u);
  EXPECT_NE(error.message.find("must be number"), std::string::npos) << error.message;
  EXPECT_EQ(decode_error<stubborn>(operation, "1").message, "the codec threw something that is no std::exception");
  EXPECT_EQ(decode_error<point>(operation, "1").message, "a point begins with a bracket");
}

TEST(commands, a_response_without_a_result_is_a_typed_error) {
  auto error = decode_error<json>(lean, R"({"elapsed_ms":1})");
  EXPECT_EQ(error.member, "result");
  EXPECT_EQ(error.message, "the response has no member of that name");
  EXPECT_EQ(decode_error<json>(lean, "[1]").message, "the response is no object");
  error = decode_error<json>(lean, R"({"result":1,})");
  EXPECT_EQ(error.message, "not JSON: a member name is expected");
  EXPECT_EQ(error.offset_bytes, 12u);
  EXPECT_EQ(decode_error<json>(operation, "{} x").offset_bytes, 3u);
  EXPECT_EQ(decode_error<json>(operation, "").message, "not JSON: the text ends where a value is expected");
}

TEST(commands, null_is_a_payload_for_types_that_have_one) {
  command_error error;
  auto decodes = [&]<class T>(T out) {
    for (const auto& [target, body] : {std::pair{operation, " null "}, std::pair{lean, R"({"result": null })"}})
      EXPECT_TRUE(decode_response(json_command<range, T>{"f"}, target, body, out, error)) << explain(error);
    for (const auto& [target, body] : {std::pair{operation, "null"}, std::pair{lean, R"({"rows":0,"metadata":null})"}, std::pair{lean, R"({"rows":0})"}})
      EXPECT_TRUE(decode_summary(streaming_command<range, json, T>{"f"}, target, body, out, error)) << explain(error);
    return out;
  };
  EXPECT_EQ(decodes(std::optional<range>{range{}}), std::nullopt);
  EXPECT_EQ(decodes(json{1}), json(nullptr));
  EXPECT_EQ(decodes(raw_json{"1"}).text, "null");
  decodes(nullptr);
  decodes(std::monostate{});
  decodes(no_summary{});
}

TEST(commands, null_for_other_types_is_an_error_that_says_so) {
  auto check = [](const command_error& error, std::size_t offset) {
    EXPECT_EQ(error.message, "null, where a value is expected");
    EXPECT_EQ(error.offset_bytes, offset);
  };
  check(decode_error<range>(operation, " null"), 1);
  check(decode_error<std::string>(lean, R"({"result":null})"), 10);
  check(decode_error<std::vector<int>>(lean, R"({"result":null})"), 10);
  check(summary_error<range>(lean, R"({"metadata":null})"), 12);
  check(summary_error<range>(lean, R"({"rows":1})"), 0);
}

TEST(commands, a_summary_comes_with_what_is_said_about_the_rows) {
  range out;
  command_error error;
  stream_totals totals;
  auto body = R"({"rows":5,"streams":{"decls":3,"a\"b":2},"metadata":{"from":1,"to":2},"elapsed_ms":7,"session":{}})";
  ASSERT_TRUE(decode_summary(count, lean, body, out, error, &totals)) << explain(error);
  EXPECT_EQ(out, (range{1, 2}));
  EXPECT_EQ(totals, (stream_totals{5, {{"decls", 3}, {"a\"b", 2}}, 7}));
  ASSERT_TRUE(decode_summary(count, operation, R"({"from":3,"to":4})", out, error, &totals));
  EXPECT_EQ(out, (range{3, 4}));
  EXPECT_EQ(totals, stream_totals{});
  no_summary nothing;
  EXPECT_TRUE(decode_summary(streaming_command<range, json>{"f"}, lean, R"({"metadata":[1,2]})", nothing, error));
}

TEST(commands, typed_streaming_command_summary_decode_error_is_typed) {
  auto error = summary_error<range>(lean, R"({"rows":1,"metadata":{"from":"1","to":2}})");
  EXPECT_EQ(error.offset_bytes, 21u);
  EXPECT_EQ(error.excerpt, R"({"rows":1,"metadata":{"from":"1","to":2}})");
  EXPECT_NE(error.message.find("must be number"), std::string::npos) << error.message;
  EXPECT_EQ(summary_error<range>(operation, "{").message, "not JSON: a member name is expected");
  EXPECT_EQ(summary_error<no_summary>(lean, "3").message, "the end of the stream is no object");
}

TEST(commands, wrong_counts_at_the_end_of_a_stream_are_named) {
  for (auto [body, member, offset] : {std::tuple{R"({"rows":-1})", "rows", 8u}, std::tuple{R"({"rows":"1"})", "rows", 8u}, std::tuple{R"({"rows":1.5})", "rows", 8u},
                                      std::tuple{R"({"rows":99999999999999999999})", "rows", 8u}, std::tuple{R"({"elapsed_ms":null})", "elapsed_ms", 14u},
                                      std::tuple{R"({"streams":[]})", "streams", 11u}, std::tuple{R"({"streams":{"a":{}}})", "streams", 11u}}) {
    auto error = summary_error<no_summary>(lean, body);
    EXPECT_EQ(error.member, member) << body;
    EXPECT_EQ(error.offset_bytes, offset) << body;
  }
}

TEST(commands, depth_bombs_are_refused_without_using_the_stack) {
  auto bomb = std::string(5'000'000, '[');
  EXPECT_EQ(decode_error<json>(operation, bomb).message, "not JSON: nested deeper than 512 levels");
  EXPECT_EQ(decode_error<json>(operation, bomb).offset_bytes, 512u);
  EXPECT_EQ(summary_error<json>(lean, R"({"metadata":)" + bomb).message, "not JSON: nested deeper than 512 levels");
}

TEST(commands, a_response_of_a_million_members_costs_no_million_entries) {
  std::string body = "{";
  for (int i = 0; i < 100'000; ++i)
    body += R"("":1,)";
  EXPECT_EQ(decode_error<json>(lean, body + R"("result":1})").message, "not JSON: more members than are allowed here");
}

TEST(commands, a_response_of_64_mib_is_read_from_its_slice) {
  auto body = R"({"result":")" + std::string(64u << 20, 'x') + R"(","elapsed_ms":1})";
  std::string out;
  command_error error;
  ASSERT_TRUE(decode_response(json_command<range, std::string>{"f"}, lean, body, out, error)) << explain(error);
  EXPECT_EQ(out.size(), 64u << 20);
  auto wrong = decode_error<int>(lean, body);
  EXPECT_EQ(wrong.offset_bytes, 10u);
  EXPECT_EQ(wrong.excerpt.size(), excerpt_bytes_max);
}

TEST(commands, what_a_codec_says_is_bounded) {
  auto error = decode_error<range>(operation, json{{"from", 1}, {"to", std::string(5'000, 'x')}}.dump());
  EXPECT_LE(error.message.size(), command_message_bytes_max);
  EXPECT_LE(error.excerpt.size(), excerpt_bytes_max);
}

} // namespace
} // namespace leanworker
