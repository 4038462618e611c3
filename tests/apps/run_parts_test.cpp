// SPDX-License-Identifier: Apache-2.0
#include "run_parts.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <unistd.h>

using namespace leanworker::cli;

namespace {

struct run_parts : ::testing::Test {
  std::string problem;
  std::vector<run_part> parts;
  std::string path = (std::filesystem::temp_directory_path() / ("leanworker-parts-" + std::to_string(::getpid()))).string();

  ~run_parts() override { std::filesystem::remove(path); }
  void write(const std::string& text) { std::ofstream{path, std::ios::binary} << text; }
  std::vector<std::string> split(const std::string& request, const std::string& how) {
    parts.clear();
    problem.clear();
    std::vector<std::string> found;
    if (split_request(request, how, parts, problem))
      for (const auto& part : parts)
        found.push_back(part.request);
    return found;
  }
};

using texts = std::vector<std::string>;

} // namespace

TEST_F(run_parts, a_request_is_read_as_it_is_spelled) {
  std::string json;
  EXPECT_TRUE(read_request(R"({"a": 1.50, "b":12345678901234567890})", json, problem));
  EXPECT_EQ(json, R"({"a": 1.50, "b":12345678901234567890})");
  write("[1,\n2]\n");
  EXPECT_TRUE(read_request("@" + path, json, problem));
  EXPECT_EQ(json, "[1,\n2]\n");
}

TEST_F(run_parts, a_request_that_is_no_JSON_or_cannot_be_read_is_named) {
  std::string json;
  EXPECT_FALSE(read_request("{\"a\":}", json, problem));
  EXPECT_NE(problem.find("--request: no JSON at byte 5"), std::string::npos) << problem;
  EXPECT_FALSE(read_request("@/nowhere/at all", json, problem));
  EXPECT_NE(problem.find("cannot read /nowhere/at all: No such file"), std::string::npos) << problem;
  EXPECT_FALSE(read_request("@/", json, problem));
}

TEST_F(run_parts, without_a_split_there_is_one_part) {
  EXPECT_EQ(split("null", ""), (texts{"null"}));
  EXPECT_EQ(parts[0].label, "");
}

TEST_F(run_parts, a_split_sets_one_member_and_leaves_the_others_as_they_are_spelled) {
  EXPECT_EQ(split(R"({"x":1.50,"m":"old","y":[ 1 ]})", "m=a,b"), (texts{R"({"x":1.50,"y":[ 1 ],"m":"a"})", R"({"x":1.50,"y":[ 1 ],"m":"b"})"}));
  EXPECT_EQ(parts[1].label, "b");
  EXPECT_EQ(split("{}", "modules[]=Init,Std"), (texts{R"({"modules":["Init"]})", R"({"modules":["Std"]})"}));
  EXPECT_EQ(split("{}", "m=say \"hi\""), (texts{R"({"m":"say \"hi\""})"}));
}

TEST_F(run_parts, a_split_can_come_from_a_file_one_item_per_line) {
  write("Init\r\n\nStd\n");
  EXPECT_EQ(split("{}", "m=@" + path), (texts{R"({"m":"Init"})", R"({"m":"Std"})"}));
}

TEST_F(run_parts, a_split_that_makes_no_sense_says_why) {
  for (auto [request, how, why] : {std::tuple{"[]", "m=a", "must be a JSON object"}, {"{}", "m", "not of the form"}, {"{}", "=a", "not of the form"}, {"{}", "m=", "no item"},
                                   {"{}", "m=@/nowhere", "cannot read"}, {"{}", "m=\xC3(", "not UTF-8"}}) {
    EXPECT_TRUE(split(request, how).empty());
    EXPECT_NE(problem.find(why), std::string::npos) << problem;
  }
}
