// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "setup.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

/// Runs `leanworker` and Lean itself as a user would.
namespace leanworker::testing {

/// The toolchain under test; empty: none, and the test should be skipped.
std::string test_sysroot();

/// A folder of this test's own, removed when it goes.
class scratch_folder {
public:
  scratch_folder();
  ~scratch_folder();
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  const std::string& path() const { return path_; }
  std::string write(const std::string& name, const std::string& text) const;

private:
  std::string path_;
};

struct command_outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
  /// The records of --json by file name (without folder). A second record for a file is an error of the test.
  std::map<std::string, nlohmann::json> records;
};

/// The command line of `leanworker COMMAND…` with the toolchain under test, its output in files of `folder`. Its hosts can be found by LEANWORKER_WASM_TEST_MARK=mark.
process_spec tool_command(const scratch_folder& folder, const std::vector<std::string>& command, const std::vector<std::string>& arguments,
                          const std::string& mark = "none");
/// What it wrote; `records` is empty.
command_outcome read_output(const scratch_folder& folder, const exit_status& exit);
/// Both, and waiting for it.
command_outcome run_tool(const std::vector<std::string>& command, const std::vector<std::string>& arguments);

/// The same of `leanworker check --json …`, with the records that it wrote.
process_spec check_command(const scratch_folder& folder, const std::vector<std::string>& arguments, const std::string& mark = "none");
command_outcome read_outcome(const scratch_folder& folder, const exit_status& exit);
/// `directory`: where it is called; empty: here.
command_outcome check(const std::vector<std::string>& arguments, const std::string& directory = {});

/// `bin/lean --json` with `options`, and `file`, an absolute path: its messages, one object each. Called in `directory`, or if that is empty in a folder
/// that is not above the file.
std::vector<nlohmann::json> lean_messages(const std::string& file, const std::vector<std::string>& options = {}, const std::string& directory = {});

} // namespace leanworker::testing

/// First line of every test here.
#define LEANWORKER_NEEDS_LEAN()                                                                                                            \
  if (leanworker::testing::test_sysroot().empty())                                                                                         \
  GTEST_SKIP() << "LEANWORKER_TEST_SYSROOT names no toolchain"
