// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/command_error.hpp>

#include <leanworker/child/internal/json_scan.hpp>

#include <gtest/gtest.h>

namespace leanworker {
namespace {

bool is_utf8(const std::string& text) { return internal::check_json('"' + text + '"').ok(); }

TEST(command_error, an_excerpt_of_a_short_payload_is_all_of_it) {
  EXPECT_EQ(excerpt_around("", 0), "");
  EXPECT_EQ(excerpt_around("abc", 0), "abc");
  EXPECT_EQ(excerpt_around("abc", 3), "abc");
  EXPECT_EQ(excerpt_around("abc", 99), "abc") << "an offset behind the end is its end";
}

TEST(command_error, an_excerpt_surrounds_the_offset) {
  std::string text(500, '.');
  text[250] = 'X';
  auto middle = excerpt_around(text, 250);
  EXPECT_EQ(middle.size(), excerpt_bytes_max);
  EXPECT_EQ(middle.find('X'), excerpt_bytes_max / 2);
  text[0] = 'A';
  EXPECT_EQ(excerpt_around(text, 0), 'A' + std::string(excerpt_bytes_max - 1, '.'));
  text[499] = 'Z';
  EXPECT_EQ(excerpt_around(text, 500), std::string(excerpt_bytes_max - 1, '.') + 'Z');
}

TEST(command_error, an_excerpt_is_cut_between_characters) {
  for (std::string character : {"é", "€", "😀"})
    for (std::size_t shift = 0; shift < 8; ++shift) {
      std::string text(shift, '.');
      while (text.size() < 1'000)
        text += character;
      for (std::size_t offset = 0; offset <= text.size(); ++offset) {
        auto excerpt = excerpt_around(text, offset);
        ASSERT_LE(excerpt.size(), excerpt_bytes_max);
        ASSERT_TRUE(is_utf8(excerpt)) << excerpt;
        ASSERT_EQ(excerpt.find('?'), std::string::npos) << "half a character at " << offset << " of " << shift;
        ASSERT_NE(text.find(excerpt), std::string::npos);
      }
    }
}

TEST(command_error, an_excerpt_is_one_line_of_utf_8_whatever_the_payload_is) {
  EXPECT_EQ(excerpt_around("a\nb\tc\x7F", 0), "a b c ");
  EXPECT_EQ(excerpt_around("a\xFF\x80z", 0), "a??z");
  EXPECT_EQ(excerpt_around("\xE2\x82", 0), "??") << "half a character at the end of the payload";
  std::string noise;
  for (int i = 0; i < 4'096; ++i)
    noise += static_cast<char>(i * 151 + i / 7);
  for (std::size_t offset = 0; offset < noise.size(); ++offset) {
    auto excerpt = excerpt_around(noise, offset);
    ASSERT_LE(excerpt.size(), excerpt_bytes_max);
    for (unsigned char c : excerpt)
      ASSERT_TRUE(c >= 0x20 && c != 0x7F) << offset;
  }
}

TEST(command_error, a_bounded_text_keeps_its_beginning) {
  EXPECT_EQ(bounded_text("abc", 3), "abc");
  EXPECT_EQ(bounded_text("abcd", 3), "...");
  EXPECT_EQ(bounded_text("abcdefgh", 6), "abc...");
  EXPECT_EQ(bounded_text("ab€defgh", 7), "ab...") << "not within a character";
  EXPECT_EQ(bounded_text(std::string(10, '\xBF'), 7), "????...");
}

TEST(command_error, is_told_in_one_line_with_every_fact_that_it_has) {
  command_error error{errc::row_decode_failed, "extract", "decls", 17, "line", 8, R"({"line":"12"})", "an integer is expected, found a string"};
  EXPECT_EQ(explain(error),
            R"(row_decode_failed: command "extract", stream "decls", row 17, byte 8, member "line": an integer is expected, found a string; near {"line":"12"})");
  EXPECT_FALSE(error.ok());
  error = {errc::request_encode_failed, "extract", {}, 0, {}, 0, {}, "the command has no name"};
  EXPECT_EQ(explain(error), "request_encode_failed: command \"extract\", byte 0: the command has no name");
  EXPECT_TRUE(command_error{}.ok());
}

} // namespace
} // namespace leanworker
