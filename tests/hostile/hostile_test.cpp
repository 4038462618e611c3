// SPDX-License-Identifier: Apache-2.0
// Every file of check/ and run/ against real Lean, the honest ones beside them, and the parent. See README.md.
#include "lean_command.hpp"
#include "process_table.hpp"

#include <leanworker/messages/errc.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace leanworker;
using namespace leanworker::testing;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

namespace fs = std::filesystem;

constexpr auto right_source = "theorem t (a b : Nat) : a + b = b + a := by omega\n#eval 1 + 1\n";
constexpr auto wrong_source = "theorem w : 1 = 2 := by decide\n";

struct hostile_file {
  fs::path path;
  std::vector<std::string> expected;
  /// Its import lines. The honest files beside it have the same ones, so that they run beside it.
  std::string imports;
};

std::string imports_of(const fs::path& path) {
  std::ifstream file{path};
  std::string out;
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("import "))
      out += line + "\n";
  return out;
}

std::vector<std::string> expectation(const fs::path& path) {
  std::ifstream file{path};
  std::string line;
  std::getline(file, line); // the licence
  std::getline(file, line);
  constexpr std::string_view begin = "-- expect: ";
  EXPECT_TRUE(line.starts_with(begin)) << path << ": the second line must say what is expected";
  std::istringstream words{line.substr(std::min(line.size(), begin.size()))};
  std::vector<std::string> out;
  for (std::string word; words >> word;)
    if (word != "|")
      out.push_back(word);
  return out;
}

std::vector<hostile_file> files_of(const char* folder) {
  std::vector<hostile_file> out;
  for (const auto& entry : fs::directory_iterator{fs::path{HOSTILE_FILES} / folder})
    if (entry.path().extension() == ".lean")
      out.push_back({entry.path(), expectation(entry.path()), imports_of(entry.path())});
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  EXPECT_FALSE(out.empty()) << folder;
  return out;
}

/// What a file is judged by; times and counts of work differ from run to run.
json judgement(const json& record, const std::string& imports = {}) {
  json out;
  for (auto name : {"verdict", "messages", "counts", "declarations"})
    out[name] = record.value(name, json{});
  auto lines = std::count(imports.begin(), imports.end(), '\n');
  for (auto& message : out["messages"])
    for (auto place : {"line", "end_line"})
      if (message[place].is_number())
        message[place] = message[place].get<std::ptrdiff_t>() - lines;
  return out;
}

/// What people are told for the code of that name.
std::string sentence_of(const std::string& name) {
  for (int i = 0; i < errc_count; ++i)
    if (to_string(static_cast<errc>(i)) == name)
      return std::string{describe(static_cast<errc>(i))};
  ADD_FAILURE() << "no code " << name;
  return name;
}

command_outcome run_to_end(const scratch_folder& folder, const process_spec& spec) {
  auto runner = make_runner(std::make_shared<host_thread>());
  auto done = runner({spec.argv, spec.environment, spec.directory, std::chrono::minutes{10}});
  EXPECT_FALSE(done.timed_out);
  return read_outcome(folder, done.exit);
}

} // namespace

TEST(hostile, no_file_changes_the_verdict_of_another_or_escapes_its_own) {
  LEANWORKER_NEEDS_LEAN();
  auto files = files_of("check");
  scratch_folder folder;
  std::vector<std::string> arguments{"--jobs", "1", "--timeout", "60s", folder.write("alone_right.lean", right_source),
                                     folder.write("alone_wrong.lean", wrong_source)};
  for (const auto& file : files) {
    auto name = file.path.filename().string();
    arguments.push_back(folder.write("before_" + name, file.imports + right_source));
    arguments.push_back(file.path.string());
    arguments.push_back(folder.write("after_" + name, file.imports + wrong_source));
  }
  auto done = run_to_end(folder, check_command(folder, arguments, "hostile"));
  EXPECT_EQ(done.exit_code, 1) << done.err.substr(0, 4000);
  EXPECT_EQ(done.records.size(), 2 + 3 * files.size());
  auto right = judgement(done.records["alone_right.lean"]), wrong = judgement(done.records["alone_wrong.lean"]);
  EXPECT_EQ(right["verdict"], "accepted");
  EXPECT_EQ(wrong["verdict"], "has_errors");
  for (const auto& file : files) {
    auto name = file.path.filename().string();
    SCOPED_TRACE(name);
    const auto& record = done.records[name];
    EXPECT_NE(std::find(file.expected.begin(), file.expected.end(), record.value("verdict", "")), file.expected.end()) << record.dump().substr(0, 4000);
    EXPECT_EQ(judgement(done.records["before_" + name], file.imports), right) << done.records["before_" + name].dump();
    EXPECT_EQ(judgement(done.records["after_" + name], file.imports), wrong) << done.records["after_" + name].dump();
  }
  EXPECT_TRUE(all_gone("LEANWORKER_WASM_TEST_MARK=hostile", 5s));
}

TEST(hostile, no_command_answers_for_the_host) {
  LEANWORKER_NEEDS_LEAN();
  for (const auto& file : files_of("run")) {
    SCOPED_TRACE(file.path.filename().string());
    ASSERT_EQ(file.expected.size(), 1u);
    scratch_folder folder;
    auto done = run_to_end(folder, tool_command(folder, {"run"}, {file.path.string(), "attack"}, "hostile"));
    if (file.expected[0] == "none") {
      EXPECT_EQ(done.exit_code, 0) << done.err;
      continue;
    }
    EXPECT_EQ(done.exit_code, 1) << "the command is to blame";
    auto tells = [&](const std::string& words) { return done.err.find(words) != std::string::npos; };
    EXPECT_TRUE(tells(sentence_of(file.expected[0])) || tells("leanworker: " + file.expected[0] + ": ")) << done.err.substr(0, 4000);
  }
  EXPECT_TRUE(all_gone("LEANWORKER_WASM_TEST_MARK=hostile", 5s));
}
