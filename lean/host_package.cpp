// SPDX-License-Identifier: Apache-2.0
#include <leanworker/lean/host_package.hpp>

#include <leanworker/child/process.hpp>
#include <leanworker/lean/internal/compile_errors.hpp>
#include <leanworker/lean/internal/join_modules.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace leanworker {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds compile_timeout{180'000};
constexpr std::chrono::milliseconds prepare_timeout{180'000};
constexpr std::chrono::milliseconds program_timeout{30'000};

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

/// A module as it is compiled: several sources joined to one. Compiled one by one, each source would pay the start of Lean and the import of half of
/// Lean again: 48 instead of 14 s of CPU for the host, measured.
struct unit {
  std::string name; ///< Its file, such as LeanWorker/Stream.lean.
  std::vector<std::string> sources;
};

/// Reads modules.txt: a line "name:" begins a unit, the lines below it are its sources; both in dependency order.
bool read_units(const std::string& sources, std::vector<unit>& out) {
  errno = EINVAL; // of what is there and names no unit
  std::ifstream file{sources + "/modules.txt"};
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#')
      continue;
    if (line.back() == ':')
      out.push_back({line.substr(0, line.size() - 1), {}});
    else if (!out.empty())
      out.back().sources.push_back(line);
  }
  return !out.empty();
}

/// LeanWorker/Stream.lean holds the module LeanWorker.Stream.
std::string module_of(std::string file) {
  std::replace(file.begin(), file.end(), '/', '.');
  return file.substr(0, file.rfind(".lean"));
}

std::string key_of(const toolchain& lean, const std::string& sources, const std::vector<unit>& units) {
  hasher hash;
  hash.add(lean.version.text);
  hash.add(lean.version.commit);
  hash.add(identity_of(lean.lean()));
  hash.add(identity_of(lean.library() + "/Init.olean"));
  std::vector<std::string> files{"modules.txt", "Main.lean"};
  for (const auto& each : units)
    files.insert(files.end(), each.sources.begin(), each.sources.end());
  for (const auto& name : files) {
    std::string text;
    read_file(sources + "/" + name, text);
    hash.add(name);
    hash.add(text);
  }
  return hash.hex();
}

/// Held as long as a build is under way. A lock of the kernel's, not a process number, which another container that uses the same cache may have, too.
class build_lock {
public:
  explicit build_lock(const fs::path& folder) : fd_{::open((folder / name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)} {
    held_ = fd_ && ::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0;
  }
  bool held() const noexcept { return held_; }
  static constexpr const char* name = ".lock";

private:
  unique_fd fd_;
  bool held_ = false;
};

/// A build makes its folder first and its lock then.
constexpr auto unlocked_grace = std::chrono::minutes{10};

bool is_young(const fs::path& folder) {
  std::error_code error;
  auto made = fs::last_write_time(folder, error);
  return !error && fs::file_time_type::clock::now() - made < unlocked_grace;
}

/// Removes what builds that were killed left behind.
void remove_leftovers(const fs::path& hosts) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator{hosts, ignored}) {
    if (!entry.path().filename().string().starts_with(".build-"))
      continue;
    bool begun = fs::exists(entry.path() / build_lock::name, ignored);
    if (begun ? build_lock{entry.path()}.held() : !is_young(entry.path()))
      fs::remove_all(entry.path(), ignored);
  }
}

std::string words_of(const command_result& result) {
  auto text = result.timed_out ? "did not end within its time" : result.exit.str();
  for (const auto& stream : {result.out, result.err})
    if (auto errors = internal::first_errors(stream); !errors.empty())
      text += "\n" + errors;
  return text;
}

/// Before anything else: most failures are those of a Lean that the host was not written for.
std::string window_of(const toolchain& lean) {
  switch (lean.version.support()) {
    case lean_support::supported: return {};
    case lean_support::unknown: return "the version of this Lean could not be read; leanworker works with " + std::string{lean_window} + ". ";
    default: return "this is Lean " + lean.version.text + "; leanworker works with " + std::string{lean_window} + ". ";
  }
}

bool write_unit(const host_build& build, const unit& what, const fs::path& aside, std::string& problem) {
  std::vector<std::string> texts(what.sources.size()), own;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    own.push_back(module_of(what.sources[i]));
    if (!read_file(build.sources + "/" + what.sources[i], texts[i])) {
      problem = "cannot read " + build.sources + "/" + what.sources[i];
      return false;
    }
  }
  std::error_code error;
  fs::create_directories((aside / what.name).parent_path(), error);
  std::ofstream file{aside / what.name, std::ios::binary};
  file << internal::join_modules(texts, own);
  file.close();
  if (!file)
    problem = "cannot write to " + aside.string() + "; is the disk full?";
  return problem.empty();
}

/// Writes all units before the first is compiled, so that a source that is missing costs no time.
bool write_sources(const host_build& build, const std::vector<unit>& units, const fs::path& aside, std::string& problem) {
  for (const auto& each : units)
    if (!write_unit(build, each, aside, problem))
      return false;
  std::error_code error;
  fs::copy_file(fs::path{build.sources} / "Main.lean", aside / "Main.lean", fs::copy_options::overwrite_existing, error);
  if (error)
    problem = "cannot copy " + build.sources + "/Main.lean to " + aside.string() + ": " + error.message();
  return problem.empty();
}

host_package_result compile(const toolchain& lean, const host_build& build, const std::vector<unit>& units, const fs::path& aside,
                            const command_runner& run) {
  std::string problem;
  if (!write_sources(build, units, aside, problem))
    return failure(errc::io_error, std::move(problem));
  std::chrono::milliseconds elapsed{0};
  for (const auto& each : units) {
    auto result = run({{lean.lean(), "-o", fs::path{each.name}.replace_extension("olean").string(), each.name}, {{"LEAN_PATH", aside.string()}},
                       aside.string(), compile_timeout});
    if (!result.ok())
      return failure(errc::host_build_failed, window_of(lean) + "compiling " + each.name + " of " + build.sources + " with " + lean.lean() + ": " + words_of(result));
    elapsed += result.elapsed;
  }
  build.say("compiled the Lean host in " + std::to_string(elapsed.count()) + " ms");
  return {};
}

void prepare_start(const toolchain& lean, const host_build& build, const fs::path& aside, const command_runner& run) {
  auto hook = lean.start_hook();
  if (::access(hook.c_str(), X_OK) != 0)
    return;
  auto result = run({{hook, aside.string()}, {{"LEAN_PATH", aside.string()}}, aside.string(), prepare_timeout});
  if (result.ok())
    build.say("made the start-up image in " + std::to_string(result.elapsed.count()) + " ms");
  else // slower starts are no reason not to work
    build.say("no start-up image, children will start slowly: " + words_of(result));
}

/// A program that ends in order at the end of its input, as every child must, is one that can be used.
bool works(const toolchain& lean, const fs::path& program, const fs::path& aside, const command_runner& run) {
  return run({{program.string()}, {{"LEAN_PATH", aside.string()}, {"LEAN_SYSROOT", lean.sysroot}}, aside.string(), program_timeout}).ok();
}

/// Links the host as a program of its own, where the toolchain is native and has a C compiler. Where that fails, `lean --run` does. Not run natively yet.
void make_program(const toolchain& lean, const host_build& build, const std::vector<unit>& units, const fs::path& aside, const command_runner& run) {
  auto compiler = lean.sysroot + "/bin/leanc";
  if (lean.is_wasm() || ::access(compiler.c_str(), X_OK) != 0)
    return;
  std::vector<std::string> link{compiler, "-O2", "-rdynamic", "-o", host_package::program};
  std::vector<std::string> sources{"Main.lean"};
  for (const auto& each : units)
    sources.push_back(each.name);
  command_result result{exit_status::exited(0), false, {}, {}, {}};
  for (const auto& source : sources) {
    auto c = fs::path{source}.replace_extension("c").string();
    link.push_back(c);
    if (result.ok())
      result = run({{lean.lean(), "-c", c, source}, {{"LEAN_PATH", aside.string()}}, aside.string(), compile_timeout});
  }
  if (result.ok())
    result = run({link, {}, aside.string(), compile_timeout});
  if (result.ok() && works(lean, aside / host_package::program, aside, run))
    return build.say("linked the Lean host as a program of its own");
  std::error_code ignored;
  fs::remove(aside / host_package::program, ignored);
  build.say("the Lean host is started with `lean --run`: it could not be linked as a program" + (result.ok() ? std::string{" that works"} : ": " + words_of(result)));
}

host_package describe_package(const fs::path& folder) {
  std::error_code ignored;
  return {folder.string(), fs::exists(folder / "Main.image", ignored), fs::exists(folder / host_package::program, ignored)};
}

} // namespace

std::vector<std::pair<std::string, std::string>> host_package::environment(const toolchain& lean) const {
  // Printing a backtrace re-enters Lean from its panic handler and can hang (Lean 4.30).
  std::vector<std::pair<std::string, std::string>> variables{{"LEAN_PATH", folder}, {"LEAN_BACKTRACE", "0"}};
  if (executable) // it cannot be found from the place of the program
    variables.emplace_back("LEAN_SYSROOT", lean.sysroot);
  return variables;
}

host_package_result ensure_host(const toolchain& lean, const host_build& build, const command_runner& run) {
  std::vector<unit> units;
  if (!read_units(build.sources, units))
    return failure(errc::io_error, "the sources of the Lean host cannot be read: " + build.sources + "/modules.txt: " + std::generic_category().message(errno));
  if (build.cache.empty())
    return failure(errc::io_error, "no cache folder: set HOME or LEANWORKER_CACHE");
  auto hosts = fs::path{build.cache} / "hosts";
  auto key = key_of(lean, build.sources, units);
  auto final_folder = hosts / key;
  std::error_code error;
  if (fs::exists(final_folder / "Main.lean", error))
    return {errc::none, {}, describe_package(final_folder)};
  fs::create_directories(hosts, error);
  if (error)
    return failure(errc::io_error, "cannot create " + hosts.string() + ": " + error.message());
  remove_leftovers(hosts);
  auto pattern = (hosts / (".build-" + key + "-XXXXXX")).string();
  if (!::mkdtemp(pattern.data()))
    return failure(errc::io_error, "cannot create a folder in " + hosts.string() + ": " + std::generic_category().message(errno));
  auto aside = fs::path{pattern};
  fs::permissions(aside, fs::perms::group_read | fs::perms::group_exec | fs::perms::others_read | fs::perms::others_exec, fs::perm_options::add, error);
  build_lock lock{aside};
  build.say("compiling the Lean host for " + lean.sysroot + " (once)");
  auto result = compile(lean, build, units, aside, run);
  if (result.error == errc::none) {
    prepare_start(lean, build, aside, run);
    make_program(lean, build, units, aside, run);
    fs::remove(aside / build_lock::name, error);
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
