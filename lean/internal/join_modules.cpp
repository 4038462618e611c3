// SPDX-License-Identifier: Apache-2.0
#include <leanworker/lean/internal/join_modules.hpp>

#include <algorithm>
#include <sstream>

namespace leanworker::internal {

std::string join_modules(const std::vector<std::string>& texts, const std::string& package) {
  std::vector<std::string> imports;
  std::string bodies;
  for (const auto& text : texts) {
    std::istringstream lines{text};
    bodies += "section\n";
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("import "))
        bodies += line + "\n";
      else if (!line.starts_with("import " + package) && std::find(imports.begin(), imports.end(), line) == imports.end())
        imports.push_back(line);
    }
    bodies += "end\n";
  }
  std::string result;
  for (const auto& line : imports)
    result += line + "\n";
  return result + bodies;
}

} // namespace leanworker::internal
