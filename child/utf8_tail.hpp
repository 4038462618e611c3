// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace leanworker {

/// Not the first byte of a UTF-8 character (RFC 3629, section 3).
constexpr bool is_utf8_continuation(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Leaves of valid UTF-8 at most the last `bytes_max` bytes, beginning with a whole character.
inline void keep_utf8_tail(std::string& text, std::size_t bytes_max) {
  if (text.size() <= bytes_max)
    return;
  auto first = text.size() - bytes_max;
  while (first < text.size() && is_utf8_continuation(text[first]))
    ++first;
  text.erase(0, first);
}

} // namespace leanworker
