// SPDX-License-Identifier: Apache-2.0
#include <leanworker/lean/toolchain.hpp>

#include <cstdlib>
#include <filesystem>

#include <unistd.h>

namespace leanworker {
namespace {

namespace fs = std::filesystem;

/// Generous: a Lean without start-up help takes seconds on a loaded machine.
constexpr std::chrono::milliseconds probe_timeout{30'000};

std::string variable(const char* name) {
  auto value = std::getenv(name);
  return value ? value : "";
}

std::string first_line(std::string_view text) { return std::string{text.substr(0, text.find('\n'))}; }

/// Why `folder` is no sysroot; empty when it is one.
std::string defect(const std::string& folder) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored))
    return "no such folder";
  if (::access((folder + "/bin/lean").c_str(), X_OK) != 0)
    return "it has no executable bin/lean";
  if (!fs::is_regular_file(folder + "/lib/lean/Init.olean", ignored))
    return "it has no lib/lean/Init.olean";
  return {};
}

bool take(toolchain_result& result, const std::string& folder, std::string why) {
  if (auto problem = defect(folder); !problem.empty()) {
    result.tried.push_back(why + " " + folder + ": " + problem);
    return false;
  }
  std::error_code error;
  auto canonical = fs::canonical(folder, error);
  result.found = {error ? folder : canonical.string(), std::move(why)};
  return true;
}

bool take_prefix_of(toolchain_result& result, const std::string& program, const std::string& why, const command_runner& run) {
  auto answer = run({{program, "--print-prefix"}, {}, {}, probe_timeout});
  if (!answer.ok()) {
    result.tried.push_back(why + " " + program + ": " + (answer.timed_out ? "does not answer" : answer.exit.str()));
    return false;
  }
  return take(result, first_line(answer.out), why + " (" + program + " --print-prefix):");
}

std::string find_program(const std::string& search_path, const std::string& name) {
  for (std::size_t begin = 0; begin <= search_path.size();) {
    auto end = std::min(search_path.find(':', begin), search_path.size());
    auto candidate = search_path.substr(begin, end - begin) + "/" + name;
    if (end > begin && ::access(candidate.c_str(), X_OK) == 0)
      return candidate;
    begin = end + 1;
  }
  return {};
}

} // namespace

std::string cache_folder() {
  if (auto own = variable("LEANWORKER_CACHE"); !own.empty())
    return own;
  if (auto xdg = variable("XDG_CACHE_HOME"); !xdg.empty())
    return xdg + "/leanworker";
  auto home = variable("HOME");
  return home.empty() ? home : home + "/.cache/leanworker";
}

toolchain_search toolchain_search::from_environment(std::string given) {
  return {std::move(given), variable("LEANWORKER_SYSROOT"), variable("PATH"), variable("HOME"), cache_folder()};
}

toolchain_result find_toolchain(const toolchain_search& search, const command_runner& run) {
  toolchain_result result;
  auto named = [&](const std::string& folder, const char* why) {
    if (!take(result, folder, why))
      result.error = errc::toolchain_broken;
    return result;
  };
  if (!search.given.empty())
    return named(search.given, "--sysroot");
  if (!search.environment.empty())
    return named(search.environment, "LEANWORKER_SYSROOT");
  if (auto lean = find_program(search.search_path, "lean"); lean.empty())
    result.tried.push_back("PATH: no program named lean");
  else if (take_prefix_of(result, lean, "the lean on PATH", run))
    return result;
  if (auto elan = search.home + "/.elan/bin/lean"; search.home.empty() || ::access(elan.c_str(), X_OK) != 0)
    result.tried.push_back("elan: no " + elan);
  else if (take_prefix_of(result, elan, "elan", run))
    return result;
  if (search.cache.empty())
    result.tried.push_back("npm toolchain: no cache folder (set HOME or LEANWORKER_CACHE)");
  else if (take(result, search.cache + "/toolchains/npm", "the prepared npm toolchain"))
    return result;
  result.error = errc::toolchain_not_found;
  return result;
}

std::string lean_version(const toolchain& lean, const command_runner& run, std::string& problem) {
  auto answer = run({{lean.lean(), "--version"}, {}, {}, probe_timeout});
  auto line = first_line(answer.out);
  if (answer.ok() && line.starts_with("Lean"))
    return line;
  problem = answer.timed_out ? "it does not answer within 30 s" : answer.exit.str();
  if (!answer.err.empty())
    problem += ": " + first_line(answer.err);
  return {};
}

} // namespace leanworker
