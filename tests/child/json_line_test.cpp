// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/internal/json_line.hpp>

#include <leanworker/child/slab.hpp>

#include <gtest/gtest.h>

using namespace leanworker;
using internal::json_line;

namespace {

/// The text with what must be readable behind it: here, bytes that would be wrong.
struct padded {
  std::string bytes;
  std::size_t size;
  explicit padded(std::string text) : bytes{text + std::string(slab_padding_bytes, '}')}, size{text.size()} {}
  std::string_view view() const { return std::string_view{bytes}.substr(0, size); }
};

} // namespace

TEST(json_line, good_texts_stay_as_they_are) {
  json_line line;
  for (std::string text : {"null", "1.50", R"("a b")", R"({"b":1, "a":[1,2,{"c":null}]})", "\"\xC3\xA4\"", "12345678901234567890"}) {
    std::string out = "before ";
    EXPECT_TRUE(line.append(padded{text}.view(), out)) << text << ": " << line.problem();
    EXPECT_EQ(out, "before " + text);
  }
}

TEST(json_line, bad_texts_are_refused_and_nothing_is_appended) {
  json_line line;
  for (std::string text : {"", "{", "{\"a\":}", "[1,]", "nul", "\"a", "1 2", "{} {}", "\"\xC3(\"", "'a'", "\"\n\""}) {
    std::string out = "before";
    EXPECT_FALSE(line.append(padded{text}.view(), out)) << text;
    EXPECT_EQ(out, "before");
    EXPECT_FALSE(line.problem().empty());
  }
}

TEST(json_line, line_feeds_between_values_go_and_those_in_strings_cannot_be) {
  json_line line;
  std::string out;
  EXPECT_TRUE(line.append(padded{"{\r\n  \"a b\" : [ 1,\n 2 ]\n}"}.view(), out));
  EXPECT_EQ(out, R"({"a b":[1,2]})");
}

TEST(json_line, quoted_texts_escape_what_must_be) {
  EXPECT_EQ(internal::json_quoted("a\"b\\c\n\x01"), "\"a\\\"b\\\\c\\u000a\\u0001\"");
}
