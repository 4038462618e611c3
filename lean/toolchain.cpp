// SPDX-License-Identifier: Apache-2.0
#include <leanworker/lean/toolchain.hpp>

#include <leanworker/lean/internal/elan.hpp>

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

/// Why this Lean cannot be used; empty when it can, or when only a try can tell.
std::string too_old(const lean_version_info& version) {
  if (version.support() != lean_support::too_old)
    return {};
  return "its Lean is " + version.text + "; leanworker works with " + std::string{lean_window};
}

bool take(toolchain_result& result, const toolchain_search& search, const std::string& folder, std::string why, bool named = false) {
  auto pass_over = [&](errc code, const std::string& problem) {
    result.tried.push_back(why + " " + folder + ": " + problem);
    if (named)
      result.error = code;
    return false;
  };
  if (auto problem = defect(folder); !problem.empty())
    return pass_over(errc::toolchain_broken, problem);
  std::error_code error;
  auto canonical = fs::canonical(folder, error);
  auto sysroot = error ? folder : canonical.string();
  auto version = read_lean_version(sysroot);
  if (auto problem = too_old(version); !problem.empty())
    return pass_over(errc::toolchain_unsupported, problem);
  for (const auto& [excluded, problem] : search.excluded)
    if (excluded == sysroot)
      return pass_over(errc::host_build_failed, problem);
  result.found = {std::move(sysroot), std::move(why), std::move(version), named};
  return true;
}

std::string words_of(const command_result& answer) {
  auto text = answer.timed_out ? "does not answer" : answer.exit.str();
  for (const auto& stream : {answer.err, answer.out})
    if (auto line = first_line(stream); !line.empty())
      return text + ": " + line.substr(0, 300);
  return text;
}

bool take_prefix_of(toolchain_result& result, const toolchain_search& search, const std::string& program, const std::string& why,
                    const command_runner& run) {
  auto answer = run({{program, "--print-prefix"}, {}, {}, probe_timeout});
  if (!answer.ok()) {
    result.tried.push_back(why + " " + program + ": " + words_of(answer));
    return false;
  }
  return take(result, search, first_line(answer.out), why + " (" + program + " --print-prefix):");
}

std::string elan_home(const toolchain_search& search) {
  if (!search.elan.empty())
    return search.elan;
  return search.home.empty() ? std::string{} : search.home + "/.elan";
}

bool take_elans(toolchain_result& result, const toolchain_search& search) {
  auto home = elan_home(search);
  std::error_code ignored;
  if (home.empty() || !fs::is_directory(home + "/toolchains", ignored)) {
    result.tried.push_back("elan: no " + (home.empty() ? "~/.elan" : home) + "/toolchains");
    return false;
  }
  auto answer = internal::ask_elan(home, search.elan_choice, search.project);
  if (answer.folder.empty()) {
    result.tried.push_back("elan in " + home + ": " + answer.problem);
    return false;
  }
  return take(result, search, answer.folder, "elan's " + answer.name + " (" + answer.source + "):");
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

namespace {

/// Other programs run in other folders, where a relative path would name something else.
std::string absolute(const std::string& folder) {
  std::error_code error;
  auto result = fs::absolute(folder, error);
  return error || folder.empty() ? folder : result.lexically_normal().string();
}

} // namespace

std::string cache_folder() {
  if (auto own = variable("LEANWORKER_CACHE"); !own.empty())
    return absolute(own);
  if (auto xdg = variable("XDG_CACHE_HOME"); !xdg.empty())
    return absolute(xdg) + "/leanworker";
  auto home = variable("HOME");
  return home.empty() ? home : absolute(home) + "/.cache/leanworker";
}

toolchain_search toolchain_search::from_environment(std::string given) {
  std::error_code error;
  auto folder = fs::current_path(error);
  return {std::move(given),         variable("LEANWORKER_SYSROOT"), variable("PATH"),           variable("HOME"), cache_folder(),
          variable("LEAN_SYSROOT"), variable("ELAN_HOME"),          variable("ELAN_TOOLCHAIN"), error ? std::string{} : folder.string()};
}

bool toolchain::is_wasm() const {
  std::error_code ignored;
  return fs::exists(start_hook(), ignored);
}

toolchain_result find_toolchain(const toolchain_search& search, const command_runner& run) {
  toolchain_result result;
  if (!search.given.empty())
    return take(result, search, search.given, "--sysroot", true), result;
  if (!search.environment.empty())
    return take(result, search, search.environment, "LEANWORKER_SYSROOT", true), result;
  if (!search.lake.empty() && take(result, search, search.lake, "LEAN_SYSROOT"))
    return result;
  auto lean = find_program(search.search_path, "lean");
  bool elans = !lean.empty() && internal::is_elan_proxy(lean);
  if (lean.empty())
    result.tried.push_back("PATH: no program named lean");
  else if (!elans && take_prefix_of(result, search, lean, "the lean on PATH", run))
    return result;
  if (take_elans(result, search))
    return result;
  if (search.cache.empty())
    result.tried.push_back("npm toolchain: no cache folder (set HOME or LEANWORKER_CACHE)");
  else if (take(result, search, search.cache + "/toolchains/npm", "the prepared npm toolchain"))
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
