// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/json_items.hpp>

namespace leanworker::internal {
namespace {

constexpr std::string_view space = " \t\r\n";

/// Behind the string that begins at `at`.
std::size_t behind_string(std::string_view text, std::size_t at) {
  for (++at; text[at] != '"'; ++at)
    if (text[at] == '\\')
      ++at;
  return at + 1;
}

/// Behind the value that begins at `at`, with the space that follows it.
std::size_t behind_value(std::string_view text, std::size_t at) {
  for (std::size_t depth = 0;;) {
    char c = text[at];
    if (c == '"') {
      at = behind_string(text, at);
      continue;
    }
    if (depth == 0 && (c == ',' || c == ']'))
      return at;
    if (c == '{' || c == '[')
      ++depth;
    else if (c == '}' || c == ']')
      --depth;
    ++at;
  }
}

} // namespace

bool cut_json_items(std::string_view array, std::size_t items_max, std::vector<std::string_view>& items) {
  items.clear();
  auto at = array.find_first_not_of(space);
  if (array[at] != '[')
    return false;
  at = array.find_first_not_of(space, at + 1);
  while (array[at] != ']') {
    if (items.size() == items_max) {
      items.clear();
      return false;
    }
    auto end = behind_value(array, at);
    auto item = array.substr(at, end - at);
    items.push_back(item.substr(0, item.find_last_not_of(space) + 1));
    at = array[end] == ',' ? array.find_first_not_of(space, end + 1) : end;
  }
  return true;
}

} // namespace leanworker::internal
