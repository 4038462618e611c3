// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace leanworker {

/// How urgent work is. Classes are strict but for ageing: what waits long enough becomes more urgent.
enum class priority : std::uint8_t {
  interactive, ///< Somebody is looking.
  normal,
  bulk,        ///< Whenever there is room.
};
inline constexpr int priority_count = 3;

constexpr std::string_view to_string(priority urgency) noexcept {
  switch (urgency) {
    case priority::interactive: return "interactive";
    case priority::normal: return "normal";
    case priority::bulk: return "bulk";
  }
  return "unknown";
}

} // namespace leanworker
