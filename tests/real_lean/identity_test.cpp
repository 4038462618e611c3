// SPDX-License-Identifier: Apache-2.0
// The messages of `check` are those of `lean --json`: same severities, positions, texts, kinds, in the same order.
#include "lean_command.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>
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

} // namespace

TEST(identity, messages_are_those_of_lean_itself) {
  LEANWORKER_NEEDS_LEAN();
  auto done = check({SAMPLES, "--jobs", "2", "--timeout", "60s"});
  std::size_t compared = 0;
  for (const auto& entry : fs::directory_iterator{SAMPLES}) {
    auto name = entry.path().filename().string();
    // This test is about messages. A file that got none of Lean's verdicts beside the others is shown, and checked once more alone.
    if (!done.records[name].contains("messages")) {
      std::cout << "not judged by Lean at first: " << done.records[name] << std::endl;
      done.records[name] = check({entry.path().string(), "--timeout", "60s"}).records[name];
    }
    ASSERT_TRUE(done.records[name].contains("messages")) << name << ": " << done.records[name];
    auto expected = json::array(), found = json::array();
    for (const auto& message : lean_messages(entry.path().string()))
      expected.push_back(without_search_path(as_ours(message)));
    for (const auto& message : done.records[name].at("messages"))
      found.push_back(without_search_path(message));
    EXPECT_EQ(found, expected) << name;
    ++compared;
  }
  EXPECT_GE(compared, 20u);
}
