// SPDX-License-Identifier: Apache-2.0
#include "doctor_report.hpp"

#include <leanworker/child/log_ring.hpp>
#include <leanworker/child/memory_probe.hpp>

#include <nlohmann/json.hpp>

#include <cstdlib>

#include <sys/resource.h>
#include <sys/utsname.h>

namespace leanworker::cli {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t text_bytes_max = 8192;

json limit(__rlimit_resource_t which) {
  struct rlimit value {};
  if (::getrlimit(which, &value) != 0 || value.rlim_cur == RLIM_INFINITY)
    return nullptr;
  return value.rlim_cur;
}

json bytes(const measured_bytes& value) { return value.known ? json(value.bytes) : json(nullptr); }

std::string_view name_of(lean_support support) {
  switch (support) {
    case lean_support::supported: return "supported";
    case lean_support::too_old: return "too_old";
    case lean_support::newer: return "newer";
    case lean_support::unknown: break;
  }
  return "unknown";
}

void replace_all(std::string& text, const std::string& what, const char* by) {
  if (what.size() < 2) // "/" names nobody
    return;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at))
    text.replace(at, what.size(), by);
}

} // namespace

std::string without_names(std::string text, const std::string& toolchain, const std::string& home) {
  replace_all(text, toolchain, "TOOLCHAIN");
  replace_all(text, home, "HOME");
  return make_valid_utf8(text.substr(0, text_bytes_max));
}

std::string doctor_report(const doctor_findings& found) {
  auto home = std::getenv("HOME");
  auto clean = [&](const std::string& text) { return without_names(text, found.setup.lean.sysroot, home ? home : ""); };
  const auto& version = found.setup.lean.version;
  auto machine = look_at_machine();
  utsname kernel{};
  ::uname(&kernel);
  json report{{"report", "leanworker doctor"},
              {"leanworker", LEANWORKER_VERSION},
              {"window", lean_window},
              {"lean", {{"version", version.text}, {"commit", version.commit}, {"support", name_of(version.support())}, {"says", clean(found.version)}}},
              {"toolchain",
               {{"kind", found.setup.lean.is_wasm() ? "wasm" : "native"},
                {"found_by", clean(found.setup.lean.why)},
                {"start_up_image", found.setup.package.quick_start}}},
              {"machine",
               {{"system", kernel.sysname},
                {"kernel", kernel.release},
                {"processor", kernel.machine},
                {"usable_cores", usable_cores()},
                {"memory_bytes", bytes(machine.total)},
                {"memory_available_bytes", bytes(machine.available)},
                {"group_limit_bytes", bytes(machine.group_limit)}}},
              {"limits",
               {{"open_files", limit(RLIMIT_NOFILE)},
                {"processes", limit(RLIMIT_NPROC)},
                {"address_space_bytes", limit(RLIMIT_AS)},
                {"stack_bytes", limit(RLIMIT_STACK)}}},
              {"milliseconds",
               {{"set_up", found.set_up_in.count()}, {"child_ready", found.ready_in.count()}, {"one_line_theorem", found.checked_in.count()}}},
              {"verdict", found.verdict},
              {"problem", clean(found.problem)},
              {"setup_error", {{"code", to_string(found.setup.error)}, {"message", clean(found.setup.message)}}},
              {"stderr_tail", clean(found.stderr_tail)}};
  return report.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

} // namespace leanworker::cli
