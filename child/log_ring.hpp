// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace leanworker {

/// The last bytes of a log; older ones make room. Used for what a child prints, so that it never blocks on a full pipe and its last words are
/// there when it dies. Not thread-safe.
class log_ring {
public:
  /// What is kept of each of a child's two log streams, in bytes.
  static constexpr std::size_t capacity_bytes_default = 64u << 10;

  explicit log_ring(std::size_t capacity_bytes = capacity_bytes_default) : capacity_{capacity_bytes} {}

  void append(std::string_view text);
  /// The kept bytes, oldest first, at most the last `bytes_max` of them; cut at the start of a UTF-8 character, and made valid UTF-8.
  std::string tail(std::size_t bytes_max = SIZE_MAX) const;
  /// All bytes ever appended.
  std::uint64_t total_bytes() const noexcept { return total_; }

private:
  std::size_t capacity_;
  std::string bytes_;
  std::size_t oldest_ = 0; ///< Index of the oldest byte once the ring is full.
  std::uint64_t total_ = 0;
};

/// A copy of `text` in which every byte that is not part of well-formed UTF-8 is replaced by U+FFFD.
std::string make_valid_utf8(std::string_view text);

} // namespace leanworker
