// SPDX-License-Identifier: Apache-2.0
#include <leanworker/messages/pool_snapshot.hpp>

namespace leanworker {

std::string_view to_string(slot_state state) noexcept {
  constexpr std::array<std::string_view, slot_state_count> names{"empty", "starting", "idle", "leased", "busy", "ending", "parked", "closed"};
  auto index = static_cast<std::size_t>(state);
  return index < names.size() ? names[index] : "unknown";
}

std::vector<supervision_node> tree_of(const pool_snapshot& snapshot) {
  std::vector<supervision_node> nodes;
  for (const auto& slot : snapshot.slots) {
    supervision_node node;
    node.id = (slot.spare ? "spare " : "worker ") + std::to_string(slot.slot);
    node.state = slot.state == slot_state::starting ? child_state::restarting
                 : slot.state == slot_state::ending ? child_state::stopping
                 : slot.pid != 0                    ? child_state::running
                                                    : child_state::stopped;
    node.incarnation = slot.generation;
    node.restarts = slot.restarts;
    node.age = slot.age;
    node.note = std::string{to_string(slot.state)};
    if (slot.pid != 0)
      node.note += ", pid " + std::to_string(slot.pid);
    if (auto bytes = slot.memory.counted(); bytes.known)
      node.note += ", " + std::to_string(bytes.bytes >> 20) + " MiB";
    node.note += ", " + std::to_string(slot.requests) + " requests";
    if (!slot.warm_keys.empty())
      node.note += ", warm: " + slot.warm_keys.back();
    if (!slot.last_end.empty())
      node.note += ", last: " + slot.last_end;
    nodes.push_back(std::move(node));
  }
  return nodes;
}

} // namespace leanworker
