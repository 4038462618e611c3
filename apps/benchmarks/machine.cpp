// SPDX-License-Identifier: Apache-2.0
#include "machine.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include <sched.h>
#include <sys/utsname.h>

namespace leanworker::bench {
namespace {

#if defined(__clang__)
constexpr const char* compiler = "clang++ " __clang_version__;
#else
constexpr const char* compiler = "g++ " __VERSION__;
#endif

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
}

std::string processor() {
  std::ifstream file{"/proc/cpuinfo"};
  for (std::string line; std::getline(file, line);)
    if (auto colon = line.find(": "); line.starts_with("model name") && colon != std::string::npos)
      return line.substr(colon + 2);
  return "unknown";
}

std::string kernel() {
  utsname name;
  return ::uname(&name) == 0 ? fmt::format("{} {} {}", name.sysname, name.release, name.machine) : "unknown";
}

} // namespace

void print_machine(bool json) {
  double load = 0;
  ::getloadavg(&load, 1);
  if (json)
    fmt::print("{}\n", nlohmann::json{{"what", "machine"}, {"cores", usable_cores()}, {"processor", processor()}, {"kernel", kernel()},
                                      {"compiler", compiler}, {"build_type", LEANWORKER_BUILD_TYPE}, {"load", load}}
                         .dump());
  else
    fmt::print("{} cores ({}), {}, {}, build type {}, load {:.2f}\n", usable_cores(), processor(), kernel(), compiler, LEANWORKER_BUILD_TYPE, load);
  std::fflush(stdout);
}

} // namespace leanworker::bench
