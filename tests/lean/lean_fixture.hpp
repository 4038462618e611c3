// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/lean/command.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace leanworker::test {

namespace fs = std::filesystem;

/// A folder of its own for each test, gone afterwards.
class temporary_folder {
public:
  temporary_folder() {
    auto pattern = (fs::temp_directory_path() / "leanworker-test-XXXXXX").string();
    if (!::mkdtemp(pattern.data()))
      throw std::runtime_error{"cannot make a temporary folder"};
    path_ = fs::canonical(pattern);
  }
  ~temporary_folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  fs::path operator/(const std::string& name) const { return path_ / name; }
  std::string str() const { return path_.string(); }

private:
  fs::path path_;
};

inline void write_file(const fs::path& path, const std::string& text, bool executable = false) {
  fs::create_directories(path.parent_path());
  std::ofstream{path} << text;
  if (executable)
    fs::permissions(path, fs::perms::owner_all);
}

/// A folder that looks like a Lean toolchain; its `lean` is never executed.
inline std::string make_toolchain(const fs::path& folder) {
  write_file(folder / "bin/lean", "not a program", true);
  write_file(folder / "lib/lean/Init.olean", "olean");
  return folder.string();
}

/// Runs nothing: writes down what it should have run and answers as scripted.
struct fake_runner {
  std::vector<command> commands;
  std::function<command_result(const command&)> answer = [](const command&) { return success(); };

  static command_result success(std::string out = {}) { return {exit_status::exited(0), false, std::move(out), {}, {}}; }
  static command_result failure(int code, std::string err = {}) { return {exit_status::exited(code), false, {}, std::move(err), {}}; }
  static command_result silence() { return {exit_status::signalled(9, false), true, {}, {}, {}}; }

  command_runner runner() {
    return [this](const command& what) {
      commands.push_back(what);
      EXPECT_GT(what.timeout.count(), 0) << "every command needs a deadline";
      return answer(what);
    };
  }
};

} // namespace leanworker::test
