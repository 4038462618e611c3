// SPDX-License-Identifier: Apache-2.0
// `leanworker run` as a user starts it: rows, files, exit codes.
#include "running_command.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

using namespace leanworker;
using namespace leanworker::testing;
using namespace std::chrono_literals;
using json = nlohmann::json;

namespace {

const std::string shapes = CAPABILITIES "/Shapes.lean";

class run_command : public ::testing::Test {
protected:
  void SetUp() override { LEANWORKER_NEEDS_LEAN(); }

  std::string rows_file() const { return folder_.path() + "/rows.jsonl"; }
  static std::string read(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  /// Everything in the folder of the rows, temporary files too.
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator{folder_.path()})
      found.push_back(entry.path().filename().string());
    std::sort(found.begin(), found.end());
    return found;
  }
  static command_outcome run(std::vector<std::string> arguments) { return run_tool({"run"}, arguments); }

  scratch_folder folder_;
};

} // namespace

TEST_F(run_command, rows_go_to_standard_output_and_all_the_rest_to_standard_error) {
  auto done = run({shapes, "scale_index", "--stream", "probes", "--log-level", "info"});
  ASSERT_EQ(done.exit_code, 0) << done.err;
  std::string expected;
  for (int i = 0; i < 15; ++i)
    expected += "{\"i\":" + std::to_string(i) + "}\n";
  EXPECT_EQ(done.out, expected);
  EXPECT_NE(done.err.find("scale.index.started"), std::string::npos) << done.err;
  EXPECT_NE(done.err.find("15 probes"), std::string::npos) << done.err;
}

TEST_F(run_command, a_command_without_rows_prints_its_result) {
  auto done = run({shapes, "Shapes.version", "--quiet"});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_EQ(json::parse(done.out).value("version", ""), "fixture-1") << done.out;
  EXPECT_EQ(done.err, "");
}

TEST_F(run_command, a_split_fills_one_file_in_the_order_of_its_items) {
  auto done = run({"extract", "extract", "--request", R"({"kinds":["theorem"]})", "--split", "modules[]=Init.Core,Init.Prelude", "--jobs", "2", "--rows", rows_file(),
                   "--wrapped", "--json"});
  ASSERT_EQ(done.exit_code, 0) << done.err;
  auto summary = json::parse(done.out.empty() ? done.err.substr(done.err.find('{')) : done.out);
  EXPECT_EQ(summary["requests"], 2);
  EXPECT_EQ(summary["committed"], true);
  std::istringstream lines{read(rows_file())};
  std::vector<std::string> modules;
  std::uint64_t rows = 0;
  for (std::string line; std::getline(lines, line); ++rows)
    if (auto module = json::parse(line).at("row").at("module").get<std::string>(); modules.empty() || modules.back() != module)
      modules.push_back(module);
  EXPECT_EQ(modules, (std::vector<std::string>{"Init.Core", "Init.Prelude"}));
  EXPECT_EQ(summary["rows"], rows);
  EXPECT_GT(rows, 100u);
  EXPECT_EQ(names(), std::vector<std::string>{"rows.jsonl"});
}

TEST_F(run_command, a_failure_keeps_the_file_of_before_and_says_why) {
  const struct {
    std::vector<std::string> arguments;
    int exit_code;
    std::string text;
  } cases[] = {
    {{shapes, "malformed_row"}, 1, "row_malformed"},
    {{shapes, "leaves"}, 1, "exit code 42"},
    {{shapes, "stalls", "--timeout", "1s"}, 1, "request_timeout"},
    {{shapes, "no_such_command"}, 1, "command_not_found"},
    {{shapes, "many", "--request", "{"}, 2, "--request"},
    {{folder_.path() + "/absent.lean", "many"}, 2, "absent.lean"},
  };
  folder_.write("rows.jsonl", "of before\n");
  for (const auto& each : cases) {
    auto arguments = each.arguments;
    arguments.insert(arguments.end(), {"--rows", rows_file()});
    auto done = run(arguments);
    EXPECT_EQ(done.exit_code, each.exit_code) << arguments[1] << ": " << done.err;
    EXPECT_NE(done.err.find(each.text), std::string::npos) << arguments[1] << ": " << done.err;
    EXPECT_EQ(done.out, "") << arguments[1];
    EXPECT_EQ(read(rows_file()), "of before\n") << arguments[1];
    EXPECT_EQ(names(), std::vector<std::string>{"rows.jsonl"}) << arguments[1];
  }
}

TEST_F(run_command, the_event_log_tells_of_each_request_from_admission_to_end) {
  auto log = folder_.path() + "/events.jsonl";
  ASSERT_EQ(run({shapes, "probe", "--event-log", log}).exit_code, 0);
  std::istringstream lines{read(log)};
  std::vector<std::string> story;
  for (std::string line; std::getline(lines, line);)
    if (auto kind = json::parse(line).at("kind").get<std::string>(); kind == "queued" || kind == "started" || kind == "finished")
      story.push_back(kind);
  EXPECT_EQ(story, (std::vector<std::string>{"queued", "started", "finished"}));
  auto refused = run({shapes, "probe", "--event-log", folder_.path() + "/absent/events.jsonl"});
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_NE(refused.err.find("absent/events.jsonl"), std::string::npos) << refused.err;
}

TEST_F(run_command, an_interrupt_commits_nothing_and_leaves_nothing_behind) {
  scratch_folder output;
  running_command command{tool_command(output, {"run"}, {shapes, "forever", "--rows", rows_file()}, "run_interrupt")};
  auto grows = [&] {
    for (const auto& entry : std::filesystem::directory_iterator{folder_.path()})
      if (std::error_code gone; entry.file_size(gone) > 1'000'000 && !gone)
        return true;
    return false;
  };
  ASSERT_TRUE(wait_until(60s, grows)) << "rows are written while the command runs";
  ::kill(command.pid, SIGINT);
  EXPECT_EQ(command.wait(), exit_status::exited(130)) << read_output(output, command.wait()).err;
  EXPECT_EQ(names(), std::vector<std::string>{});
  EXPECT_TRUE(processes_with("LEANWORKER_WASM_TEST_MARK=run_interrupt").empty());
}
