// SPDX-License-Identifier: Apache-2.0
#include "padded_json.hpp"
#include "row_types.hpp"

#include <leanworker/child/internal/json_scan.hpp>

#include <gtest/gtest.h>

#include <random>

namespace leanworker {
namespace {

using internal::padded_json;
using namespace row_types;

template <class Row>
command_error refused(std::string_view json, char next = '}') {
  row_reader<Row> reader{"extract"};
  Row out{};
  command_error error;
  padded_json bytes{json, next};
  EXPECT_FALSE(reader.read(bytes.row("decls", 17), out, error)) << json;
  EXPECT_EQ(error.code, errc::row_decode_failed);
  EXPECT_EQ(error.command, "extract");
  EXPECT_EQ(error.stream, "decls");
  EXPECT_EQ(error.sequence, 17u);
  EXPECT_EQ(error.excerpt, excerpt_around(json, error.offset_bytes));
  return error;
}

TEST(row_reader_errors, typed_streaming_command_row_decode_error_names_stream_and_sequence) {
  EXPECT_EQ(explain(refused<declaration>(R"({"name":"a","size":"12"})")),
            R"(row_decode_failed: command "extract", stream "decls", row 17, byte 19, member "size": an integer of 64 bits is expected, found a string; near {"name":"a","size":"12"})");
  auto slow = refused<slow_declaration>(R"( {"name":"a","size":"12"})");
  EXPECT_EQ(slow.offset_bytes, 1u) << "nlohmann does not say where";
  EXPECT_NE(slow.message.find("must be number"), std::string::npos) << slow.message;
}

struct wrong {
  const char* json;
  const char* member;
  std::size_t offset;
  const char* message;
};

const wrong wrong_members[] = {
    {R"({"name":"a","size":1,"seconds":1})", "sorry", 0, "the member is missing"},
    {R"( {})", "name", 1, "the member is missing"},
    {R"({"name":null})", "name", 8, "a string is expected, found null"},
    {R"({"name":12})", "name", 8, "a string is expected, found a number"},
    {R"({"name": {"a":1}})", "name", 9, "a string is expected, found an object"},
    {R"({"size":true})", "size", 8, "an integer of 64 bits is expected, found a boolean"},
    {R"({"size":1.0})", "size", 8, "an integer of 64 bits is expected; 1.0 has a fraction or an exponent"},
    {R"({"size":1e2})", "size", 8, "an integer of 64 bits is expected; 1e2 has a fraction or an exponent"},
    {R"({"size":9223372036854775808})", "size", 8, "an integer of 64 bits is expected; 9223372036854775808 is out of range"},
    {R"({"size":null})", "size", 8, "an integer of 64 bits is expected, found null"},
    {R"({"seconds":1e999})", "seconds", 11, "a number is expected; 1e999 is out of range"},
    {R"({"seconds":"1"})", "seconds", 11, "a number is expected, found a string"},
    {R"({"sorry":0})", "sorry", 9, "a boolean is expected, found a number"},
    {R"({"doc":[]})", "doc", 7, "a string is expected, found an array"},
    {R"({"where":7})", "where", 9, "an object is expected, found a number"},
    {R"({"where":{"line":7}})", "where.columns", 9, "the member is missing"},
    {R"({"where":{"line":-1}})", "where.line", 17, "an unsigned integer of 32 bits is expected; -1 is out of range"},
    {R"({"where":{"line":4294967296}})", "where.line", 17, "an unsigned integer of 32 bits is expected; 4294967296 is out of range"},
    {R"({"where":{"line":1,"columns":{}}})", "where.columns", 29, "an array is expected, found an object"},
    {R"({"where":{"line":1,"columns":[0,128]}})", "where.columns[1]", 32, "an integer of 8 bits is expected; 128 is out of range"},
    {R"({"where":{"line":1,"columns":[0,1,null]}})", "where.columns[2]", 34, "an integer of 8 bits is expected, found null"},
    {"[1]", "", 0, "an object is expected, found an array"},
    {" 7", "", 1, "an object is expected, found a number"},
    {"null", "", 0, "an object is expected, found null"},
};

TEST(row_reader_errors, what_is_wrong_with_a_member_is_said_with_its_path_and_place) {
  for (const auto& row : wrong_members) {
    auto error = refused<declaration>(row.json);
    EXPECT_EQ(error.member, row.member) << row.json;
    EXPECT_EQ(error.offset_bytes, row.offset) << row.json;
    EXPECT_EQ(error.message, row.message) << row.json;
  }
}

TEST(row_reader_errors, numbers_at_their_bounds) {
  for (auto text : {R"({"i8":-129})", R"({"i8":128})", R"({"u8":256})", R"({"u8":-1})", R"({"u64":18446744073709551616})", R"({"u64":-1})",
                    R"({"i64":-9223372036854775809})", R"({"f32":3.5e38})", R"({"f64":1e309})"})
    EXPECT_NE(refused<numbers>(text).message.find("out of range"), std::string::npos) << text;
}

TEST(row_reader_errors, what_a_codec_says_of_a_member_is_told) {

  auto error = refused<std::map<std::string, int>>(R"({"a":"b"})");
  EXPECT_NE(error.message.find("must be number"), std::string::npos) << error.message;
  error = refused<int>(" null");
  EXPECT_EQ(error.message, "null, where a value is expected");
  EXPECT_EQ(error.offset_bytes, 1u);
}

const char* const no_json[] = {
    "", " ", "{", "}", "{]", "{\"name\"", "{\"name\":", "{\"name\":\"a", "{\"name\":\"a\"", "{\"name\":\"a\",}", "{\"name\" \"a\"}", "{\"name\":}", "{name:1}",
    "{\"x\":tru}", "{\"x\":01}", "{\"x\":1.}", "{\"x\":-}", "{\"x\":+1}", "{\"x\":nulll}", "{\"x\":\"\\q\"}", "{\"x\":\"\\ud800\"}", "{\"\\q\":1}", "{\"x\":\"a\tb\"}",
    "{\"x\":[1}}", "{\"x\":[1,]}", "{\"x\":{\"y\"}}", "{\"x\":[1 2]}", "{\"x\":\"a\":1}", "{\"x\":{\"y\":\"a\":1}}}", "{\"where\":{\"x\":\"b\":1}}}",
    "{\"where\":{\"line\":1,\"columns\":[1}}", "{\"where\":{\"line\":1,\"columns\":[1]]}", "{\"name\":\"\xFF\"}",
    "{\"x\":\"\xC3\"}", "{\"x\":\"\xED\xA0\x80\"}", "{\"x\":1 \x80}",
    "{\"x\":null\x01}", "{\"x\":[]\x01}", "{\"x\":\"a\"\x01}", "{\"size\":1\x01}", "{\"name\":\"a\"\x01}",
    "{\"seconds\":1a}", "{\"size\":1a}", "{\"sorry\":truex}", "{\"doc\":nul}", "{\"doc\":nullx}", "\"{}", "{}}", "{\"x\":1}{\"x\":1}", "\xEF\xBB\xBF{}",
};

TEST(row_reader_errors, what_is_no_json_is_told_as_the_scan_tells_it_whatever_follows_the_row) {
  for (std::string text : no_json)
    for (char next : {'}', ']', ',', '"', '{', '[', ':', '9', ' ', '\0'}) {
      auto scan = internal::check_json(text);
      ASSERT_FALSE(scan.ok()) << text;
      for (const auto& error : {refused<declaration>(text, next), refused<slow_declaration>(text, next), refused<raw_json>(text, next)}) {
        EXPECT_EQ(error.message, std::string{"not JSON: "} + scan.problem) << text;
        EXPECT_EQ(error.offset_bytes, scan.at) << text;
      }
    }
}

TEST(row_reader_errors, what_follows_a_row_is_an_error) {
  std::string row = R"({"name":"a","size":1,"seconds":1,"sorry":true})";
  for (std::string rest : {" x", "{}", ",", "]", "}", "\"\"", "1", "null", " \x80"}) {
    auto error = refused<declaration>(row + rest);
    EXPECT_TRUE(error.message.starts_with("not JSON: ")) << error.message;
    EXPECT_GE(error.offset_bytes, row.size());
  }
}

TEST(row_reader_errors, depth_bombs_are_refused_without_using_the_stack) {
  auto nested = [](std::size_t levels, const char* open, const char* close, std::string inside) {
    std::string front, back;
    for (std::size_t i = 0; i < levels; ++i)
      front += open, back += close;
    return front + inside + back;
  };
  auto deep = nested(1'000'000, "[", "]", "");
  EXPECT_EQ(refused<declaration>(R"({"x":)" + deep + "}").message, "not JSON: nested deeper than 512 levels");
  EXPECT_EQ(refused<slow_declaration>(R"({"x":)" + deep + "}").message, "not JSON: nested deeper than 512 levels");
  EXPECT_EQ(refused<others>(R"({"raw":)" + deep + "}").message, "not JSON: nested deeper than 512 levels");
  EXPECT_EQ(refused<tree>(nested(200'000, "{\"t\":[", "]}", "")).message, "not JSON: nested deeper than 512 levels");
  row_reader<tree> reader{"extract"};
  tree out;
  command_error error;
  for (const auto& fine : {nested(256, "{\"t\":[", "]}", ""), R"({"t":[],"x":)" + nested(511, "[", "]", "") + "}"})
    EXPECT_TRUE(reader.read(padded_json{fine}.row(), out, error)) << explain(error);
  for (const auto& deeper : {nested(256, "{\"t\":[", "]}", "{\"t\":1}"), R"({"t":[],"x":)" + nested(512, "[", "]", "") + "}", R"({"t":[{"t":[],"x":)" + nested(510, "[", "]", "") + "}]}"})
    EXPECT_EQ(refused<tree>(deeper).message, "not JSON: nested deeper than 512 levels");
}

TEST(row_reader_errors, excerpts_and_names_stay_within_their_bounds) {
  row_reader<declaration> reader{std::string(1'000, 'c')};
  declaration out;
  command_error error;
  padded_json row{R"({"x":")" + std::string(400, 'a') + "€€€€" + std::string(400, 'b') + R"(","size":"€"})"};
  ASSERT_FALSE(reader.read({std::string(255, 's'), 1, row.view()}, out, error));
  EXPECT_LE(error.command.size(), command_name_bytes_max);
  EXPECT_LE(error.excerpt.size(), excerpt_bytes_max);
  EXPECT_EQ(error.stream.size(), 255u);
  EXPECT_NE(error.excerpt.find("\"size\":\"€\""), std::string::npos) << error.excerpt;
}

/// The fast way and nlohmann must agree on what is a row and what it means; what the fast way takes must be JSON. Numbers are where nlohmann is lax.
void compare(const std::string& text, char next) {
  static row_reader<declaration> fast{"fast"};
  static row_reader<slow_declaration> slow{"slow"};
  padded_json bytes{text, next};
  declaration one;
  slow_declaration other;
  command_error error, ignored;
  bool taken = fast.read(bytes.row(), one, error), also = slow.read(bytes.row(), other, ignored);
  ASSERT_TRUE(!taken || internal::check_json(text).ok()) << text << " followed by " << next;
  ASSERT_TRUE(!taken || also) << text;
  if (taken && also) {
    ASSERT_EQ(one, other.d) << text;
  } else if (also) {
    ASSERT_NE(error.message.find("expected"), std::string::npos) << text << ": " << explain(error);
  }
}

TEST(row_reader_errors, damaged_rows_are_never_taken_for_good_ones) {
  const std::string rows[] = {
      R"({"name":"List.map","size":-12,"seconds":0.25,"sorry":true,"doc":"M\u00e9\"s.","where":{"line":7,"columns":[1,-2,3]}})",
      R"({"x":{"y":[1,"a\\",{}]},"z":"b","name":"é€😀","size":0,"seconds":1e3,"sorry":false,"w":null,"v":-0.5E+1,"doc":null,"where":null})",
  };
  constexpr std::string_view damage = "{}[]:,\"\\ \n09-.eEtfnu\x01\x80\xC3\xFFx";
  constexpr std::string_view nexts = "}],\"{:9 x";
  std::mt19937 dice{20240229};
  auto roll = [&](std::size_t sides) { return dice() % sides; };
  for (int i = 0; i < 60'000; ++i) {
    auto text = rows[roll(2)];
    for (auto strokes = 1 + roll(3); strokes > 0; --strokes) {
      auto at = roll(text.size());
      switch (roll(4)) {
        case 0: text[at] = damage[roll(damage.size())]; break;
        case 1: text.erase(at, 1 + roll(4)); break;
        case 2: text.insert(at, 1, damage[roll(damage.size())]); break;
        default: text.insert(at, text.substr(roll(text.size()), 1 + roll(6))); break;
      }
      if (text.empty())
        text = " ";
    }
    compare(text, nexts[roll(nexts.size())]);
    if (HasFatalFailure())
      return;
  }
}

} // namespace
} // namespace leanworker
