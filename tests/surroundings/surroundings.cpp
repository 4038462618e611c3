// SPDX-License-Identifier: Apache-2.0
#include "surroundings.hpp"
#include "process_table.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace leanworker::testing {
namespace {

namespace fs = std::filesystem;

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts)
    out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// Between fork and exec.
[[noreturn]] void become(const std::string& folder, char* const* argv, char* const* environment) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setpgid(0, 0);
  auto out = ::open((folder + "/.out").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  auto err = ::open((folder + "/.err").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  auto in = ::open("/dev/null", O_RDONLY);
  if (::chdir(folder.c_str()) == 0 && ::dup2(in, 0) == 0 && ::dup2(out, 1) == 1 && ::dup2(err, 2) == 2) {
    ::syscall(SYS_close_range, 3, ~0u, 0);
    ::execve("/bin/sh", argv, environment);
  }
  ::_exit(126);
}

} // namespace

std::string ending::str() const {
  return "exit " + std::to_string(code) + ", signal " + std::to_string(signal) + ", " + std::to_string(elapsed.count()) + " ms\nout: " + out.substr(0, 4000)
         + "\nerr: " + err.substr(0, 4000);
}

std::string read_all(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

bool wait_until(const std::function<bool()>& done, std::chrono::milliseconds patience) {
  auto ends = std::chrono::steady_clock::now() + patience;
  while (!done()) {
    if (std::chrono::steady_clock::now() >= ends)
      return false;
    ::poll(nullptr, 0, 10); // nothing announces what other processes do
  }
  return true;
}

running::running(const std::string& line, const std::string& folder, const std::vector<std::string>& environment) : folder_{folder} {
  std::vector<std::string> words{"sh", "-c", line}, variables = environment;
  auto argv = pointers(words), envp = pointers(variables);
  pid_ = ::fork();
  if (pid_ == 0)
    become(folder_, argv.data(), envp.data());
  pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
}

running::~running() {
  if (pid_ > 0) {
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

void running::signal(int number) const { ::kill(pid_, number); }

ending running::wait(std::chrono::milliseconds patience) {
  pollfd over{pidfd_.get(), POLLIN, 0};
  if (::poll(&over, 1, static_cast<int>(patience.count())) != 1) {
    ADD_FAILURE() << "still running after " << patience.count() << " ms";
    ::kill(-pid_, SIGKILL);
  }
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  ending result;
  result.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun_);
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  result.out = read_all(folder_ + "/.out");
  result.err = read_all(folder_ + "/.err");
  return result;
}

surroundings::surroundings() {
  auto pattern = (fs::temp_directory_path() / "leanworker-test-XXXXXX").string();
  folder_ = fs::canonical(::mkdtemp(pattern.data())).string();
  mark_ = fs::path{folder_}.filename().string();
  fs::create_directories(path("toolchain/bin"));
  fs::create_symlink(FAKE_LEAN, path("toolchain/bin/lean"));
  write("toolchain/lib/lean/Init.olean", "olean");
  write("sources/modules.txt", "LeanWorker.lean:\nLeanWorker.lean\n");
  write("sources/LeanWorker.lean", "def host := 1\n");
  write("sources/Main.lean", "import LeanWorker\n");
  fs::create_directories(path("notes"));
  for (auto name : {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS"})
    if (auto value = std::getenv(name))
      set(name, value);
  set("HOME", path("home"));
  set("LEANWORKER_CACHE", path("cache"));
  set("LEANWORKER_HOST_SOURCES", path("sources"));
  set("LEANWORKER_WASM_NOTES", path("notes"));
  set("LEANWORKER_WASM_TEST_MARK", mark_);
}

surroundings::~surroundings() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::string surroundings::leanworker(const std::string& arguments) const {
  return "exec " LEANWORKER_PROGRAM " " + arguments + " --sysroot " + path("toolchain");
}

std::unique_ptr<running> surroundings::start(const std::string& line) { return std::make_unique<running>(line, folder_, environment_); }

std::string surroundings::write(const std::string& name, const std::string& text) const {
  fs::create_directories(fs::path{path(name)}.parent_path());
  std::ofstream{path(name), std::ios::binary} << text;
  return path(name);
}

bool surroundings::exists(const std::string& name) const {
  std::error_code ignored;
  return fs::exists(path(name), ignored);
}

void surroundings::unset(const std::string& name) {
  std::erase_if(environment_, [&](const std::string& entry) { return entry.starts_with(name + "="); });
}

void surroundings::set(const std::string& name, const std::string& value) {
  unset(name);
  environment_.push_back(name + "=" + value);
}

void surroundings::compile_host() {
  write("first.lean", "theorem first : True := trivial\n");
  auto done = run(leanworker("check -j1 first.lean"));
  ASSERT_EQ(done.code, 0) << done.str();
}

std::size_t surroundings::compiled() const {
  auto text = read_all(path("notes/compiled"));
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

bool surroundings::nothing_runs(std::chrono::milliseconds patience) const {
  return wait_until([&] { return processes_with("LEANWORKER_WASM_TEST_MARK=" + mark_).empty(); }, patience);
}

std::vector<std::string> surroundings::half_builds() const {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator{path("cache/hosts"), ignored})
    if (auto name = entry.path().filename().string(); name.starts_with(".build-"))
      names.push_back(name);
  return names;
}

} // namespace leanworker::testing
