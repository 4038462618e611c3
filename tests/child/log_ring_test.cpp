// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/log_ring.hpp>

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace leanworker {
namespace {

const std::string replacement = "\xEF\xBF\xBD";

std::string tail_of(std::size_t capacity, std::initializer_list<std::string_view> pieces) {
  log_ring ring{capacity};
  for (auto piece : pieces)
    ring.append(piece);
  return ring.tail();
}

TEST(log_ring, it_keeps_the_last_bytes_in_order) {
  EXPECT_EQ(tail_of(8, {}), "");
  EXPECT_EQ(tail_of(8, {"abc"}), "abc");
  EXPECT_EQ(tail_of(8, {"abcd", "efgh"}), "abcdefgh") << "exactly full";
  EXPECT_EQ(tail_of(8, {"abcd", "efghi"}), "bcdefghi") << "one too many";
  EXPECT_EQ(tail_of(8, {"abcdefgh", "i"}), "bcdefghi") << "one after exactly full";
  EXPECT_EQ(tail_of(8, {"0123456789abcdefgh"}), "abcdefgh") << "one piece larger than the ring";
  EXPECT_EQ(tail_of(8, {"abc", "0123456789"}), "23456789") << "a large piece after a small one";
  EXPECT_EQ(tail_of(8, {"abcdef", "ghij", "klmn"}), "ghijklmn") << "around twice";
  EXPECT_EQ(tail_of(1, {"abc", "d"}), "d");
  EXPECT_EQ(tail_of(0, {"abc"}), "");
}

TEST(log_ring, it_agrees_with_a_long_text_for_any_pieces) {
  std::mt19937 dice{7};
  for (int round = 0; round < 300; ++round) {
    auto capacity = 1 + dice() % 40;
    log_ring ring{capacity};
    std::string all;
    for (int i = 0; i < 30; ++i) {
      std::string piece(dice() % 50, static_cast<char>('a' + i % 26));
      ring.append(piece);
      all += piece;
      auto expected = all.substr(all.size() > capacity ? all.size() - capacity : 0);
      ASSERT_EQ(ring.tail(), expected) << "round " << round << " piece " << i;
      ASSERT_EQ(ring.total_bytes(), all.size());
    }
  }
}

TEST(log_ring, it_counts_all_bytes_also_the_forgotten_ones) {
  log_ring ring{4};
  ring.append("0123456789");
  ring.append("ab");
  EXPECT_EQ(ring.total_bytes(), 12u);
  EXPECT_EQ(ring.tail(), "89ab");
}

TEST(log_ring, a_shorter_tail_can_be_asked_for) {
  log_ring ring{8};
  ring.append("abcdef");
  EXPECT_EQ(ring.tail(3), "def");
  EXPECT_EQ(ring.tail(6), "abcdef");
  EXPECT_EQ(ring.tail(100), "abcdef");
  EXPECT_EQ(ring.tail(0), "");
}

TEST(log_ring, a_cut_character_is_left_out) {
  EXPECT_EQ(tail_of(4, {"\u00E9abc"}), "abc") << "two bytes, one cut off";
  EXPECT_EQ(tail_of(5, {"\u20ACabc"}), "abc") << "three bytes, one cut off";
  EXPECT_EQ(tail_of(4, {"\u20ACabc"}), "abc") << "three bytes, two cut off";
  EXPECT_EQ(tail_of(6, {"\U0001F600abc"}), "abc") << "four bytes, one cut off";
  EXPECT_EQ(tail_of(6, {"\u20ACabc"}), "\u20ACabc") << "nothing cut off";
  log_ring ring{100};
  ring.append("x\u20ACy");
  EXPECT_EQ(ring.tail(3), "y") << "cut by the asker";
}

TEST(log_ring, broken_bytes_of_the_child_itself_are_shown_as_such) {
  EXPECT_EQ(tail_of(100, {"\x80\x80 tail"}), replacement + replacement + " tail") << "nothing was cut, so these were its own";
  EXPECT_EQ(tail_of(100, {"a\xFFz"}), "a" + replacement + "z");
}

TEST(log_ring, a_tail_of_broken_bytes_is_no_longer_than_was_asked_for) {
  log_ring ring{64};
  ring.append(std::string(200, '\xff'));
  EXPECT_EQ(ring.tail().size(), 63u) << "21 replacement characters of three bytes";
  EXPECT_EQ(ring.tail(10).size(), 9u);
}

TEST(make_valid_utf8, what_is_well_formed_passes_and_each_other_byte_is_replaced) {
  struct {
    std::string_view in;
    int replaced;
    std::string_view rest;
  } rows[] = {
    {"", 0, ""},
    {"plain", 0, "plain"},
    {"\u00E9\u20AC\U0001F600", 0, "\u00E9\u20AC\U0001F600"},
    {"\xC3", 1, ""},                    // cut after one of two
    {"\xE2\x82", 2, ""},                // cut after two of three
    {"\xF0\x9F\x98", 3, ""},            // cut after three of four
    {"\xC0\xAF", 2, ""},                // overlong, two bytes
    {"\xC1\xBF", 2, ""},
    {"\xE0\x80\xAF", 3, ""},            // overlong, three bytes
    {"\xE0\xA0\x80", 0, "\xE0\xA0\x80"}, // the lowest of three bytes
    {"\xF0\x8F\xBF\xBF", 4, ""},        // overlong, four bytes
    {"\xF0\x90\x80\x80", 0, "\xF0\x90\x80\x80"},
    {"\xED\x9F\xBF", 0, "\xED\x9F\xBF"}, // the last before the surrogates
    {"\xED\xA0\x80", 3, ""},            // a surrogate
    {"\xEE\x80\x80", 0, "\xEE\x80\x80"},
    {"\xF4\x8F\xBF\xBF", 0, "\xF4\x8F\xBF\xBF"}, // the highest of all
    {"\xF4\x90\x80\x80", 4, ""},        // above it
    {"\xF5\x80\x80\x80", 4, ""},
    {"\xFF", 1, ""},
    {"\x80", 1, ""},
    {std::string_view{"\0", 1}, 0, std::string_view{"\0", 1}},
  };
  for (const auto& row : rows) {
    std::string expected;
    for (int i = 0; i < row.replaced; ++i)
      expected += replacement;
    expected += row.rest;
    EXPECT_EQ(make_valid_utf8(row.in), expected) << "row " << &row - rows;
  }
}

TEST(make_valid_utf8, one_bad_byte_does_not_swallow_its_neighbours) {
  EXPECT_EQ(make_valid_utf8("\xE2(\xA1"), replacement + "(" + replacement);
  EXPECT_EQ(make_valid_utf8("\xC3\u00E9"), replacement + "\u00E9");
}

} // namespace
} // namespace leanworker
