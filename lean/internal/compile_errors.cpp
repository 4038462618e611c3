// SPDX-License-Identifier: Apache-2.0
#include <leanworker/lean/internal/compile_errors.hpp>

#include <algorithm>
#include <vector>

namespace leanworker::internal {
namespace {

constexpr std::size_t line_bytes_max = 200, lines_per_error = 5, last_lines = 8;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// `file:line:column: error: …` or `error: …`, also with Lean's name of the error behind the word.
bool begins_an_error(std::string_view line) {
  auto at = line.find("error");
  bool first = at == 0 || (at != std::string_view::npos && at >= 2 && line.substr(at - 2, 2) == ": ");
  return first && at + 5 < line.size() && (line[at + 5] == ':' || line[at + 5] == '(');
}

bool begins_a_message(std::string_view line) { return line.find(": warning") != std::string_view::npos || line.find(": info") != std::string_view::npos; }

void add(std::string& out, std::string_view line) {
  out += line.substr(0, line_bytes_max);
  out += line.size() > line_bytes_max ? "…\n" : "\n";
}

} // namespace

std::string first_errors(std::string_view output, std::size_t errors_max) {
  auto lines = lines_of(output);
  std::string out;
  std::size_t errors = 0, shown = 0;
  for (auto line : lines) {
    if (begins_an_error(line)) {
      if (++errors > errors_max)
        continue;
      shown = 0;
    } else if (begins_a_message(line)) {
      shown = lines_per_error;
    }
    if (errors > 0 && errors <= errors_max && shown++ < lines_per_error)
      add(out, line);
  }
  if (errors > errors_max)
    out += "and " + std::to_string(errors - errors_max) + " more errors\n";
  if (errors == 0)
    for (auto i = lines.size() - std::min(lines.size(), last_lines); i < lines.size(); ++i)
      add(out, lines[i]);
  if (out.ends_with('\n'))
    out.pop_back();
  return out;
}

} // namespace leanworker::internal
