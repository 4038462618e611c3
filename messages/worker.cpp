// SPDX-License-Identifier: Apache-2.0
#include <leanworker/messages/worker.hpp>

#include <array>

namespace leanworker {

std::string_view to_string(worker_state state) noexcept {
  constexpr std::array<std::string_view, worker_state_count> names{"starting", "ready",   "busy", "stopping",
                                                                   "killing",  "reaping", "down", "given_up"};
  auto index = static_cast<std::size_t>(state);
  return index < names.size() ? names[index] : "unknown";
}

} // namespace leanworker
