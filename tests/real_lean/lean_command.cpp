// SPDX-License-Identifier: Apache-2.0
#include "lean_command.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace leanworker::testing {
namespace {

namespace fs = std::filesystem;
using json = nlohmann::json;

std::string read_all(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (char c : text)
    out += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return out + "'";
}

std::vector<json> json_lines(const std::string& text) {
  std::vector<json> out;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with('{'))
      out.push_back(json::parse(line));
  return out;
}

exit_status wait_for(const process_spec& spec) {
  auto runner = make_runner(std::make_shared<host_thread>());
  auto done = runner({spec.argv, spec.environment, spec.directory, std::chrono::minutes{4}});
  EXPECT_FALSE(done.timed_out);
  return done.exit;
}

} // namespace

std::string test_sysroot() {
  auto value = std::getenv("LEANWORKER_TEST_SYSROOT");
  return value ? value : "";
}

scratch_folder::scratch_folder() {
  auto pattern = (fs::temp_directory_path() / "leanworker-test-XXXXXX").string();
  path_ = ::mkdtemp(pattern.data());
}

scratch_folder::~scratch_folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string scratch_folder::write(const std::string& name, const std::string& text) const {
  auto path = path_ + "/" + name;
  std::ofstream{path, std::ios::binary} << text;
  return path;
}

process_spec tool_command(const scratch_folder& folder, const std::vector<std::string>& command, const std::vector<std::string>& arguments,
                          const std::string& mark) {
  std::string line = "exec " + quoted(LEANWORKER_PROGRAM);
  for (const auto& word : command)
    line += " " + quoted(word);
  line += " --sysroot " + quoted(test_sysroot());
  for (const auto& argument : arguments)
    line += " " + quoted(argument);
  process_spec spec;
  spec.argv = {"/bin/sh", "-c", line + " >" + quoted(folder.path() + "/.out") + " 2>" + quoted(folder.path() + "/.err") + " 3>&-"};
  // Variables with this prefix reach the children, so that a test can find them.
  spec.environment = basic_environment({"LEANWORKER_", "XDG_", "ASAN_", "UBSAN_"});
  spec.environment.emplace_back("LEANWORKER_WASM_TEST_MARK", mark);
  return spec;
}

command_outcome read_output(const scratch_folder& folder, const exit_status& exit) {
  command_outcome result;
  result.exit_code = exit.how == exit_status::kind::exited ? exit.value : -1;
  result.out = read_all(folder.path() + "/.out");
  result.err = read_all(folder.path() + "/.err");
  return result;
}

command_outcome run_tool(const std::vector<std::string>& command, const std::vector<std::string>& arguments) {
  scratch_folder folder;
  return read_output(folder, wait_for(tool_command(folder, command, arguments)));
}

process_spec check_command(const scratch_folder& folder, const std::vector<std::string>& arguments, const std::string& mark) {
  return tool_command(folder, {"check", "--json"}, arguments, mark);
}

command_outcome read_outcome(const scratch_folder& folder, const exit_status& exit) {
  auto result = read_output(folder, exit);
  for (auto& record : json_lines(result.out)) {
    auto name = fs::path{record.at("file").get<std::string>()}.filename().string();
    EXPECT_TRUE(result.records.emplace(name, record).second) << "two records for " << name;
  }
  return result;
}

command_outcome check(const std::vector<std::string>& arguments, const std::string& directory) {
  scratch_folder folder;
  auto command = check_command(folder, arguments);
  command.directory = directory;
  return read_outcome(folder, wait_for(command));
}

std::vector<json> lean_messages(const std::string& file, const std::vector<std::string>& options, const std::string& directory) {
  scratch_folder elsewhere;
  auto runner = make_runner(std::make_shared<host_thread>());
  auto lean = test_sysroot() + "/bin/lean";
  std::vector<std::string> command{lean, "--json"};
  command.insert(command.end(), options.begin(), options.end());
  command.push_back(file);
  auto done = runner({command, {}, directory.empty() ? elsewhere.path() : directory, std::chrono::minutes{2}});
  EXPECT_FALSE(done.timed_out);
  return json_lines(done.out);
}

} // namespace leanworker::testing
