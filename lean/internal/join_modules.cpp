// SPDX-License-Identifier: Apache-2.0
#include <leanworker/lean/internal/join_modules.hpp>

#include <algorithm>
#include <sstream>

namespace leanworker::internal {

std::string join_modules(const std::vector<std::string>& texts, const std::vector<std::string>& own) {
  auto contains = [](const std::vector<std::string>& list, const std::string& entry) {
    return std::find(list.begin(), list.end(), entry) != list.end();
  };
  std::vector<std::string> imports;
  std::string bodies;
  for (const auto& text : texts) {
    std::istringstream lines{text};
    bodies += "section\n";
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("import "))
        bodies += line + "\n";
      else if (!contains(own, line.substr(7)) && !contains(imports, line))
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
