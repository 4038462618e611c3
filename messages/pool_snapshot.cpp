// SPDX-License-Identifier: Apache-2.0
#include <leanworker/messages/pool_snapshot.hpp>

namespace leanworker {

std::string_view to_string(slot_state state) noexcept {
  constexpr std::array<std::string_view, slot_state_count> names{"empty", "starting", "idle", "leased", "busy", "ending", "parked", "closed"};
  auto index = static_cast<std::size_t>(state);
  return index < names.size() ? names[index] : "unknown";
}

} // namespace leanworker
