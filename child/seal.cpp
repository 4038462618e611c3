// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/seal.hpp>

#include <bit>
#include <cerrno>

#include <sys/random.h>

namespace leanworker {
namespace {

constexpr unsigned id_bits = 32;

std::uint64_t word(std::span<const std::uint8_t> bytes) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    value |= std::uint64_t{bytes[i]} << (8 * i);
  return value;
}

struct sip_state {
  std::uint64_t v0, v1, v2, v3;

  explicit sip_state(std::uint64_t k0, std::uint64_t k1) noexcept
      : v0{k0 ^ 0x736f6d6570736575}, v1{k1 ^ 0x646f72616e646f6d}, v2{k0 ^ 0x6c7967656e657261}, v3{k1 ^ 0x7465646279746573} {}

  void round() noexcept {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void absorb(std::uint64_t block) noexcept {
    v3 ^= block;
    round();
    round();
    v0 ^= block;
  }
  std::uint64_t finish() noexcept {
    v2 ^= 0xff;
    for (int i = 0; i < 4; ++i)
      round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

std::uint64_t hash_id(const seal_key& key, std::uint64_t id) noexcept {
  std::array<std::uint8_t, 8> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(id >> (8 * i));
  return siphash_2_4(key, bytes);
}

/// Half of the hash for responses, half for everything else: who has seen a row or a progress of a request cannot make its response from it.
std::uint64_t combine(std::uint64_t hash, frame_kind kind, std::uint64_t id) noexcept {
  auto half = kind == frame_kind::response ? hash & 0xffffffff : hash >> id_bits;
  return half << id_bits | id;
}

int digit(char c) noexcept {
  if (c >= '0' && c <= '9')
    return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

} // namespace

std::optional<seal_key> random_seal_key() noexcept {
  seal_key key;
  ssize_t got;
  do
    got = ::getrandom(key.bytes.data(), key.bytes.size(), 0);
  while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(key.bytes.size()) ? std::optional{key} : std::nullopt;
}

std::string to_hex(const seal_key& key) {
  std::string text;
  for (auto byte : key.bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::optional<seal_key> parse_seal_key(std::string_view hex) noexcept {
  seal_key key;
  if (hex.size() != 2 * key.bytes.size())
    return std::nullopt;
  for (std::size_t i = 0; i < key.bytes.size(); ++i) {
    int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);
    if (high < 0 || low < 0)
      return std::nullopt;
    key.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return key;
}

std::uint64_t siphash_2_4(const seal_key& key, std::span<const std::uint8_t> message) noexcept {
  std::span<const std::uint8_t> bytes{key.bytes};
  sip_state state{word(bytes.first(8)), word(bytes.last(8))};
  auto rest = message;
  for (; rest.size() >= 8; rest = rest.subspan(8))
    state.absorb(word(rest.first(8)));
  state.absorb(word(rest) | std::uint64_t{message.size()} << 56);
  return state.finish();
}

std::uint64_t seal_id(const seal_key& key, frame_kind kind, std::uint64_t request_id) noexcept {
  return combine(hash_id(key, request_id), kind, request_id);
}

void frame_sealer::use(const seal_key& key) noexcept {
  key_ = key;
  hashed_id_ = 0;
  hash_ = hash_id(key, 0);
}

std::uint64_t frame_sealer::seal(frame_kind kind, std::uint64_t request_id) noexcept {
  if (!key_)
    return request_id;
  if (request_id != hashed_id_) {
    hash_ = hash_id(*key_, request_id);
    hashed_id_ = request_id;
  }
  return combine(hash_, kind, request_id);
}

void seal_check::expect(const seal_key& key, std::uint64_t configure_id) noexcept {
  sealer_.use(key);
  expects_ = true;
  seen_ = false;
  configure_id_ = configure_id;
}

seal_check::opened seal_check::open(const frame_header& header) {
  if (!expects_)
    return {errc::none, header.request_id, {}};
  auto id = static_cast<std::uint32_t>(header.request_id);
  if (header.request_id == sealer_.seal(header.kind, id)) {
    seen_ = true;
    return {errc::none, id, {}};
  }
  bool refused = header.kind == frame_kind::response && (header.flags & frame_flag_error) != 0;
  if (!seen_ && refused && header.request_id == configure_id_)
    return {errc::none, configure_id_, {}};
  return refuse(header, id, static_cast<std::uint32_t>(header.request_id >> id_bits));
}

seal_check::opened seal_check::refuse(const frame_header& header, std::uint32_t id, std::uint32_t seal) const {
  auto what = "a " + std::string{to_string(header.kind)} + " frame for request " + std::to_string(id);
  if (!seen_)
    return {errc::handshake_failed, id,
            what + " is not sealed: the child ignores the member `seal_key` of `configure`; see docs/PROTOCOL.md, section 9"};
  return {errc::frame_bad_seal, id,
          what + (seal == 0 ? " carries no seal" : " carries a wrong seal") + ": code in the child has written to descriptor 3 past its host"};
}

} // namespace leanworker
