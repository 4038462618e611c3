// SPDX-License-Identifier: Apache-2.0
#include <leanworker/lean/host_package.hpp>

#include <leanworker/lean/internal/join_modules.hpp>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <unistd.h>

namespace leanworker {
namespace {

namespace fs = std::filesystem;

constexpr const char* unit_name = "LeanWorker.lean";
constexpr std::chrono::milliseconds compile_timeout{180'000};
constexpr std::chrono::milliseconds prepare_timeout{180'000};

/// FNV-1a, 64 bit (Fowler, Noll, Vo): names a build, protects against nothing.
class hasher {
public:
  void add(std::string_view text) {
    for (unsigned char c : text)
      value_ = (value_ ^ c) * 0x100000001b3u;
    value_ = (value_ ^ 0xFF) * 0x100000001b3u; // so that two texts differ from their concatenation
  }
  std::string hex() const {
    char digits[17];
    auto [end, _] = std::to_chars(digits, digits + 16, value_, 16);
    return std::string(16 - static_cast<std::size_t>(end - digits), '0') + std::string{digits, end};
  }

private:
  std::uint64_t value_ = 0xcbf29ce484222325u;
};

bool read_file(const fs::path& path, std::string& out) {
  std::ifstream file{path, std::ios::binary};
  out.assign(std::istreambuf_iterator<char>{file}, {});
  return file.is_open() && !file.bad();
}

std::string identity_of(const fs::path& file) {
  std::error_code ignored;
  auto size = fs::file_size(file, ignored);
  auto time = fs::last_write_time(file, ignored).time_since_epoch().count();
  return file.string() + " " + std::to_string(size) + " " + std::to_string(time);
}

host_package_result failure(errc code, std::string message) { return {code, std::move(message), {}}; }

/// The host's modules, in dependency order.
bool read_modules(const std::string& sources, std::vector<std::string>& out) {
  std::ifstream file{sources + "/modules.txt"};
  for (std::string line; std::getline(file, line);)
    if (!line.empty() && line.front() != '#')
      out.push_back(line);
  return !out.empty();
}

std::string key_of(const toolchain& lean, const std::string& sources, const std::vector<std::string>& modules) {
  hasher hash;
  hash.add(identity_of(lean.lean()));
  hash.add(identity_of(lean.library() + "/Init.olean"));
  auto files = modules;
  files.push_back("Main.lean");
  for (const auto& name : files) {
    std::string text;
    read_file(sources + "/" + name, text);
    hash.add(name);
    hash.add(text);
  }
  return hash.hex();
}

/// Removes what builds that were killed left behind.
void remove_leftovers(const fs::path& hosts) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator{hosts, ignored}) {
    auto name = entry.path().filename().string();
    auto dash = name.rfind('-');
    int pid = 0;
    if (!name.starts_with(".build-") || dash == std::string::npos)
      continue;
    std::from_chars(name.data() + dash + 1, name.data() + name.size(), pid);
    if (pid > 0 && ::kill(pid, 0) != 0 && errno == ESRCH)
      fs::remove_all(entry.path(), ignored);
  }
}

std::string last_words(const command_result& result) {
  auto text = result.timed_out ? "did not end within its time" : result.exit.str();
  for (const auto& stream : {result.out, result.err})
    if (!stream.empty())
      text += "\n" + stream;
  return text;
}

/// Writes the host as one module. Compiled one by one, each of its modules would pay the start of Lean and the import of half of Lean again: 48
/// instead of 14 s of CPU, measured.
bool write_unit(const host_build& build, const std::vector<std::string>& modules, const fs::path& aside, std::string& problem) {
  std::vector<std::string> texts(modules.size());
  for (std::size_t i = 0; i < modules.size(); ++i)
    if (!read_file(build.sources + "/" + modules[i], texts[i])) {
      problem = "cannot read " + build.sources + "/" + modules[i];
      return false;
    }
  std::error_code error;
  fs::create_directories(aside, error);
  std::ofstream unit{aside / unit_name, std::ios::binary};
  unit << internal::join_modules(texts, "LeanWorker");
  unit.close();
  fs::copy_file(fs::path{build.sources} / "Main.lean", aside / "Main.lean", fs::copy_options::overwrite_existing, error);
  if (!unit || error)
    problem = error ? "cannot copy " + build.sources + "/Main.lean to " + aside.string() + ": " + error.message()
                    : "cannot write to " + aside.string() + "; is the disk full?";
  return problem.empty();
}

host_package_result compile(const toolchain& lean, const host_build& build, const std::vector<std::string>& modules, const fs::path& aside,
                            const command_runner& run) {
  std::string problem;
  if (!write_unit(build, modules, aside, problem))
    return failure(errc::io_error, std::move(problem));
  auto result = run({{lean.lean(), "-o", "LeanWorker.olean", unit_name}, {{"LEAN_PATH", aside.string()}}, aside.string(), compile_timeout});
  if (!result.ok())
    return failure(errc::host_build_failed, "compiling the modules of " + build.sources + " as one with " + lean.lean() + ": " + last_words(result));
  build.say("compiled the Lean host in " + std::to_string(result.elapsed.count()) + " ms");
  return {};
}

void prepare_start(const toolchain& lean, const host_build& build, const fs::path& aside, const command_runner& run) {
  auto hook = lean.sysroot + "/libexec/leanworker/prepare-host";
  if (::access(hook.c_str(), X_OK) != 0)
    return;
  auto result = run({{hook, aside.string()}, {{"LEAN_PATH", aside.string()}}, aside.string(), prepare_timeout});
  if (result.ok())
    build.say("made the start-up image in " + std::to_string(result.elapsed.count()) + " ms");
  else // slower starts are no reason not to work
    build.say("no start-up image, children will start slowly: " + last_words(result));
}

host_package describe_package(const fs::path& folder) {
  std::error_code ignored;
  return {folder.string(), fs::exists(folder / "Main.image", ignored)};
}

} // namespace

std::vector<std::pair<std::string, std::string>> host_package::environment() const {
  // Printing a backtrace re-enters Lean from its panic handler and can hang (Lean 4.30).
  return {{"LEAN_PATH", folder}, {"LEAN_BACKTRACE", "0"}};
}

host_package_result ensure_host(const toolchain& lean, const host_build& build, const command_runner& run) {
  std::vector<std::string> modules;
  if (!read_modules(build.sources, modules))
    return failure(errc::io_error, "the sources of the Lean host are not at " + build.sources + " (no modules.txt there)");
  if (build.cache.empty())
    return failure(errc::io_error, "no cache folder: set HOME or LEANWORKER_CACHE");
  auto hosts = fs::path{build.cache} / "hosts";
  auto key = key_of(lean, build.sources, modules);
  auto final_folder = hosts / key;
  std::error_code error;
  if (fs::exists(final_folder / "Main.lean", error))
    return {errc::none, {}, describe_package(final_folder)};
  fs::create_directories(hosts, error);
  if (error)
    return failure(errc::io_error, "cannot create " + hosts.string() + ": " + error.message());
  remove_leftovers(hosts);
  auto aside = hosts / (".build-" + key + "-" + std::to_string(::getpid()));
  fs::remove_all(aside, error);
  build.say("compiling the Lean host for " + lean.sysroot + " (once)");
  auto result = compile(lean, build, modules, aside, run);
  if (result.error == errc::none) {
    prepare_start(lean, build, aside, run);
    fs::rename(aside, final_folder, error);
    // A rename onto the result of another process that was quicker fails; its result is as good.
    if (error && !fs::exists(final_folder / "Main.lean"))
      result = failure(errc::io_error, "cannot rename " + aside.string() + " to " + final_folder.string() + ": " + error.message());
  }
  fs::remove_all(aside, error);
  if (result.error == errc::none)
    result.package = describe_package(final_folder);
  return result;
}

} // namespace leanworker
