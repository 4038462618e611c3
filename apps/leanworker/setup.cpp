// SPDX-License-Identifier: Apache-2.0
#include "setup.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <thread>

namespace leanworker::cli {
namespace {

/// A Lean host needs a core, and memory for its imports.
constexpr std::uint64_t memory_kib_per_worker = 1'500'000;

/// Found out before the work, since the log itself has nobody to tell.
bool can_log_events(const std::string& path) {
  if (path.empty() || std::ofstream{path, std::ios::app})
    return true;
  fmt::print(stderr, "leanworker: cannot write the event log {}: {}\n", path, std::generic_category().message(errno));
  return false;
}

} // namespace

bool set_up_lean(const common_options& options, lean_setup& out) {
  if (!can_log_events(options.event_log))
    return false;
  out = leanworker::set_up_lean({options.sysroot, [](const std::string& step) { fmt::print(stderr, "leanworker: {}\n", step); }});
  if (!out)
    fmt::print(stderr, "leanworker: {}\n", out.message);
  return static_cast<bool>(out);
}

void set_up_log(const common_options& options) {
  auto mode = options.color == "always" ? spdlog::color_mode::always
              : options.color == "never" ? spdlog::color_mode::never
                                         : spdlog::color_mode::automatic;
  auto log = spdlog::stderr_color_st("leanworker", mode);
  log->set_pattern("leanworker: %^%l%$: %v");
  log->set_level(spdlog::level::from_str(options.log_level));
  spdlog::set_default_logger(std::move(log));
}

unsigned default_jobs() {
  auto cores = std::max(1u, std::thread::hardware_concurrency());
  std::ifstream file{"/proc/meminfo"};
  for (std::string name; file >> name;) {
    std::uint64_t kib = 0;
    if (name == "MemAvailable:" && file >> kib)
      return static_cast<unsigned>(std::clamp<std::uint64_t>(kib / memory_kib_per_worker, 1, cores));
  }
  return cores;
}

} // namespace leanworker::cli
