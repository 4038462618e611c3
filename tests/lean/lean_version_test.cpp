// SPDX-License-Identifier: Apache-2.0
#include <leanworker/lean/internal/compile_errors.hpp>
#include <leanworker/lean/internal/elan.hpp>
#include <leanworker/lean/toolchain.hpp>

#include <leanworker/tests/lean/lean_fixture.hpp>

namespace leanworker {
namespace {

using namespace test;

/// The beginning of an .olean of that version.
std::string olean_of(std::string version) {
  version.resize(33);
  return std::string{"olean\x02\x00", 7} + version + std::string(40, 'a') + "rest";
}

std::string toolchain_of(const fs::path& folder, const std::string& version) {
  make_toolchain(folder);
  write_file(folder / "lib/lean/Init.olean", olean_of(version));
  return folder.string();
}

TEST(lean_version, it_is_read_as_lean_spells_it_and_judged_by_the_window) {
  struct {
    const char* text;
    lean_support support;
  } const rows[] = {
    {"4.26.0", lean_support::supported},       {"4.34.7", lean_support::supported},     {"v4.28.0", lean_support::supported},
    {"4.28.0-pre", lean_support::supported},   {"4.26.0-rc1", lean_support::supported}, {"4.29.0-nightly-2026-02-01", lean_support::supported},
    {"4.25.9", lean_support::too_old},         {"4.9.1", lean_support::too_old},        {"3.51.1", lean_support::too_old},
    {"4.35.0-rc1", lean_support::newer},       {"5.0.0", lean_support::newer},          {"", lean_support::unknown},
    {"4.28", lean_support::unknown},           {"four", lean_support::unknown},         {"4.28.0 evil\x1b", lean_support::unknown},
  };
  for (const auto& row : rows)
    EXPECT_EQ(parse_lean_version(row.text).support(), row.support) << row.text;
}

TEST(lean_version, it_stands_in_the_first_bytes_of_every_olean) {
  temporary_folder root;
  auto version = read_lean_version(toolchain_of(root / "t", "4.30.1"));
  EXPECT_EQ(version.text, "4.30.1");
  EXPECT_EQ(version.minor, 30u);
  EXPECT_EQ(version.commit, std::string(40, 'a'));
  for (const std::string& broken : {std::string{}, std::string{"olean"}, std::string{"olean\x02"}, std::string(80, '\0'), std::string{"ELF"},
                                    olean_of("4.30.1").substr(0, 60)}) {
    write_file(root / "t/lib/lean/Init.olean", broken);
    EXPECT_EQ(read_lean_version((root / "t").string()).support(), lean_support::unknown) << broken.size();
  }
  write_file(root / "t/lib/lean/Init.olean", std::string{"olean\x01"} + std::string(80, 'x'));
  EXPECT_EQ(read_lean_version((root / "t").string()).support(), lean_support::too_old);
  EXPECT_EQ(read_lean_version((root / "nowhere").string()).support(), lean_support::unknown);
}

struct version_search_test : testing::Test {
  temporary_folder root;
  fake_runner fake;
  toolchain_search search;

  version_search_test() {
    search.search_path = (root / "bin").string();
    search.home = (root / "home").string();
    search.cache = (root / "cache").string();
    toolchain_of(root / "cache/toolchains/npm", "4.28.0-pre");
  }
  toolchain_result find() { return find_toolchain(search, fake.runner()); }
};

TEST_F(version_search_test, one_that_was_named_and_is_too_old_is_refused_before_anything_runs) {
  search.given = toolchain_of(root / "old", "4.20.0");
  auto result = find();
  EXPECT_EQ(result.error, errc::toolchain_unsupported);
  ASSERT_EQ(result.tried.size(), 1u);
  for (auto part : {"4.20.0", "4.26.0 to 4.34.x", "--sysroot"})
    EXPECT_NE(result.tried[0].find(part), std::string::npos) << result.tried[0];
  EXPECT_TRUE(fake.commands.empty());
}

TEST_F(version_search_test, one_that_was_only_found_and_is_too_old_is_noted_and_passed_over) {
  write_file(root / "bin/lean", "", true);
  auto old = toolchain_of(root / "old", "4.20.0");
  fake.answer = [&](const command&) { return fake_runner::success(old + "\n"); };
  auto result = find();
  EXPECT_EQ(result.found.sysroot, (root / "cache/toolchains/npm").string());
  EXPECT_NE(result.tried.at(0).find("4.20.0"), std::string::npos) << result.tried.at(0);
}

TEST_F(version_search_test, one_for_which_the_host_could_not_be_compiled_is_passed_over) {
  write_file(root / "bin/lean", "", true);
  auto newer = toolchain_of(root / "newer", "4.40.0");
  fake.answer = [&](const command&) { return fake_runner::success(newer + "\n"); };
  EXPECT_EQ(find().found.sysroot, newer);
  search.excluded = {{newer, "it does not compile"}};
  auto result = find();
  EXPECT_EQ(result.found.sysroot, (root / "cache/toolchains/npm").string());
  EXPECT_NE(result.tried.at(0).find("it does not compile"), std::string::npos);
}

TEST_F(version_search_test, elans_stand_in_is_never_run) {
  write_file(root / "bin/lean", "", true);
  write_file(root / "bin/elan", "", true);
  toolchain_of(root / "home/.elan/toolchains/leanprover--lean4---v4.30.0", "4.30.0");
  write_file(root / "home/.elan/settings.toml", "version = \"12\"\ndefault_toolchain = \"leanprover/lean4:v4.30.0\"\n");
  auto result = find();
  EXPECT_TRUE(fake.commands.empty()) << "it might install a toolchain first";
  EXPECT_TRUE(result.found.sysroot.ends_with("leanprover--lean4---v4.30.0")) << result.found.sysroot;
  EXPECT_NE(result.found.why.find("elan's default"), std::string::npos) << result.found.why;
}

TEST_F(version_search_test, the_projects_lean_toolchain_wins_and_one_that_is_missing_is_told_with_its_cure) {
  toolchain_of(root / "home/.elan/toolchains/leanprover--lean4---v4.30.0", "4.30.0");
  toolchain_of(root / "home/.elan/toolchains/leanprover--lean4---v4.27.0", "4.27.0");
  write_file(root / "home/.elan/settings.toml", "default_toolchain = \"leanprover/lean4:v4.30.0\"\n");
  write_file(root / "project/lean-toolchain", "leanprover/lean4:v4.27.0\n");
  fs::create_directories(root / "project/deep/er");
  search.project = (root / "project/deep/er").string();
  EXPECT_TRUE(find().found.sysroot.ends_with("v4.27.0"));
  write_file(root / "project/lean-toolchain", "leanprover/lean4:v4.31.0\n");
  auto result = find();
  EXPECT_EQ(result.found.sysroot, (root / "cache/toolchains/npm").string());
  std::string all;
  for (const auto& line : result.tried)
    all += line + "\n";
  EXPECT_NE(all.find("elan toolchain install leanprover/lean4:v4.31.0"), std::string::npos) << all;
}

TEST_F(version_search_test, elan_home_and_lakes_sysroot_are_looked_at) {
  toolchain_of(root / "elsewhere/toolchains/mine", "4.29.0");
  search.elan = (root / "elsewhere").string();
  search.elan_choice = "mine";
  EXPECT_TRUE(find().found.sysroot.ends_with("toolchains/mine"));
  search.lake = toolchain_of(root / "lake", "4.30.0");
  EXPECT_EQ(find().found.why, "LEAN_SYSROOT");
}

TEST_F(version_search_test, a_program_that_fails_is_quoted) {
  write_file(root / "bin/lean", "", true);
  fake.answer = [](const command&) { return fake_runner::failure(1, "error: no default toolchain configured\nmore"); };
  EXPECT_NE(find().tried.at(0).find("no default toolchain configured"), std::string::npos) << find().tried.at(0);
}

TEST(first_errors, three_of_them_and_never_pages) {
  std::string output;
  for (int i = 1; i <= 500; ++i)
    output += "LeanWorker.lean:" + std::to_string(i) + ":2: error(lean.unknownIdentifier): Unknown identifier `x`\n  and more\n";
  auto shown = internal::first_errors(output);
  EXPECT_NE(shown.find(":1:2: error"), std::string::npos);
  EXPECT_NE(shown.find(":3:2: error"), std::string::npos);
  EXPECT_EQ(shown.find(":4:2: error"), std::string::npos) << shown;
  EXPECT_NE(shown.find("and 497 more errors"), std::string::npos) << shown;
  EXPECT_LT(internal::first_errors(std::string(60'000, 'x')).size(), 300u);
  EXPECT_EQ(internal::first_errors("LeanWorker.lean:1:0: error: unknown module"), "LeanWorker.lean:1:0: error: unknown module");
}

} // namespace
} // namespace leanworker
