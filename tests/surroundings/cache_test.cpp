// SPDX-License-Identifier: Apache-2.0
#include "surroundings.hpp"

#include <csignal>
#include <filesystem>
#include <memory>

#include <sys/stat.h>
#include <unistd.h>

namespace leanworker::testing {
namespace {

namespace fs = std::filesystem;

/// Where the compiled host is kept, and who else uses it at the same time.
struct cache : surroundings {
  cache() { write("a.lean", ""); }
  std::unique_ptr<running> start_compiling(const std::string& before = {}) {
    script("compile_slowly half_file");
    auto seen = compiled();
    auto command = start(before + leanworker("check a.lean"));
    EXPECT_TRUE(wait_until([&] { return compiled() > seen; }));
    return command;
  }
  void let_all_go_on() { write("notes/go_on", ""); }
  void expect_one_whole_host() const {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator{path("cache/hosts")}) {
      ++count;
      EXPECT_EQ(read_all((entry.path() / "LeanWorker.olean").string()), read_all((entry.path() / "LeanWorker.lean").string()));
    }
    EXPECT_EQ(count, 1u);
  }
};

TEST_F(cache, a_relative_folder_means_the_same_to_the_command_and_to_what_it_starts) {
  set("LEANWORKER_CACHE", "here");
  auto done = run(leanworker("check a.lean"));
  EXPECT_EQ(done.code, 0) << done.str();
  EXPECT_TRUE(exists("here/hosts"));
  unset("LEANWORKER_CACHE");
  set("XDG_CACHE_HOME", "there");
  done = run(leanworker("check a.lean"));
  EXPECT_EQ(done.code, 0) << done.str();
  EXPECT_TRUE(exists("there/leanworker/hosts"));
}

TEST_F(cache, a_folder_that_cannot_be_had_is_named_with_the_reason) {
  unset("LEANWORKER_CACHE");
  unset("HOME");
  auto done = run(leanworker("check a.lean"));
  EXPECT_EQ(done.code, 3) << done.str();
  EXPECT_NE(done.err.find("set HOME or LEANWORKER_CACHE"), std::string::npos) << done.err;
  set("LEANWORKER_CACHE", path("a.lean"));
  done = run(leanworker("check a.lean"));
  EXPECT_EQ(done.code, 3) << done.str();
  EXPECT_NE(done.err.find(path("a.lean/hosts")), std::string::npos) << done.err;
}

TEST_F(cache, who_may_not_write_there_uses_what_is_compiled_and_is_told_where_nothing_is) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "only root can become another user";
  auto as_other = [&](const std::string& arguments) {
    return run("exec setpriv --reuid=54321 --clear-groups " + leanworker(arguments).substr(std::string{"exec "}.size()));
  };
  ::chmod(path("").c_str(), 0755);
  ::chmod(path("notes").c_str(), 0777);
  auto done = as_other("check a.lean");
  EXPECT_EQ(done.code, 3) << done.str();
  EXPECT_NE(done.err.find("Permission denied"), std::string::npos) << done.err;
  EXPECT_NE(done.err.find(path("cache")), std::string::npos) << done.err;
  compile_host();
  done = as_other("check a.lean");
  EXPECT_EQ(done.code, 0) << done.str();
}

TEST_F(cache, two_commands_that_compile_at_once_are_both_right_and_one_host_is_left) {
  auto first = start_compiling();
  auto second = start_compiling();
  let_all_go_on();
  for (auto* command : {first.get(), second.get()}) {
    auto done = command->wait();
    EXPECT_EQ(done.code, 0) << done.str();
  }
  expect_one_whole_host();
}

TEST_F(cache, a_command_that_is_killed_while_it_compiles_harms_no_other_and_its_remains_go) {
  auto first = start_compiling();
  auto second = start_compiling();
  first->signal(SIGKILL);
  EXPECT_EQ(first->wait().signal, SIGKILL);
  EXPECT_EQ(half_builds().size(), 2u);
  let_all_go_on();
  auto done = second->wait();
  EXPECT_EQ(done.code, 0) << done.str();
  fs::rename(path("cache/hosts"), path("cache/old"));
  fs::create_directories(path("cache/hosts"));
  for (const auto& entry : fs::directory_iterator{path("cache/old")})
    if (entry.path().filename().string().starts_with(".build-"))
      fs::rename(entry.path(), path("cache/hosts/" + entry.path().filename().string()));
  EXPECT_EQ(half_builds().size(), 1u) << "what the killed one left";
  done = run(leanworker("check a.lean"));
  EXPECT_EQ(done.code, 0) << done.str();
  expect_one_whole_host();
}

TEST_F(cache, commands_in_two_process_namespaces_leave_each_others_builds_alone) {
  const std::string own_namespace = "exec unshare --fork --pid --kill-child ";
  if (run(own_namespace + "true").code != 0)
    GTEST_SKIP() << "no process namespace may be made here";
  script("compile_slowly half_file");
  auto arguments = leanworker("check a.lean").substr(std::string{"exec "}.size());
  auto inside = start(own_namespace + arguments);
  ASSERT_TRUE(wait_until([&] { return compiled() == 1; }));
  auto outside = start_compiling();
  EXPECT_EQ(half_builds().size(), 2u);
  let_all_go_on();
  for (auto* command : {inside.get(), outside.get()}) {
    auto done = command->wait();
    EXPECT_EQ(done.code, 0) << done.str();
  }
  expect_one_whole_host();
}

TEST_F(cache, a_current_folder_that_is_gone_is_told_or_does_not_matter) {
  compile_host();
  const std::string gone = "mkdir gone; cd gone; rmdir ../gone; ";
  auto done = run(gone + leanworker("check -j1 " + path("a.lean")));
  EXPECT_EQ(done.code, 0) << done.str();
  done = run(gone + leanworker("check -j1 ../a.lean"));
  EXPECT_EQ(done.code, 2) << done.str();
  EXPECT_NE(done.err.find("the current folder has been deleted"), std::string::npos) << done.err;
  done = run(gone + leanworker("run X y --request '{\"rows\":1}' --path ."));
  EXPECT_EQ(done.code, 0) << done.str();
}

} // namespace
} // namespace leanworker::testing
