// SPDX-License-Identifier: Apache-2.0
#include "inputs.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>

namespace leanworker::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t head_bytes_max = 64u << 10;
constexpr std::size_t stdin_bytes_max = 8u << 20;

bool add_folder(const fs::path& folder, std::vector<fs::path>& out, std::string& problem) {
  std::error_code error;
  fs::recursive_directory_iterator walk{folder, error}, end;
  for (; !error && walk != end; walk.increment(error)) {
    auto name = walk->path().filename().string();
    std::error_code ignored;
    if (walk->is_directory(ignored) && name.starts_with('.'))
      walk.disable_recursion_pending();
    else if (walk->path().extension() == ".lean" && walk->is_regular_file(ignored))
      out.push_back(walk->path());
  }
  if (error)
    problem = "cannot read the folder " + folder.string() + ": " + error.message();
  return !error;
}

bool read_standard_input(input& out, std::string& problem) {
  out.label = "<stdin>";
  out.source.resize(stdin_bytes_max + 1);
  std::cin.read(out.source.data(), static_cast<std::streamsize>(out.source.size()));
  out.source.resize(static_cast<std::size_t>(std::cin.gcount()));
  if (out.source.size() > stdin_bytes_max)
    problem = "standard input is longer than 8 MiB";
  return problem.empty();
}

} // namespace

bool expand_inputs(const std::vector<std::string>& names, std::vector<input>& out, std::string& problem) {
  std::set<std::string> seen;
  auto add = [&](const fs::path& path) {
    auto absolute = fs::absolute(path).lexically_normal().string();
    if (seen.insert(absolute).second)
      out.push_back({path.string(), absolute, {}});
  };
  for (const auto& name : names) {
    std::error_code error;
    if (name == "-") {
      input entry;
      if (!read_standard_input(entry, problem))
        return false;
      if (seen.insert("-").second)
        out.push_back(std::move(entry));
    } else if (fs::is_directory(name, error)) {
      std::vector<fs::path> files;
      if (!add_folder(name, files, problem))
        return false;
      std::sort(files.begin(), files.end());
      std::for_each(files.begin(), files.end(), add);
    } else if (fs::exists(name, error)) {
      add(name);
    } else {
      problem = name + ": no such file or folder";
      return false;
    }
  }
  return true;
}

std::string read_head(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::string head(head_bytes_max, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, file.gcount())));
  return head;
}

} // namespace leanworker::cli
