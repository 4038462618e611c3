// SPDX-License-Identifier: Apache-2.0
#include <leanworker/lean/main_module.hpp>

#include <filesystem>

namespace leanworker {

std::vector<std::string> main_module_of(std::string_view file, std::string_view folder) {
  std::string top{folder};
  if (!top.ends_with('/'))
    top += '/';
  if (!file.starts_with(top))
    return {};
  std::filesystem::path below{file.substr(top.size())};
  std::vector<std::string> result;
  for (const auto& part : below.replace_filename(below.stem()))
    result.push_back(part.string());
  return result;
}

std::string module_file(std::string_view module) {
  std::string result;
  for (std::size_t begin = 0;;) {
    auto end = module.find('.', begin);
    auto part = module.substr(begin, end - begin);
    if (part.empty() || part.find_first_of("/ \t\r\n") != std::string_view::npos)
      return {};
    result += std::string{part};
    if (end == std::string_view::npos)
      return result + ".olean";
    result += '/';
    begin = end + 1;
  }
}

} // namespace leanworker
