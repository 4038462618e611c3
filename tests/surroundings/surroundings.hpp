// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/process.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

/// The built command with a toolchain of no Lean (fake_lean.cpp), in the surroundings that a test makes for it.
namespace leanworker::testing {

/// How a command ended.
struct ending {
  int code = -1;   ///< Of an exit; -1: none.
  int signal = 0;  ///< That ended it; 0: none.
  std::string out; ///< Standard output, where it went to the file that the fixture gives.
  std::string err; ///< Standard error, likewise.
  std::chrono::milliseconds elapsed{0};

  std::string str() const;
};

/// A line of shell while it runs. Begin it with `exec` to have the pid of the command itself.
class running {
public:
  running(const std::string& line, const std::string& folder, const std::vector<std::string>& environment);
  ~running();
  running(const running&) = delete;
  running& operator=(const running&) = delete;

  pid_t pid() const noexcept { return pid_; }
  void signal(int number) const;
  /// Waits for its end; SIGKILL, and a failure of the test, after `patience`.
  ending wait(std::chrono::milliseconds patience = std::chrono::seconds{60});

private:
  std::string folder_;
  pid_t pid_ = -1;
  unique_fd pidfd_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

/// True once `done` is; false after `patience`.
bool wait_until(const std::function<bool()>& done, std::chrono::milliseconds patience = std::chrono::seconds{60});

std::string read_all(const std::string& path);

class surroundings : public ::testing::Test {
protected:
  surroundings();
  ~surroundings() override;

  /// `exec leanworker …` of this build, with this toolchain. The line may go on with redirections.
  std::string leanworker(const std::string& arguments) const;
  /// Starts a line of shell in the folder; its standard output and error go to files unless the line says otherwise.
  std::unique_ptr<running> start(const std::string& line);
  ending run(const std::string& line) { return start(line)->wait(); }
  std::string write(const std::string& name, const std::string& text) const;
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  bool exists(const std::string& name) const;
  /// So that the fake Lean does this from now on.
  void script(const std::string& what) { set("LEANWORKER_WASM_FAKE", what); }
  void set(const std::string& name, const std::string& value);
  void unset(const std::string& name);
  /// Compiles the host, so that what follows is only about what follows.
  void compile_host();
  /// How often a unit was compiled so far.
  std::size_t compiled() const;
  /// Processes that the commands of this test left running.
  bool nothing_runs(std::chrono::milliseconds patience = std::chrono::seconds{10}) const;
  /// Names in the folder of compiled hosts that are none.
  std::vector<std::string> half_builds() const;

private:
  std::string folder_;
  std::string mark_;
  std::vector<std::string> environment_;
};

} // namespace leanworker::testing
