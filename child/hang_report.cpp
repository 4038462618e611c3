// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/hang_report.hpp>

#include <leanworker/child/log_ring.hpp>

#include <array>
#include <cstdio>
#include <filesystem>
#include <sstream>

#include <unistd.h>

namespace leanworker {
namespace {

constexpr std::size_t threads_max = 64;

/// The beginning of a small file, its line ends as blanks.
std::string read_small(const std::filesystem::path& path) {
  std::array<char, 512> buffer{};
  auto file = std::fopen(path.c_str(), "re");
  if (!file)
    return {};
  auto n = std::fread(buffer.data(), 1, buffer.size(), file);
  std::fclose(file);
  std::string text{buffer.data(), n};
  for (auto& c : text)
    if (static_cast<unsigned char>(c) < ' ')
      c = ' ';
  while (!text.empty() && text.back() == ' ')
    text.pop_back();
  return text;
}

/// The state and the processor time out of a `stat`, whose second field is a name in parentheses that may hold anything.
std::string state_of(const std::string& stat) {
  auto name_end = stat.rfind(')');
  if (name_end == std::string::npos)
    return "gone";
  std::istringstream rest{stat.substr(name_end + 1)};
  std::string state, skipped;
  unsigned long long user = 0, kernel = 0;
  rest >> state;
  for (int i = 0; i < 10; ++i)
    rest >> skipped;
  rest >> user >> kernel;
  auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  char text[64];
  std::snprintf(text, sizeof text, "%s, %.2f s", state.c_str(), static_cast<double>(user + kernel) / ticks);
  return text;
}

} // namespace

std::string hang_report(std::int64_t pid, const std::string& proc) {
  namespace fs = std::filesystem;
  std::string out;
  std::error_code error;
  std::size_t threads = 0;
  for (fs::directory_iterator entry{proc + "/" + std::to_string(pid) + "/task", error}, end; !error && entry != end; entry.increment(error)) {
    if (++threads > threads_max || out.size() >= hang_report_bytes_max)
      break;
    const auto& task = entry->path();
    out += task.filename().string() + " " + read_small(task / "comm") + ": " + state_of(read_small(task / "stat"));
    for (const char* what : {"wchan", "syscall", "stack"})
      if (auto text = read_small(task / what); !text.empty() && text != "0")
        out += std::string{", "} + what + " " + text;
    out += "\n";
  }
  if (out.size() > hang_report_bytes_max)
    out.resize(hang_report_bytes_max);
  return make_valid_utf8(out);
}

} // namespace leanworker
