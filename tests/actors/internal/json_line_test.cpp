// SPDX-License-Identifier: Apache-2.0
#include "padded_json.hpp"

#include <leanworker/actors/internal/json_line.hpp>
#include <leanworker/child/internal/json_scan.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace leanworker::internal {
namespace {

using verdict = json_line::verdict;

verdict judge(std::string_view json, char next = '}') {
  json_line line;
  return line.judge(padded_json{json, next}.view());
}

std::string nested(std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); }

TEST(json_line, takes_json_of_one_line) {
  for (std::string text : {"null", "0", "\"a\\nb\"", "{}", " [1, 2] ", "{\"a\":\"é\\u000a\"}", "123456789012345678901234567890", "[1e999,-1e-9999]", "[18446744073709551616]"})
    EXPECT_EQ(judge(text), verdict::one_line) << text;
}

TEST(json_line, refuses_what_is_no_json_whatever_follows_it) {
  for (std::string text : {"", " ", "nul", "{", "{\"a\":1", "[1,]", "\"a\nb\"", "\"a", "1 2", "{}{}", "\"\xFF\"", "01", "1.", "-", "\"\\ud800\"", "{\"a\":1}x"})
    for (char next : {'}', ']', '"', ' ', '0', 'l'})
      EXPECT_EQ(judge(text, next), verdict::not_json) << text << " before " << next;
}

TEST(json_line, newlines_between_tokens_are_seen_and_removed) {
  json_line line;
  std::string storage;
  for (std::string text : {"{\n \"a b\" : [ 1 ,\r\n\t2 ] }\n", "\n1", "[\r]", "{\"a\\n\": \"  \\\" \\\\\"\n}"}) {
    padded_json padded{text};
    EXPECT_EQ(line.judge(padded.view()), verdict::has_newlines) << text;
    auto made = line.make(padded.view(), storage);
    EXPECT_EQ(made.find_first_of("\n\r"), made.npos);
    EXPECT_EQ(nlohmann::json::parse(made), nlohmann::json::parse(text)) << made;
  }
  padded_json spaced{"{\n \"a b\" : [ 1 ,\r\n\t2 ] }\n"};
  EXPECT_EQ(line.make(spaced.view(), storage), R"({"a b":[1,2]})");
}

TEST(json_line, a_line_is_handed_on_without_a_copy) {
  json_line line;
  std::string storage = "untouched";
  padded_json padded{R"({"a": 1})"}, broken{"{"};
  EXPECT_EQ(line.make(padded.view(), storage).data(), padded.view().data());
  EXPECT_EQ(line.make(broken.view(), storage), "");
  EXPECT_EQ(storage, "untouched");
}

TEST(json_line, numbers_keep_their_spelling_when_white_space_goes) {
  EXPECT_EQ(minified_json("[ 1.50e+400 ,\n123456789012345678901234567890, -0 ]"), "[1.50e+400,123456789012345678901234567890,-0]");
  for (std::size_t length = 0; length < 300; ++length)
    ASSERT_EQ(minified_json("\n\"" + std::string(length, ' ') + "\" \n").size(), length + 2) << "space within strings stays";
}

TEST(json_line, counts_512_levels_and_no_more) {
  EXPECT_EQ(judge(nested(512)), verdict::one_line);
  EXPECT_EQ(judge(nested(513)), verdict::not_json);
  EXPECT_EQ(judge(nested(1'000'000)), verdict::not_json);
}

TEST(json_line, judges_payloads_of_64_mib) {
  json_line line;
  auto text = "[\"" + std::string(64u << 20, 'x') + "\"]";
  EXPECT_EQ(line.judge(padded_json{text}.view()), verdict::one_line);
  text.back() = '\n';
  EXPECT_EQ(line.judge(padded_json{text}.view()), verdict::not_json);
}

} // namespace
} // namespace leanworker::internal
