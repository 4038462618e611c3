// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/frame.hpp>

#include <gtest/gtest.h>

#include <limits>

namespace leanworker {
namespace {

constexpr std::uint32_t cap = 65536;

/// A correct header of a request with a body of 5 bytes.
frame_header_buffer good() { return encode_frame_header({frame_kind::request, 0, 7, 5}); }

frame_header_buffer with(frame_header_buffer bytes, std::initializer_list<std::pair<std::size_t, int>> changes) {
  for (auto [at, value] : changes)
    bytes[at] = static_cast<std::uint8_t>(value);
  return bytes;
}

errc check(const frame_header_buffer& bytes, frame_sender sender = frame_sender::parent, std::uint32_t body_bytes_max = cap) {
  return decode_frame_header(bytes, sender, body_bytes_max).error;
}

TEST(frame_header, has_the_bytes_of_the_document) {
  auto bytes = encode_frame_header({frame_kind::response, frame_flag_error, 0x0807060504030201, 0x0D0C0B0A});
  const frame_header_buffer expected{0x4C, 0x57, 0x52, 0x4B, 1, 0, 19, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0x0A, 0x0B, 0x0C, 0x0D, 0, 0, 0, 0};
  EXPECT_EQ(bytes, expected);
}

TEST(frame_header, comes_back_as_it_went) {
  for (auto id : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 63, std::numeric_limits<std::uint64_t>::max()})
    for (std::uint32_t bytes : {0u, 1u, cap}) {
      frame_header parent{frame_kind::request, 0, id, bytes}, child{frame_kind::response, frame_flag_error, id, bytes};
      EXPECT_EQ(decode_frame_header(encode_frame_header(parent), frame_sender::parent, cap).header, parent);
      EXPECT_EQ(decode_frame_header(encode_frame_header(child), frame_sender::child, cap).header, child);
    }
}

TEST(frame_header, every_field_has_its_error) {
  struct row {
    std::size_t at;
    int value;
    errc error;
  };
  for (auto [at, value, error] : {row{0, 'l', errc::frame_bad_magic}, {1, 0, errc::frame_bad_magic}, {2, 0xFF, errc::frame_bad_magic},
                                  {3, 'k', errc::frame_bad_magic}, {4, 0, errc::frame_bad_version}, {4, 2, errc::frame_bad_version},
                                  {5, 1, errc::frame_bad_version}, {6, 0, errc::frame_bad_kind}, {6, 6, errc::frame_bad_kind},
                                  {6, 21, errc::frame_bad_kind}, {6, 255, errc::frame_bad_kind}, {7, 1, errc::frame_bad_flags},
                                  {7, 2, errc::frame_bad_flags}, {7, 0x80, errc::frame_bad_flags}, {20, 1, errc::frame_bad_flags},
                                  {21, 1, errc::frame_bad_flags}, {22, 1, errc::frame_bad_flags}, {23, 0x80, errc::frame_bad_flags},
                                  {18, 1, errc::frame_too_large}, {19, 0xFF, errc::frame_too_large}})
    EXPECT_EQ(check(with(good(), {{at, value}})), error) << "byte " << at << " = " << value;
  EXPECT_EQ(check(good()), errc::none);
}

TEST(frame_header, the_first_check_that_fails_decides) {
  // From all wrong to all right, one repair at a time, in the order of the document.
  auto bytes = with(good(), {{0, 'X'}, {4, 9}, {6, 99}, {7, 0xFE}, {19, 0xFF}, {23, 1}});
  EXPECT_EQ(check(bytes), errc::frame_bad_magic);
  EXPECT_EQ(check(bytes = with(bytes, {{0, 'L'}})), errc::frame_bad_version);
  EXPECT_EQ(check(bytes = with(bytes, {{4, 1}})), errc::frame_bad_kind);
  EXPECT_EQ(check(bytes = with(bytes, {{6, 3}})), errc::frame_bad_flags);
  EXPECT_EQ(check(bytes = with(bytes, {{7, 0}})), errc::frame_bad_flags) << "the reserved field is still wrong";
  EXPECT_EQ(check(bytes = with(bytes, {{23, 0}})), errc::frame_too_large);
  EXPECT_EQ(check(bytes = with(bytes, {{19, 0}})), errc::none);
}

TEST(frame_header, each_kind_has_one_direction) {
  for (int kind = 0; kind < 256; ++kind) {
    auto bytes = with(good(), {{6, kind}});
    EXPECT_EQ(check(bytes, frame_sender::parent) == errc::none, kind >= 2 && kind <= 5) << kind;
    EXPECT_EQ(check(bytes, frame_sender::child) == errc::none, kind == 1 || (kind >= 16 && kind <= 20)) << kind;
  }
}

TEST(frame_header, only_a_response_may_have_flags_and_only_the_two) {
  for (auto kind : {frame_kind::hello, frame_kind::row, frame_kind::diagnostic, frame_kind::progress, frame_kind::log})
    for (auto flag : {frame_flag_error, frame_flag_retire})
      EXPECT_EQ(check(encode_frame_header({kind, flag, 1, 2}), frame_sender::child), errc::frame_bad_flags) << to_string(kind);
  for (std::uint8_t flags = 0; flags <= (frame_flag_error | frame_flag_retire); ++flags)
    EXPECT_EQ(check(encode_frame_header({frame_kind::response, flags, 1, 2}), frame_sender::child), errc::none);
  for (int bit = 2; bit < 8; ++bit)
    EXPECT_EQ(check(encode_frame_header({frame_kind::response, static_cast<std::uint8_t>(1 << bit), 1, 2}), frame_sender::child),
              errc::frame_bad_flags);
}

TEST(frame_header, the_cap_itself_still_fits) {
  auto announcing = [](std::uint32_t bytes) { return encode_frame_header({frame_kind::request, 0, 1, bytes}); };
  EXPECT_EQ(check(announcing(cap)), errc::none);
  EXPECT_EQ(check(announcing(cap + 1)), errc::frame_too_large);
  EXPECT_EQ(check(announcing(0), frame_sender::parent, 0), errc::none);
  EXPECT_EQ(check(announcing(frame_bytes_max_highest), frame_sender::parent, frame_bytes_max_highest), errc::none);
  EXPECT_EQ(check(announcing(0xFFFFFFFF), frame_sender::parent, frame_bytes_max_highest), errc::frame_too_large);
}

TEST(frame_header, a_refusal_is_explained_with_its_values) {
  auto explain = [](const frame_header_buffer& bytes) {
    return explain_frame_error(decode_frame_header(bytes, frame_sender::parent, cap), bytes, cap);
  };
  EXPECT_EQ(explain(with(good(), {{0, 'H'}, {1, 'T'}, {2, 'T'}, {3, 'P'}})), "the frame begins with 48 54 54 50, not 4C 57 52 4B");
  EXPECT_EQ(explain(with(good(), {{4, 2}, {5, 1}})), "the peer speaks protocol version 258, this side version 1");
  EXPECT_EQ(explain(with(good(), {{6, 19}})), "frame kind 19 is not allowed in this direction");
  EXPECT_EQ(explain(with(good(), {{7, 4}})), "flags 4 or the reserved field are not zero");
  EXPECT_EQ(explain(with(good(), {{18, 2}})), "a frame of 131077 bytes exceeds the cap of 65536 bytes");
}

TEST(frame, is_its_header_and_its_body) {
  auto frame = encode_frame(frame_kind::log, 0, 3, "{}");
  ASSERT_EQ(frame.size(), frame_header_bytes + 2);
  EXPECT_EQ(frame.substr(frame_header_bytes), "{}");
  auto header = encode_frame_header({frame_kind::log, 0, 3, 2});
  EXPECT_TRUE(std::equal(header.begin(), header.end(), frame.begin(), [](auto a, char b) { return a == static_cast<std::uint8_t>(b); }));
}

TEST(frame, every_kind_has_a_name) {
  for (auto kind : {frame_kind::hello, frame_kind::configure, frame_kind::request, frame_kind::cancel, frame_kind::terminate, frame_kind::row,
                    frame_kind::diagnostic, frame_kind::progress, frame_kind::response, frame_kind::log})
    EXPECT_NE(to_string(kind), "unknown");
  EXPECT_EQ(to_string(static_cast<frame_kind>(0)), "unknown");
}

TEST(row, comes_back_as_it_went) {
  for (auto stream : {std::string{"r"}, std::string{"\xC3\xA9"}, std::string(row_stream_bytes_max, 'n')})
    for (auto payload : {std::string{"0"}, std::string{"null"}, std::string(100'000, 'x')})
      for (auto sequence : {std::uint64_t{0}, std::uint64_t{0x1122334455667788}, std::numeric_limits<std::uint64_t>::max()}) {
        auto body = encode_row_body(sequence, stream, payload);
        row_view row;
        ASSERT_EQ(decode_row(body, row), errc::none);
        EXPECT_EQ(row.sequence, sequence);
        EXPECT_EQ(row.stream, stream);
        EXPECT_EQ(row.payload, payload);
        EXPECT_EQ(row.payload.data() + row.payload.size(), body.data() + body.size()) << "no copy";
      }
}

TEST(row, has_the_bytes_of_the_document) {
  EXPECT_EQ(encode_row_body(0x0102, "ab", "{}"), std::string("\x02\x01\0\0\0\0\0\0\x02\0ab{}", 14));
}

TEST(row, that_does_not_hold_together_is_refused) {
  auto body = [](std::uint16_t name_bytes, std::string_view rest) {
    return std::string(8, '\0') + static_cast<char>(name_bytes & 0xFF) + static_cast<char>(name_bytes >> 8) + std::string{rest};
  };
  struct refusal {
    const char* what;
    std::string body;
  };
  for (const auto& [what, text] : {refusal{"nothing", ""}, {"half a prefix", std::string(9, '\0')}, {"a prefix alone", body(0, "")},
                                   {"an empty name", body(0, "{}")}, {"a name longer than the body", body(5, "rows")},
                                   {"no payload", body(4, "rows")}, {"a name of 256 bytes", body(256, std::string(300, 'n'))},
                                   {"a name of 65535 bytes", body(65535, std::string(70'000, 'n'))},
                                   {"a name length whose low byte alone would fit", body(0x0101, std::string(258, 'n'))}}) {
    row_view row{42, "untouched", "untouched"};
    EXPECT_EQ(decode_row(text, row), errc::frame_bad_body) << what;
    EXPECT_EQ(row.sequence, 42u) << what;
  }
  row_view row;
  EXPECT_EQ(decode_row(body(4, "rows1"), row), errc::none);
  EXPECT_EQ(decode_row(body(255, std::string(256, 'n')), row), errc::none);
}

} // namespace
} // namespace leanworker
