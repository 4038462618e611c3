// SPDX-License-Identifier: Apache-2.0
#include <leanworker/lean/toolchain.hpp>

#include <leanworker/tests/lean/lean_fixture.hpp>

namespace leanworker {
namespace {

using namespace test;

struct toolchain_search_test : testing::Test {
  temporary_folder root;
  fake_runner fake;
  toolchain_search search;

  toolchain_search_test() {
    search.search_path = (root / "empty").string();
    search.home = (root / "home").string();
    search.cache = (root / "cache").string();
  }
  toolchain_result find() { return find_toolchain(search, fake.runner()); }
  /// A program that answers `--print-prefix` with `prefix`.
  void program(const std::string& path, const std::string& prefix) {
    write_file(root / path, "not a program", true);
    auto before = fake.answer;
    fake.answer = [=, this, name = (root / path).string()](const command& what) {
      return what.argv.at(0) == name ? fake_runner::success(prefix + "\n") : before(what);
    };
  }
  std::string everything() {
    std::string text;
    for (const auto& line : find().tried)
      text += line + "\n";
    return text;
  }
};

TEST_F(toolchain_search_test, a_sysroot_that_is_named_wins_over_everything) {
  search.given = make_toolchain(root / "given");
  search.environment = make_toolchain(root / "environment");
  make_toolchain(root / "cache/toolchains/npm");
  auto result = find();
  EXPECT_EQ(result.error, errc::none);
  EXPECT_EQ(result.found.sysroot, search.given);
  EXPECT_EQ(result.found.why, "--sysroot");
  EXPECT_TRUE(fake.commands.empty());
  EXPECT_EQ(result.found.lean(), search.given + "/bin/lean");
  EXPECT_EQ(result.found.library(), search.given + "/lib/lean");
}

TEST_F(toolchain_search_test, the_rules_are_tried_in_their_order) {
  make_toolchain(root / "cache/toolchains/npm");
  EXPECT_EQ(find().found.sysroot, (root / "cache/toolchains/npm").string());
  write_file(root / "home/.elan/settings.toml", "default_toolchain = \"mine\"\n");
  auto elans = make_toolchain(root / "home/.elan/toolchains/mine");
  EXPECT_EQ(find().found.sysroot, elans);
  program("empty/lean", make_toolchain(root / "path-toolchain"));
  EXPECT_EQ(find().found.sysroot, (root / "path-toolchain").string());
  search.environment = make_toolchain(root / "environment");
  EXPECT_EQ(find().found.sysroot, search.environment);
  search.given = make_toolchain(root / "given");
  EXPECT_EQ(find().found.sysroot, search.given);
}

TEST_F(toolchain_search_test, a_place_that_was_named_and_is_broken_is_an_error_even_where_others_would_do) {
  make_toolchain(root / "cache/toolchains/npm");
  struct {
    std::function<void(const fs::path&)> make;
    const char* complaint;
  } rows[] = {
    {[](const fs::path&) {}, "no such folder"},
    {[](const fs::path& p) { write_file(p, "a file"); }, "no such folder"},
    {[](const fs::path& p) { fs::create_directories(p); }, "bin/lean"},
    {[](const fs::path& p) { write_file(p / "lib/lean/Init.olean", ""), write_file(p / "bin/lean", "", false); }, "bin/lean"},
    {[](const fs::path& p) { write_file(p / "bin/lean", "", true); }, "lib/lean/Init.olean"},
  };
  for (auto& row : rows) {
    auto place = root / ("broken" + std::to_string(&row - rows));
    row.make(place);
    for (auto* name : {&search.given, &search.environment}) {
      search.given = search.environment = "";
      *name = place.string();
      auto result = find();
      EXPECT_EQ(result.error, errc::toolchain_broken) << row.complaint;
      ASSERT_EQ(result.tried.size(), 1u);
      EXPECT_NE(result.tried[0].find(row.complaint), std::string::npos) << result.tried[0];
      EXPECT_NE(result.tried[0].find(place.string()), std::string::npos) << result.tried[0];
      EXPECT_NE(result.tried[0].find(name == &search.given ? "--sysroot" : "LEANWORKER_SYSROOT"), std::string::npos);
      EXPECT_TRUE(result.found.sysroot.empty());
    }
  }
}

TEST_F(toolchain_search_test, nothing_found_lists_every_place_in_order) {
  auto result = find();
  EXPECT_EQ(result.error, errc::toolchain_not_found);
  ASSERT_EQ(result.tried.size(), 3u);
  EXPECT_NE(result.tried[0].find("PATH"), std::string::npos) << result.tried[0];
  EXPECT_NE(result.tried[1].find(search.home + "/.elan/toolchains"), std::string::npos) << result.tried[1];
  EXPECT_NE(result.tried[2].find(search.cache + "/toolchains/npm"), std::string::npos) << result.tried[2];
}

TEST_F(toolchain_search_test, without_home_and_cache_it_says_what_to_set) {
  search.home = search.cache = "";
  auto text = everything();
  EXPECT_NE(text.find("LEANWORKER_CACHE"), std::string::npos) << text;
  EXPECT_EQ(find().error, errc::toolchain_not_found);
}

TEST_F(toolchain_search_test, a_lean_on_path_that_does_not_work_is_told_and_passed_over) {
  make_toolchain(root / "cache/toolchains/npm");
  write_file(root / "empty/lean", "", true);
  struct {
    command_result answer;
    const char* complaint;
  } rows[] = {
    {fake_runner::failure(127), "exit code 127"},
    {fake_runner::silence(), "does not answer"},
    {fake_runner::success((root / "nowhere").string() + "\n"), "no such folder"},
    {fake_runner::success(""), "no such folder"},
  };
  for (const auto& row : rows) {
    fake.answer = [&](const command&) { return row.answer; };
    auto result = find();
    EXPECT_EQ(result.found.sysroot, (root / "cache/toolchains/npm").string());
    ASSERT_FALSE(result.tried.empty());
    EXPECT_NE(result.tried[0].find(row.complaint), std::string::npos) << result.tried[0];
  }
}

TEST_F(toolchain_search_test, the_first_executable_lean_on_path_is_asked_for_its_prefix) {
  write_file(root / "one/lean", "not executable", false);
  program("two/lean", make_toolchain(root / "tool chain"));
  program("three/lean", make_toolchain(root / "other"));
  search.search_path = ":" + (root / "one").string() + "::" + (root / "two").string() + ":" + (root / "three").string() + ":";
  auto result = find();
  EXPECT_EQ(result.found.sysroot, (root / "tool chain").string());
  ASSERT_EQ(fake.commands.size(), 1u);
  EXPECT_EQ(fake.commands[0].argv, (std::vector<std::string>{(root / "two/lean").string(), "--print-prefix"}));
  EXPECT_NE(result.found.why.find("PATH"), std::string::npos) << result.found.why;
}

TEST_F(toolchain_search_test, the_sysroot_is_canonical) {
  make_toolchain(root / "real");
  fs::create_directory_symlink(root / "real", root / "link");
  search.given = (root / "link/../link/").string();
  EXPECT_EQ(find().found.sysroot, (root / "real").string());
}

TEST_F(toolchain_search_test, the_version_is_the_first_line_or_the_reason_why_there_is_none) {
  toolchain lean{make_toolchain(root / "given"), ""};
  struct {
    command_result answer;
    const char *version, *problem;
  } rows[] = {
    {fake_runner::success("Lean (version 4.28.0-pre, wasm32)\nmore"), "Lean (version 4.28.0-pre, wasm32)", ""},
    {fake_runner::success("node v20\n"), "", "exit code 0"},
    {fake_runner::failure(126, "cannot execute\nmore"), "", "exit code 126: cannot execute"},
    {fake_runner::silence(), "", "it does not answer within 30 s"},
  };
  for (const auto& row : rows) {
    fake.answer = [&](const command&) { return row.answer; };
    std::string problem;
    EXPECT_EQ(lean_version(lean, fake.runner(), problem), row.version);
    EXPECT_EQ(problem, row.problem);
  }
  EXPECT_EQ(fake.commands.at(0).argv, (std::vector<std::string>{lean.lean(), "--version"}));
}

} // namespace
} // namespace leanworker
