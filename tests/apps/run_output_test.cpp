// SPDX-License-Identifier: Apache-2.0
#include "run_output.hpp"

#include <leanworker/harness/made_up_batch.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <unistd.h>

using namespace leanworker;
using namespace leanworker::cli;
using harness::made_up_batch;

namespace {

struct run_output_test : ::testing::Test {
  std::filesystem::path folder = std::filesystem::temp_directory_path() / ("leanworker-output-" + std::to_string(::getpid()));
  std::string file = (folder / "all.jsonl").string();

  run_output_test() { std::filesystem::create_directories(folder); }
  ~run_output_test() override { std::filesystem::remove_all(folder); }
  std::string text() const {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  std::ptrdiff_t files() const { return std::distance(std::filesystem::directory_iterator{folder}, {}); }

  static sink_status part(run_output& output, std::size_t number, const std::vector<std::string>& rows, std::uint64_t counted) {
    auto consumer = output.consumer(number);
    made_up_batch batch;
    std::uint64_t sequence = 0;
    for (const auto& row : rows)
      batch.row(sequence++, row);
    if (auto status = consumer->rows(batch.slice()); !status.ok())
      return status;
    rows_summary summary;
    summary.rows = rows.size();
    auto result = R"({"rows":)" + std::to_string(counted)
                  + R"(,"streams":{},"metadata":null,"elapsed_ms":1,"session":{"imports":[],"reused":true,"import_ms":0,"imports_done":0}})";
    return consumer->finish({summary, result, row_consumer::clock::time_point::max()});
  }
};

} // namespace

TEST_F(run_output_test, parts_become_one_file_in_their_order_and_not_before_the_commit) {
  run_output output{file, 3, {}};
  ASSERT_TRUE(part(output, 2, {"5"}, 1).ok());
  ASSERT_TRUE(part(output, 0, {"1", "2"}, 2).ok());
  ASSERT_TRUE(part(output, 1, {}, 0).ok());
  EXPECT_FALSE(std::filesystem::exists(file));
  auto status = output.commit();
  ASSERT_TRUE(status.ok()) << status.message;
  EXPECT_EQ(text(), "1\n2\n5\n");
  EXPECT_EQ(output.counts().rows, 3u);
}

TEST_F(run_output_test, without_a_commit_nothing_is_left) {
  std::ofstream{file} << "old\n";
  {
    run_output output{file, 2, {}};
    ASSERT_TRUE(part(output, 0, {"1"}, 1).ok());
  }
  EXPECT_EQ(text(), "old\n");
  EXPECT_EQ(files(), 1);
}

TEST_F(run_output_test, after_a_commit_no_part_is_left) {
  {
    run_output output{file, 2, {}};
    ASSERT_TRUE(part(output, 0, {"1"}, 1).ok());
    ASSERT_TRUE(part(output, 1, {"2"}, 1).ok());
    ASSERT_TRUE(output.commit().ok());
  }
  EXPECT_EQ(text(), "1\n2\n");
  EXPECT_EQ(files(), 1);
}

TEST_F(run_output_test, a_child_that_counted_other_rows_commits_nothing) {
  run_output output{file, 1, {}};
  auto status = part(output, 0, {"1"}, 2);
  EXPECT_EQ(status.code, errc::rows_incomplete);
  EXPECT_NE(status.message.find("1 rows came, and the child counted 2"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(file));
}
