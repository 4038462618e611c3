// SPDX-License-Identifier: Apache-2.0
#include "surroundings.hpp"

#include <algorithm>
#include <sstream>

#include <sys/resource.h>
#include <unistd.h>

namespace leanworker::testing {
namespace {

/// Too little of what a command needs. Each want is told in a sentence with its cause and what to do, in a few short lines.
struct limits : surroundings {
  static void expect_advice(const ending& done, const std::string& advice) {
    EXPECT_EQ(done.signal, 0) << done.str();
    EXPECT_EQ(done.code, 3) << done.str();
    EXPECT_NE(done.err.find(advice), std::string::npos) << done.str();
    EXPECT_EQ(done.err.find("internal error"), std::string::npos) << done.str();
    std::istringstream lines{done.out + done.err};
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count)
      EXPECT_LE(line.size(), 600u) << line.substr(0, 100);
    EXPECT_LE(count, 40u) << done.str();
  }
};

#ifdef __SANITIZE_ADDRESS__
#define SKIP_WITH_SANITIZER(why) GTEST_SKIP() << (why)
#else
#define SKIP_WITH_SANITIZER(why) static_cast<void>(why)
#endif
/// And takes a failure to open it for a broken object.
constexpr const char* ubsan_opens_files = "UBSan opens a pipe to see whether an object's memory can be read";

TEST_F(limits, few_open_files_while_children_start) {
  SKIP_WITH_SANITIZER(ubsan_opens_files);
  compile_host();
  for (auto count : {5, 8, 12})
    expect_advice(run("ulimit -n " + std::to_string(count) + "; " + leanworker("check -j1 first.lean")), "ulimit -n 1024");
  expect_advice(run("ulimit -n 12; " + leanworker("run X y")), "ulimit -n 1024");
  expect_advice(run("ulimit -n 12; " + leanworker("doctor")), "ulimit -n 1024");
}

TEST_F(limits, few_open_files_while_the_host_is_compiled) {
  SKIP_WITH_SANITIZER(ubsan_opens_files);
  write("a.lean", "");
  for (auto count : {8, 10, 12})
    expect_advice(run("ulimit -n " + std::to_string(count) + "; " + leanworker("check a.lean")), "ulimit -n 1024");
  EXPECT_EQ(half_builds(), std::vector<std::string>{});
  compile_host();
}

TEST_F(limits, a_child_that_empties_its_program_onto_standard_error_is_cut_to_its_cause) {
  compile_host();
  script("minified");
  auto done = run(leanworker("check -j1 first.lean"));
  expect_advice(done, "ulimit -n 1024");
  EXPECT_NE(done.err.find("EMFILE: too many open files, open '/opt/lean.wasm'"), std::string::npos) << done.err;
  EXPECT_LT(done.out.size() + done.err.size(), 4'000u);
}

TEST_F(limits, a_child_that_says_nothing_but_its_program_is_explained_by_the_limits_of_the_command) {
  compile_host();
  script("only_source");
  for (auto what : {"check -j1 first.lean", "doctor"}) {
    auto done = run("ulimit -n 20; " + leanworker(what));
    expect_advice(done, "20 are allowed; raise the limit, for example: ulimit -n 1024");
    EXPECT_EQ((done.out + done.err).find("mmm"), std::string::npos) << done.str();
  }
}

TEST_F(limits, little_address_space) {
  SKIP_WITH_SANITIZER("a sanitizer's shadow memory is larger");
  compile_host();
  bool some_failed = false;
  for (auto kib : {24'000, 32'000, 40'000, 48'000, 56'000, 64'000, 72'000, 80'000}) {
    auto done = run("ulimit -v " + std::to_string(kib) + "; " + leanworker("check -j1 first.lean"));
    if (done.code == 0 || done.err.find("error while loading shared libraries") != std::string::npos)
      continue;
    some_failed = true;
    expect_advice(done, "ulimit -v");
  }
  EXPECT_TRUE(some_failed);
}

TEST_F(limits, few_threads) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "only root can become a user who has no other processes";
  compile_host();
  ASSERT_EQ(run("chmod -R a+rwX .").code, 0);
  bool some_failed = false;
  for (auto count : {2, 3, 4, 5, 6, 7}) {
    for (auto what : {"check -j1 first.lean", "run -q X y --request {}"}) {
      auto line = leanworker(what).substr(std::string{"exec "}.size());
      auto done = run("exec setpriv --reuid=54321 --clear-groups bash -c 'ulimit -u " + std::to_string(count) + "; exec " + line + "'");
      if (done.code == 0)
        continue;
      some_failed = true;
      expect_advice(done, "ulimit -u");
    }
  }
  EXPECT_TRUE(some_failed);
}

} // namespace
} // namespace leanworker::testing
