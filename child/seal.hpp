// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/frame.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// The seal on what a child sends (docs/PROTOCOL.md, section 9): a keyed hash beside the request id, so that only who was given the key can answer.
namespace leanworker {

struct seal_key {
  std::array<std::uint8_t, 16> bytes{};
  friend bool operator==(const seal_key&, const seal_key&) = default;
};

/// A key from the kernel's random numbers. Nothing where it gives none; `errno` then says why.
std::optional<seal_key> random_seal_key() noexcept;

/// 32 lower-case hexadecimal digits, as in `configure`.
std::string to_hex(const seal_key& key);
/// Nothing unless the text is exactly that.
std::optional<seal_key> parse_seal_key(std::string_view hex) noexcept;

/// SipHash-2-4 with 64 bits of output.
std::uint64_t siphash_2_4(const seal_key& key, std::span<const std::uint8_t> message) noexcept;

/// What stands in the header's field `request id`: the id below, the seal above. Precondition: the id is below 2^32.
std::uint64_t seal_id(const seal_key& key, frame_kind kind, std::uint64_t request_id) noexcept;

/// Seals many frames of few requests: hashes once per request. Without a key, ids stay plain. Not for several threads at once.
class frame_sealer {
public:
  void use(const seal_key& key) noexcept;
  std::uint64_t seal(frame_kind kind, std::uint64_t request_id) noexcept;

private:
  std::optional<seal_key> key_;
  std::uint64_t hashed_id_ = 0;
  std::uint64_t hash_ = 0; ///< Of `hashed_id_`.
};

/// The parent's side: gives the key, and then believes only frames that carry the seal.
class seal_check {
public:
  struct opened {
    errc error = errc::none; ///< `frame_bad_seal`, or `handshake_failed` where the child ignores the key.
    std::uint64_t request_id = 0;
    std::string detail; ///< For people, next to an error.
  };

  /// From now on frames must be sealed; the answer to this `configure` is the first. Only a refusal of it may be plain.
  void expect(const seal_key& key, std::uint64_t configure_id) noexcept;
  opened open(const frame_header& header);

private:
  opened refuse(const frame_header& header, std::uint32_t id, std::uint32_t seal) const;

  frame_sealer sealer_;
  bool expects_ = false;
  bool seen_ = false; ///< A good seal: the child knows the key.
  std::uint64_t configure_id_ = 0;
};

} // namespace leanworker
