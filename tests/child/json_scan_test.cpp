// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/internal/json_scan.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace leanworker::internal {
namespace {

using nlohmann::json;

std::string nested(std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); }

TEST(json_scan, takes_what_another_parser_takes) {
  for (std::string text : {"null", " true ", "\t\r\n false", "0", "-0", "-0.5e+10", "1E5", "10", "\"\"", R"("\u00e9\uD83D\uDE00\"\\\/\b\f\n\r\t")", "[]",
                           "[ ]", "{}", "{ }", "[1,[2],{}]", R"({"a":1,"a":{"b":[]},"":null})", "\"\xC3\xA9\xE2\x88\x80\xF0\x9F\x98\x80\"",
                           "\"\x7F\xF4\x8F\xBF\xBF\"", "[\"[{\"]"}) {
    EXPECT_TRUE(json::accept(text)) << text;
    EXPECT_TRUE(scan_json(text).ok()) << text << ": " << scan_json(text).problem;
  }
}

TEST(json_scan, refuses_what_another_parser_refuses) {
  for (std::string text : {"", " ", "nul", "nulll", "True", "01", "-", "+1", ".5", "1.", "1e", "1e+", "0x1", "-a", "NaN", "[1,]", "[,]", "[1 2]", "[",
                           "]", "[}", "{]", "{\"a\"}", "{\"a\":}", "{\"a\" 1}", "{a:1}", "{\"a\":1,}", "{,}", "{1:2}", "1 2", "{}{}", "\"", "\"\\\"",
                           "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800x\"", "\"\\ud800\\n\"", "\"\\ud800\\ud800\"",
                           "\"\\udc00\"", "\"\n\"", "\"\x01\"", "\"\x80\"", "\"\xC3\"", "\"\xC0\xAF\"", "\"\xE0\x80\xAF\"", "\"\xED\xA0\x80\"",
                           "\"\xF4\x90\x80\x80\"", "\"\xF5\x80\x80\x80\"", "\xFF", "'a'", "// c\n1", "{\"a\":1"}) {
    EXPECT_FALSE(json::accept(text)) << text;
    EXPECT_FALSE(scan_json(text).ok()) << text;
  }
  EXPECT_FALSE(scan_json(std::string_view{"1\0", 2}).ok());
  EXPECT_FALSE(scan_json(std::string_view{"\"\0\"", 3}).ok());
  EXPECT_FALSE(scan_json(std::string_view{"\"\\\0\"", 4}).ok());
}

TEST(json_scan, says_where_the_problem_is) {
  EXPECT_EQ(scan_json("{\"a\": nope}").at, 6u);
  EXPECT_EQ(scan_json("[1,2").at, 4u);
}

TEST(json_scan, counts_512_levels_and_no_more) {
  EXPECT_TRUE(scan_json(nested(512)).ok());
  EXPECT_FALSE(scan_json(nested(513)).ok());
  EXPECT_FALSE(scan_json(std::string(5'000'000, '[')).ok()) << "and does not run out of stack";
  EXPECT_TRUE(scan_json("[" + nested(511) + "," + nested(511) + "]").ok());
}

TEST(json_scan, checks_parts_of_something_nested_with_fewer_levels) {
  EXPECT_TRUE(check_json(nested(512)).ok());
  EXPECT_TRUE(check_json(nested(3), 3).ok());
  EXPECT_EQ(check_json(nested(4), 3).at, 3u);
  EXPECT_TRUE(check_json("7", 0).ok());
}

TEST(json_scan, bounds_the_members_that_it_keeps) {
  EXPECT_TRUE(scan_json(R"({"a":1,"b":{"c":1,"d":2,"e":3}})", 2).ok());
  EXPECT_EQ(scan_json(R"({"a":1,"b":2,"c":3})", 2).at, 18u);
  EXPECT_TRUE(check_json(R"({"a":1,"b":2,"c":3})").members.empty());
}

TEST(json_scan, takes_exponents_of_four_digits_and_no_more) {
  EXPECT_TRUE(scan_json("[1e9999,1E-9999,0.5e+0000]").ok());
  for (auto text : {"1e10000", "1e-10000", "1E+00001", "{\"a\":0e99999}"})
    EXPECT_FALSE(scan_json(text).ok()) << text;
}

TEST(json_scan, ends_where_the_text_ends_and_not_at_a_zero_byte) { EXPECT_FALSE(scan_json(std::string_view{"{}\0", 3}).ok()); }

TEST(json_scan, hands_out_members_as_they_are_spelled) {
  auto scanned = scan_json(R"( { "big" : 123456789012345678901234567890 , "list":[1, {"big": 2}] , "\u006fp":"echo" } )");
  ASSERT_TRUE(scanned.ok() && scanned.object);
  ASSERT_EQ(scanned.members.size(), 3u);
  EXPECT_EQ(scanned.find("big"), "123456789012345678901234567890");
  EXPECT_EQ(scanned.find("list"), "[1, {\"big\": 2}]");
  EXPECT_EQ(scanned.find("op"), "\"echo\"") << "names are compared by meaning";
  EXPECT_EQ(scanned.find("absent"), "");
}

TEST(json_scan, of_equal_names_the_last_counts) { EXPECT_EQ(scan_json(R"({"a":1,"\u0061":2})").find("a"), "2"); }

TEST(json_scan, members_are_those_of_the_outermost_object_only) {
  EXPECT_TRUE(scan_json(R"([{"a":1}])").members.empty());
  EXPECT_FALSE(scan_json(R"([{"a":1}])").object);
  EXPECT_TRUE(scan_json("{}").members.empty());
  EXPECT_EQ(scan_json(R"({"a":{"b":1},"c":[]})").members.size(), 2u);
}

TEST(json_scan, decodes_strings_as_another_parser_does) {
  for (std::string text : {R"("")", R"("plain")", R"("\"\\\/\b\f\n\r\t")", R"("\u0041\u00e9\u20ac\ud83d\ude00\uFFFF\u0000")", "\"\xE2\x82\xAC\\u20AC\""})
    EXPECT_EQ(decode_json_string(text), json::parse(text).get<std::string>()) << text;
}

} // namespace
} // namespace leanworker::internal
