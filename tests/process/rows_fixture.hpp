// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/client.hpp>
#include <leanworker/actors/row_consumers.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <unistd.h>

namespace leanworker::testing {

/// A pool of one scripted child, a lease on it, and a folder that is removed at the end.
class rows_fixture : public ::testing::Test {
protected:
  static client::pool_options quick_options() {
    client::pool_options options;
    options.config.workers = 1;
    options.config.worker.start_timeout = std::chrono::seconds{20};
    options.config.worker.request_timeout = std::chrono::seconds{60};
    options.config.worker.restart.backoff_initial = std::chrono::milliseconds{0};
    options.config.worker.child.frame_bytes_max_to_parent = 128u << 20;
    options.child.argv = {SCRIPTED_CHILD};
    options.child.environment = basic_environment();
    options.measure = false;
    return options;
  }

  rows_fixture() {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
  }
  ~rows_fixture() override { std::filesystem::remove_all(folder); }

  client::lease lease() {
    auto granted = pool.acquire();
    EXPECT_TRUE(granted) << granted.refusal().detail;
    return granted;
  }
  /// The child lives and works; its generation tells whether it is the same.
  std::uint64_t generation_of_next_work() {
    auto granted = lease();
    auto outcome = granted.run(R"({"op":"echo","value":1})");
    EXPECT_TRUE(outcome.ok()) << outcome.message;
    return outcome.generation;
  }
  std::string path(const std::string& name) const { return (folder / name).string(); }
  static std::string text_of(const std::string& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  std::size_t files() const {
    auto all = std::filesystem::directory_iterator{folder};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }

  std::filesystem::path folder = std::filesystem::temp_directory_path() / ("leanworker-rows-" + std::to_string(::getpid()));
  client::pool pool = client::pool::open(quick_options());
};

} // namespace leanworker::testing
