// SPDX-License-Identifier: Apache-2.0
#include "process_table.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <poll.h>
#include <unistd.h>

namespace leanworker::testing {
namespace {

namespace fs = std::filesystem;

std::string read_all(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

bool parse_stat(const std::string& text, process_entry& out) {
  auto open = text.find('('), close = text.rfind(')');
  if (open == std::string::npos || close == std::string::npos)
    return false;
  out.pid = std::stoi(text);
  out.name = text.substr(open + 1, close - open - 1);
  std::istringstream rest{text.substr(close + 1)};
  return static_cast<bool>(rest >> out.state >> out.parent);
}

template <class Wanted>
std::vector<process_entry> select(Wanted wanted) {
  std::vector<process_entry> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator{"/proc", ignored}) {
    auto name = entry.path().filename().string();
    process_entry process;
    if (std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c) != 0; })
        && parse_stat(read_all(entry.path() / "stat"), process) && wanted(process, entry.path()))
      found.push_back(process);
  }
  return found;
}

} // namespace

std::vector<process_entry> own_children() {
  return select([self = ::getpid()](const process_entry& process, const fs::path&) { return process.parent == self; });
}

std::vector<process_entry> processes_with(const std::string& variable) {
  return select([&](const process_entry&, const fs::path& folder) {
    auto environment = '\0' + read_all(folder / "environ");
    return environment.find('\0' + variable + '\0') != std::string::npos;
  });
}

bool all_gone(const std::string& variable, std::chrono::milliseconds patience) {
  auto ends = std::chrono::steady_clock::now() + patience;
  while (!own_children().empty() || !processes_with(variable).empty()) {
    if (std::chrono::steady_clock::now() >= ends)
      return false;
    ::poll(nullptr, 0, 5); // nothing announces the end of a process that is not our child
  }
  return true;
}

} // namespace leanworker::testing
