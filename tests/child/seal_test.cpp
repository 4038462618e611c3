// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/handshake.hpp>
#include <leanworker/child/seal.hpp>

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace leanworker {
namespace {

/// The reference's own vectors (Aumasson and Bernstein, vectors_sip64): key 00 01 … 0f, and the message of n bytes 00 01 02 ….
constexpr std::uint64_t reference[] = {
  0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d,
  0xcf2794e0277187b7, 0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137,
  0x93f5f5799a932462, 0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
  0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee, 0xa129ca6149be45e5,
  0x3f2acc7f57c29bdb, 0x699ae9f52cbe4794, 0x4bc1b3f0968dd39c, 0xbb6dc91da77961bd,
  0xbed65cf21aa2ee98, 0xd0f2cbb02e3b67c7, 0x93536795e3a33e88, 0xa80c038ccd5ccec8,
  0xb8ad50c6f649af94, 0xbce192de8a85b8ea, 0x17d835b85bbb15f3, 0x2f2e6163076bcfad,
  0xde4daaaca71dc9a5, 0xa6a2506687956571, 0xad87a3535c49ef28, 0x32d892fad841c342,
  0x7127512f72f27cce, 0xa7f32346f95978e3, 0x12e0b01abb051238, 0x15e034d40fa197ae,
  0x314dffbe0815a3b4, 0x027990f029623981, 0xcadcd4e59ef40c4d, 0x9abfd8766a33735c,
  0x0e3ea96b5304a7d0, 0xad0c42d6fc585992, 0x187306c89bc215a9, 0xd4a60abcf3792b95,
  0xf935451de4f21df2, 0xa9538f0419755787, 0xdb9acddff56ca510, 0xd06c98cd5c0975eb,
  0xe612a3cb9ecba951, 0xc766e62cfcadaf96, 0xee64435a9752fe72, 0xa192d576b245165a,
  0x0a8787bf8ecb74b2, 0x81b3e73d20b49b6f, 0x7fa8220ba3b2ecea, 0x245731c13ca42499,
  0xb78dbfaf3a8d83bd, 0xea1ad565322a1a0b, 0x60e61c23a3795013, 0x6606d7e446282b93,
  0x6ca4ecb15c5f91e1, 0x9f626da15c9625f3, 0xe51b38608ef25f57, 0x958a324ceb064572,
};

seal_key counting_key() {
  seal_key key;
  std::iota(key.bytes.begin(), key.bytes.end(), std::uint8_t{0});
  return key;
}

TEST(siphash, gives_the_reference_vectors) {
  std::vector<std::uint8_t> message;
  for (auto expected : reference) {
    EXPECT_EQ(siphash_2_4(counting_key(), message), expected) << message.size() << " bytes";
    message.push_back(static_cast<std::uint8_t>(message.size()));
  }
}

TEST(seal_id, has_the_bytes_of_the_document) {
  auto hash = siphash_2_4(counting_key(), std::vector<std::uint8_t>{2, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_EQ(seal_id(counting_key(), frame_kind::response, 2), hash << 32 | 2);
  for (auto kind : {frame_kind::row, frame_kind::diagnostic, frame_kind::progress, frame_kind::log})
    EXPECT_EQ(seal_id(counting_key(), kind, 2), (hash >> 32 << 32) | 2);
}

TEST(seal_key, its_text_is_32_lower_case_digits) {
  EXPECT_EQ(to_hex(counting_key()), "000102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(parse_seal_key("000102030405060708090a0b0c0d0e0f"), counting_key());
  for (auto text : {"", "0", "000102030405060708090a0b0c0d0e0", "000102030405060708090a0b0c0d0e0f0", "000102030405060708090A0B0C0D0E0F",
                    "000102030405060708090a0b0c0d0e0g", "0x0102030405060708090a0b0c0d0e0f", " 00102030405060708090a0b0c0d0e0f"})
    EXPECT_FALSE(parse_seal_key(text)) << text;
}

TEST(seal_key, every_child_gets_another) {
  auto first = random_seal_key(), second = random_seal_key();
  ASSERT_TRUE(first && second);
  EXPECT_NE(*first, *second);
}

TEST(seal_key, goes_into_configure) {
  auto body = with_seal_key(encode_configure({}), counting_key());
  EXPECT_TRUE(body.starts_with(R"({"seal_key":"000102030405060708090a0b0c0d0e0f",")")) << body;
  EXPECT_EQ(body.back(), '}');
}

TEST(frame_sealer, seals_like_seal_id_in_any_order) {
  frame_sealer sealer;
  EXPECT_EQ(sealer.seal(frame_kind::response, 7), 7u) << "no key, no seal";
  sealer.use(counting_key());
  for (std::uint64_t id : {0u, 7u, 7u, 0u, 8u, 0xffffffffu})
    for (auto kind : {frame_kind::row, frame_kind::response})
      EXPECT_EQ(sealer.seal(kind, id), seal_id(counting_key(), kind, id)) << id;
}

class seals : public ::testing::Test {
protected:
  seal_check::opened open(frame_kind kind, std::uint64_t field, std::uint8_t flags = 0) { return check_.open({kind, flags, field, 2}); }
  std::uint64_t sealed(frame_kind kind, std::uint64_t id) const { return seal_id(counting_key(), kind, id); }
  /// The handshake is done.
  void ready() {
    check_.expect(counting_key(), 1);
    ASSERT_EQ(open(frame_kind::response, sealed(frame_kind::response, 1)).error, errc::none);
  }

  seal_check check_;
};

TEST_F(seals, without_a_key_ids_are_plain) {
  auto got = open(frame_kind::response, 0x1234567890abcdef);
  EXPECT_EQ(got.error, errc::none);
  EXPECT_EQ(got.request_id, 0x1234567890abcdefu);
}

TEST_F(seals, open_to_the_plain_id) {
  ready();
  for (std::uint64_t id : {0u, 2u, 3u, 2u, 0xffffffffu})
    for (auto kind : {frame_kind::row, frame_kind::diagnostic, frame_kind::progress, frame_kind::response, frame_kind::log}) {
      auto got = open(kind, sealed(kind, id));
      EXPECT_EQ(got.error, errc::none);
      EXPECT_EQ(got.request_id, id);
    }
}

TEST_F(seals, a_child_that_ignores_the_key_is_told_in_the_handshake) {
  check_.expect(counting_key(), 1);
  auto got = open(frame_kind::response, 1);
  EXPECT_EQ(got.error, errc::handshake_failed);
  EXPECT_NE(got.detail.find("seal_key"), std::string::npos) << got.detail;
}

TEST_F(seals, a_refusal_of_configure_may_be_plain_and_nothing_else) {
  check_.expect(counting_key(), 1);
  EXPECT_EQ(open(frame_kind::response, 1, frame_flag_error).error, errc::none);
  EXPECT_EQ(open(frame_kind::response, 2, frame_flag_error).error, errc::handshake_failed);
  EXPECT_EQ(open(frame_kind::log, 1).error, errc::handshake_failed);
  ready();
  EXPECT_EQ(open(frame_kind::response, 1, frame_flag_error).error, errc::frame_bad_seal);
}

TEST_F(seals, a_wrong_seal_has_its_own_error) {
  ready();
  auto response = sealed(frame_kind::response, 2), row = sealed(frame_kind::row, 2);
  struct attempt {
    const char* what;
    frame_kind kind;
    std::uint64_t field;
  };
  for (auto [what, kind, field] : {attempt{"the plain id", frame_kind::response, 2}, {"a plain log", frame_kind::log, 0},
                                   {"the seal of a row on a response", frame_kind::response, row},
                                   {"the seal of a response on a row", frame_kind::row, response},
                                   {"the seal of another request", frame_kind::response, (sealed(frame_kind::response, 1) >> 32 << 32) | 2},
                                   {"the last bit", frame_kind::response, response ^ 1ull << 32}, {"the first bit", frame_kind::response, response ^ 1ull << 63},
                                   {"another id", frame_kind::response, response ^ 1}, {"all bits", frame_kind::response, ~0ull}}) {
    auto got = open(kind, field);
    EXPECT_EQ(got.error, errc::frame_bad_seal) << what;
    EXPECT_NE(got.detail.find("descriptor 3"), std::string::npos) << got.detail;
  }
}

} // namespace
} // namespace leanworker
