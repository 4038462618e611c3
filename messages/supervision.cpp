// SPDX-License-Identifier: Apache-2.0
#include <leanworker/messages/supervision.hpp>

#include <array>

namespace leanworker {
namespace {

template <std::size_t N, class Enum>
std::string_view name_of(const std::array<std::string_view, N>& names, Enum value) noexcept {
  auto index = static_cast<std::size_t>(value);
  return index < N ? names[index] : "unknown";
}

std::string line_of(const supervision_node& node, bool root) {
  auto line = node.id + "  " + std::string{to_string(node.kind)};
  if (!root) {
    ((line += ' ') += to_string(node.restart)) += ' ';
    line += to_string(node.state);
    line += " #" + std::to_string(node.incarnation);
    if (node.state == child_state::running)
      line += " " + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(node.age).count()) + " s";
    if (node.restarts != 0)
      line += ", " + std::to_string(node.restarts) + (node.restarts == 1 ? " restart" : " restarts");
  }
  if (!node.note.empty())
    line += (root ? " " : "  ") + node.note;
  return line;
}

void render(const supervision_node& node, const std::string& indent, std::string& out) {
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    bool last = i + 1 == node.children.size();
    out += indent + (last ? "└─ " : "├─ ") + line_of(node.children[i], false) + '\n';
    render(node.children[i], indent + (last ? "   " : "│  "), out);
  }
}

} // namespace

std::string_view to_string(restart_type type) noexcept {
  static constexpr std::array<std::string_view, 3> names{"permanent", "transient", "temporary"};
  return name_of(names, type);
}
std::string_view to_string(supervision_strategy strategy) noexcept {
  static constexpr std::array<std::string_view, 3> names{"one_for_one", "one_for_all", "rest_for_one"};
  return name_of(names, strategy);
}
std::string_view to_string(child_kind kind) noexcept {
  static constexpr std::array<std::string_view, 2> names{"worker", "supervisor"};
  return name_of(names, kind);
}
std::string_view to_string(child_state state) noexcept {
  static constexpr std::array<std::string_view, 4> names{"running", "restarting", "stopping", "stopped"};
  return name_of(names, state);
}
std::string_view to_string(child_event_kind kind) noexcept {
  static constexpr std::array<std::string_view, 5> names{"started", "down", "restarting", "stopped", "gave_up"};
  return name_of(names, kind);
}

std::string render_tree(const supervision_node& root) {
  auto text = line_of(root, true) + '\n';
  render(root, "", text);
  return text;
}

} // namespace leanworker
