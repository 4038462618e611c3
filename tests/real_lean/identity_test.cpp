// SPDX-License-Identifier: Apache-2.0
// The messages of `check` are those of `lean --json`: same severities, positions, texts, kinds, in the same order.
#include "lean_command.hpp"
#include "snippets.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <future>
#include <iostream>
#include <map>
#include <regex>

using namespace leanworker::testing;
using json = nlohmann::json;

namespace {

namespace fs = std::filesystem;

json place(const json& position, const char* line, const char* column) {
  return position.is_null() ? json{{line, nullptr}, {column, nullptr}} : json{{line, position.at("line")}, {column, position.at("column")}};
}

/// A message of `lean --json` in the form of ours.
json as_ours(const json& lean) {
  auto severity = lean.at("severity").get<std::string>();
  // Lean prints the name of a message without a kind as "[anonymous]"; ours is empty.
  auto kind = lean.at("kind") == "[anonymous]" ? json("") : lean.at("kind");
  json out{{"severity", severity == "information" ? "info" : severity}, {"text", lean.at("data")}, {"kind", kind}};
  out.update(place(lean.at("pos"), "line", "column"));
  out.update(place(lean.at("endPos"), "end_line", "end_column"));
  return out;
}

/// The list of folders in the words about an unknown module: ours may be longer.
json without_search_path(json message) {
  static const std::regex folders{"search path entries:[\\s\\S]*"};
  message["text"] = std::regex_replace(message["text"].get<std::string>(), folders, "search path entries");
  return message;
}

json messages_of(const json& list) {
  auto out = json::array();
  for (const auto& message : list)
    out.push_back(without_search_path(message));
  return out;
}

json expected_of(const std::string& file, const std::vector<std::string>& options = {}) {
  auto out = json::array();
  for (const auto& message : lean_messages(file, options))
    out.push_back(without_search_path(as_ours(message)));
  return out;
}

/// What a reader needs of two lists that differ: the first message that does.
std::string first_difference(const json& found, const json& expected) {
  for (std::size_t i = 0; i < std::max(found.size(), expected.size()); ++i) {
    auto ours = i < found.size() ? found[i] : json(nullptr), leans = i < expected.size() ? expected[i] : json(nullptr);
    if (ours != leans)
      return "message " + std::to_string(i) + " of " + std::to_string(found.size()) + ", ours:\n  " + ours.dump() + "\nof " + std::to_string(expected.size()) + ", lean's:\n  " + leans.dump();
  }
  return "none";
}

/// Calls `body` with each of these, two at a time.
void two_at_a_time(const std::vector<fs::path>& files, const std::function<void(const fs::path&)>& body) {
  std::atomic<std::size_t> next{0};
  auto work = [&] {
    for (auto i = next.fetch_add(1); i < files.size(); i = next.fetch_add(1))
      body(files[i]);
  };
  auto other = std::async(std::launch::async, work);
  work();
  other.wait();
}

std::vector<fs::path> lean_files_below(const std::string& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator{folder})
    if (entry.path().extension() == ".lean")
      files.push_back(entry.path());
  return files;
}

/// By name. A command takes forty files at most, since it is given minutes, not hours.
std::map<std::string, json> records_of(const std::vector<fs::path>& files) {
  constexpr std::size_t at_once = 40;
  std::map<std::string, json> records;
  for (std::size_t begin = 0; begin < files.size(); begin += at_once) {
    std::vector<std::string> arguments;
    for (auto i = begin; i < std::min(begin + at_once, files.size()); ++i)
      arguments.push_back(files[i].string());
    arguments.insert(arguments.end(), {"--jobs", "2", "--timeout", "120s"});
    for (auto& [name, record] : check(arguments).records)
      EXPECT_TRUE(records.emplace(name, record).second) << "two records of " << name;
  }
  return records;
}

/// Compares all files below a folder; two processes of Lean at a time. Gives how many were compared.
std::size_t compare_folder(const std::string& folder) {
  auto files = lean_files_below(folder);
  auto records = records_of(files);
  std::atomic<std::size_t> compared{0};
  two_at_a_time(files, [&](const fs::path& file) {
    auto name = file.filename().string();
    auto found = records.find(name);
    if (found == records.end() || !found->second.contains("messages")) {
      ADD_FAILURE() << name << ": no messages: " << (found == records.end() ? "no record" : found->second.dump());
      return;
    }
    if (found->second.value("messages_truncated", false)) {
      std::cout << name << ": not compared, its messages are cut" << std::endl;
      return;
    }
    auto ours = messages_of(found->second.at("messages")), leans = expected_of(file.string(), {"-DElab.async=false"});
    EXPECT_EQ(ours == leans, true) << name << ": " << first_difference(ours, leans);
    ++compared;
  });
  return compared;
}

} // namespace

TEST(identity, generated_files_of_every_verdict_give_the_messages_of_lean_itself) {
  LEANWORKER_NEEDS_LEAN();
  scratch_folder folder;
  auto snippets = leanworker::bench::make_snippets(20, 7, "Init");
  std::map<leanworker::verdict, int> taken;
  std::size_t written = 0;
  for (const auto& snippet : snippets)
    if (++taken[snippet.expected] <= 3)
      folder.write("generated" + std::to_string(written++) + ".lean", snippet.source);
  EXPECT_EQ(taken.size(), 4u);
  EXPECT_EQ(compare_folder(folder.path()), written);
}

/// Any files at hand: set LEANWORKER_TEST_FILES to a folder of files that import nothing but what the toolchain has, all with different names.
TEST(identity, the_files_of_a_folder_give_the_messages_of_lean_itself) {
  LEANWORKER_NEEDS_LEAN();
  auto folder = std::getenv("LEANWORKER_TEST_FILES");
  if (!folder)
    GTEST_SKIP() << "LEANWORKER_TEST_FILES names no folder";
  auto compared = compare_folder(folder);
  std::cout << compared << " files compared" << std::endl;
  EXPECT_GT(compared, 0u);
}

TEST(identity, messages_are_those_of_lean_itself) {
  LEANWORKER_NEEDS_LEAN();
  auto done = check({SAMPLES, "--jobs", "2", "--timeout", "60s"});
  auto files = lean_files_below(SAMPLES);
  for (const auto& file : files) {
    auto name = file.filename().string();
    // This test is about messages. A file that got none of Lean's verdicts beside the others is shown, and checked once more alone.
    if (!done.records[name].contains("messages")) {
      std::cout << "not judged by Lean at first: " << done.records[name] << std::endl;
      done.records[name] = check({file.string(), "--timeout", "60s"}).records[name];
    }
    ASSERT_TRUE(done.records[name].contains("messages")) << name << ": " << done.records[name];
  }
  two_at_a_time(files, [&](const fs::path& file) {
    auto name = file.filename().string();
    EXPECT_EQ(messages_of(done.records.at(name).at("messages")), expected_of(file.string())) << name;
  });
  EXPECT_GE(files.size(), 20u);
}
