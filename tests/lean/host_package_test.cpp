// SPDX-License-Identifier: Apache-2.0
#include <leanworker/lean/host_package.hpp>

#include <leanworker/child/process.hpp>

#include <leanworker/tests/lean/lean_fixture.hpp>

#include <algorithm>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace leanworker {
namespace {

using namespace test;

/// A toolchain, sources of two modules, and a compiler that only writes down what it was told.
struct host_package_test : testing::Test {
  temporary_folder root;
  fake_runner fake;
  toolchain lean{make_toolchain(root / "toolchain"), "test"};
  host_build build{(root / "sources").string(), (root / "cache").string()};
  std::vector<std::string> said;

  host_package_test() {
    write_file(root / "sources/modules.txt", "# in order\nLeanWorker.lean:\nLeanWorker/Base.lean\n\nLeanWorker.lean\n");
    write_file(root / "sources/LeanWorker/Base.lean", "def base := 1");
    write_file(root / "sources/LeanWorker.lean", "import LeanWorker.Base\ndef top := 2");
    write_file(root / "sources/Main.lean", "import LeanWorker");
    build.say = [this](const std::string& text) { said.push_back(text); };
    fake.answer = [](const command& what) {
      if (what.argv.size() == 4)
        write_file(fs::path{what.directory} / what.argv[2], "compiled");
      return fake_runner::success();
    };
  }
  host_package_result ensure() { return ensure_host(lean, build, fake.runner()); }
  std::string all_said() const {
    std::string text;
    for (const auto& line : said)
      text += line + "\n";
    return text;
  }
  /// Names in the folder of all builds.
  std::vector<std::string> builds() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator{root / "cache/hosts"})
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
};

TEST_F(host_package_test, the_modules_are_compiled_as_one_and_put_where_children_find_them) {
  std::string unit;
  auto compile = fake.answer;
  fake.answer = [&](const command& what) {
    std::ifstream file{fs::path{what.directory} / what.argv.back()};
    unit.assign(std::istreambuf_iterator<char>{file}, {});
    return compile(what);
  };
  auto result = ensure();
  ASSERT_EQ(result.error, errc::none) << result.message;
  ASSERT_EQ(fake.commands.size(), 1u);
  const auto& compiler = fake.commands[0];
  EXPECT_EQ(compiler.argv, (std::vector<std::string>{lean.lean(), "-o", "LeanWorker.olean", "LeanWorker.lean"}));
  EXPECT_EQ(compiler.environment, (std::vector<std::pair<std::string, std::string>>{{"LEAN_PATH", compiler.directory}}));
  EXPECT_NE(compiler.directory, result.package.folder) << "it is built aside";
  EXPECT_LT(unit.find("def base := 1"), unit.find("def top := 2")) << "in the order of modules.txt:\n" << unit;
  for (auto name : {"Main.lean", "LeanWorker.olean"})
    EXPECT_TRUE(fs::exists(fs::path{result.package.folder} / name)) << name;
  EXPECT_EQ(builds(), std::vector<std::string>{fs::path{result.package.folder}.filename().string()}) << "nothing else is left";
  EXPECT_FALSE(result.package.quick_start);
}

TEST_F(host_package_test, each_unit_is_compiled_on_its_own_in_order_and_imports_the_ones_before) {
  write_file(root / "sources/modules.txt", "LeanWorker/User.lean:\nLeanWorker/Base.lean\nLeanWorker/User.lean\nLeanWorker.lean:\nLeanWorker.lean\n");
  write_file(root / "sources/LeanWorker/User.lean", "import LeanWorker.Base\ndef user := base");
  write_file(root / "sources/LeanWorker.lean", "import LeanWorker.User\ndef top := user");
  std::vector<std::string> units;
  fake.answer = [&](const command& what) {
    std::ifstream file{fs::path{what.directory} / what.argv.back()};
    units.emplace_back(std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{});
    write_file(fs::path{what.directory} / what.argv[2], "compiled");
    return fake_runner::success();
  };
  auto result = ensure();
  ASSERT_EQ(result.error, errc::none) << result.message;
  ASSERT_EQ(fake.commands.size(), 2u);
  EXPECT_EQ(fake.commands[0].argv, (std::vector<std::string>{lean.lean(), "-o", "LeanWorker/User.olean", "LeanWorker/User.lean"}));
  EXPECT_EQ(fake.commands[1].argv, (std::vector<std::string>{lean.lean(), "-o", "LeanWorker.olean", "LeanWorker.lean"}));
  EXPECT_EQ(units[0].find("import"), std::string::npos) << units[0];
  EXPECT_LT(units[0].find("def base"), units[0].find("def user")) << units[0];
  EXPECT_TRUE(units[1].starts_with("import LeanWorker.User\n")) << units[1];
  for (auto name : {"Main.lean", "LeanWorker.olean", "LeanWorker/User.olean"})
    EXPECT_TRUE(fs::exists(fs::path{result.package.folder} / name)) << name;
}

TEST_F(host_package_test, a_unit_that_fails_is_named_and_ends_the_build) {
  write_file(root / "sources/modules.txt", "LeanWorker/Base.lean:\nLeanWorker/Base.lean\nLeanWorker.lean:\nLeanWorker.lean\n");
  fake.answer = [](const command&) { return fake_runner::failure(1); };
  auto result = ensure();
  EXPECT_EQ(result.error, errc::host_build_failed);
  EXPECT_NE(result.message.find("LeanWorker/Base.lean"), std::string::npos) << result.message;
  EXPECT_EQ(fake.commands.size(), 1u);
}

TEST_F(host_package_test, a_child_is_started_on_main_with_its_own_path_and_no_backtraces) {
  auto package = ensure().package;
  EXPECT_EQ(package.argv(lean), (std::vector<std::string>{lean.lean(), "--run", package.folder + "/Main.lean"}));
  EXPECT_EQ(package.environment(lean),
            (std::vector<std::pair<std::string, std::string>>{{"LEAN_PATH", package.folder}, {"LEAN_BACKTRACE", "0"}}));
}

TEST_F(host_package_test, the_second_call_compiles_nothing) {
  auto first = ensure().package.folder;
  fake.commands.clear();
  auto second = ensure();
  EXPECT_EQ(second.error, errc::none);
  EXPECT_EQ(second.package.folder, first);
  EXPECT_TRUE(fake.commands.empty());
}

TEST_F(host_package_test, another_source_or_another_toolchain_is_another_package) {
  auto first = ensure().package.folder;
  for (auto name : {"LeanWorker/Base.lean", "LeanWorker.lean", "Main.lean"}) {
    auto before = ensure().package.folder;
    write_file(root / "sources" / name, "-- changed");
    EXPECT_NE(ensure().package.folder, before) << name;
  }
  auto before = ensure().package.folder;
  write_file(fs::path{lean.library()} / "Init.olean", "another, longer olean");
  EXPECT_NE(ensure().package.folder, before);
  toolchain other{make_toolchain(root / "other"), "test"};
  EXPECT_NE(ensure_host(other, build, fake.runner()).package.folder, ensure().package.folder);
  EXPECT_TRUE(fs::exists(first)) << "older packages stay for those who run them";
}

TEST_F(host_package_test, a_failed_compilation_says_what_and_why_and_leaves_nothing) {
  fake.answer = [](const command&) {
    auto failed = fake_runner::failure(1, "panic on stderr");
    failed.out = "LeanWorker.lean:1:0: error: unknown module";
    return failed;
  };
  auto result = ensure();
  EXPECT_EQ(result.error, errc::host_build_failed);
  for (const auto& part : {build.sources, lean.lean(), std::string{"exit code 1"}, std::string{"unknown module"}, std::string{"panic on stderr"}})
    EXPECT_NE(result.message.find(part), std::string::npos) << part << " in\n" << result.message;
  EXPECT_TRUE(builds().empty());
  EXPECT_TRUE(result.package.folder.empty());
}

TEST_F(host_package_test, a_compiler_that_hangs_is_reported_as_such) {
  fake.answer = [](const command&) { return fake_runner::silence(); };
  auto result = ensure();
  EXPECT_EQ(result.error, errc::host_build_failed);
  EXPECT_NE(result.message.find("did not end within its time"), std::string::npos) << result.message;
}

TEST_F(host_package_test, missing_sources_are_an_io_error_that_names_them) {
  for (std::string name : {"LeanWorker/Base.lean", "Main.lean", "modules.txt"}) {
    fs::remove(root / "sources" / name);
    auto result = ensure();
    EXPECT_EQ(result.error, errc::io_error) << name;
    EXPECT_NE(result.message.find(name), std::string::npos) << result.message;
    EXPECT_TRUE(fake.commands.empty()) << name;
    write_file(root / "sources" / name, "LeanWorker.lean:\nLeanWorker/Base.lean\n");
  }
}

TEST_F(host_package_test, without_a_cache_folder_it_says_what_to_set) {
  build.cache.clear();
  auto result = ensure();
  EXPECT_EQ(result.error, errc::io_error);
  EXPECT_NE(result.message.find("LEANWORKER_CACHE"), std::string::npos) << result.message;
}

TEST_F(host_package_test, a_cache_folder_that_is_a_file_is_an_io_error) {
  write_file(root / "cache", "a file");
  auto result = ensure();
  EXPECT_EQ(result.error, errc::io_error);
  EXPECT_NE(result.message.find((root / "cache").string()), std::string::npos) << result.message;
}

TEST_F(host_package_test, leftovers_of_dead_builders_are_removed_and_those_of_living_ones_are_not) {
  // By a lock that ends with its process: the number of a process may be another's in another container that uses the same cache.
  for (auto name : {".build-0123-dead", ".build-0123-living", ".build-0123-begins", ".build-0123-old", "unrelated"})
    write_file(root / "cache/hosts" / name / "file", "x");
  for (auto name : {".build-0123-dead", ".build-0123-living"})
    write_file(root / "cache/hosts" / name / ".lock", "");
  fs::last_write_time(root / "cache/hosts/.build-0123-old", fs::file_time_type::clock::now() - std::chrono::hours{1});
  unique_fd living{::open((root / "cache/hosts/.build-0123-living/.lock").c_str(), O_RDWR | O_CLOEXEC)};
  ASSERT_EQ(::flock(living.get(), LOCK_EX), 0);
  auto made = fs::path{ensure().package.folder}.filename().string();
  std::vector<std::string> expected{".build-0123-living", ".build-0123-begins", "unrelated", made};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(builds(), expected);
}

TEST_F(host_package_test, a_native_toolchain_links_a_program_of_its_own_and_a_wasm_one_does_not) {
  write_file(fs::path{lean.sysroot} / "bin/leanc", "not a program", true);
  auto compile = fake.answer;
  fake.answer = [&](const command& what) {
    if (what.argv[0].ends_with("leanc"))
      write_file(fs::path{what.directory} / "leanworker-host", "linked", true);
    return what.argv[0].ends_with("leanc") || what.argv.size() == 1 ? fake_runner::success() : compile(what);
  };
  auto package = ensure().package;
  ASSERT_TRUE(package.executable) << all_said();
  EXPECT_EQ(package.argv(lean), std::vector<std::string>{package.folder + "/leanworker-host"});
  EXPECT_EQ(package.environment(lean).back(), (std::pair<std::string, std::string>{"LEAN_SYSROOT", lean.sysroot}));
  EXPECT_EQ(fake.commands.back().argv.size(), 1u) << "it was tried before it is relied on";
  write_file(fs::path{lean.sysroot} / "libexec/leanworker/prepare-host", "", true);
  write_file(root / "sources/Main.lean", "import LeanWorker -- again");
  EXPECT_FALSE(ensure().package.executable);
}

TEST_F(host_package_test, a_program_that_cannot_be_linked_or_does_not_work_leaves_lean_run) {
  write_file(fs::path{lean.sysroot} / "bin/leanc", "not a program", true);
  auto compile = fake.answer;
  for (auto fails : {"leanc", "leanworker-host"}) {
    fake.answer = [&](const command& what) {
      if (what.argv[0].ends_with("leanc"))
        write_file(fs::path{what.directory} / "leanworker-host", "linked", true);
      return what.argv[0].ends_with(fails) ? fake_runner::failure(1, "ld: error: no") : compile(what);
    };
    write_file(root / "sources/Main.lean", std::string{"import LeanWorker -- "} + fails);
    auto result = ensure();
    EXPECT_EQ(result.error, errc::none);
    EXPECT_FALSE(result.package.executable) << fails;
    EXPECT_EQ(result.package.argv(lean).at(1), "--run");
    EXPECT_NE(all_said().find("lean --run"), std::string::npos);
  }
}

TEST_F(host_package_test, the_toolchains_hook_may_make_the_start_quick) {
  auto hook = root / "toolchain/libexec/leanworker/prepare-host";
  write_file(hook, "not a program", true);
  auto compile = fake.answer;
  fake.answer = [=](const command& what) {
    if (what.argv[0] == hook.string())
      write_file(fs::path{what.argv.at(1)} / "Main.image", "image");
    return compile(what);
  };
  auto result = ensure();
  EXPECT_EQ(result.error, errc::none);
  EXPECT_TRUE(result.package.quick_start);
  EXPECT_TRUE(ensure().package.quick_start) << "also when it was there already";
  ASSERT_EQ(fake.commands.size(), 2u);
  EXPECT_EQ(fake.commands[1].argv, (std::vector<std::string>{hook.string(), fake.commands[0].directory}));
  EXPECT_EQ(fake.commands[1].environment, fake.commands[0].environment);
}

TEST_F(host_package_test, a_hook_that_fails_costs_only_the_quick_start) {
  auto hook = root / "toolchain/libexec/leanworker/prepare-host";
  write_file(hook, "not a program", true);
  fake.answer = [=](const command& what) {
    return what.argv[0] == hook.string() ? fake_runner::failure(5, "no image today") : fake_runner::success();
  };
  auto result = ensure();
  EXPECT_EQ(result.error, errc::none) << result.message;
  EXPECT_FALSE(result.package.quick_start);
  EXPECT_NE(all_said().find("no image today"), std::string::npos) << all_said();
}

TEST_F(host_package_test, a_hook_that_is_not_executable_is_none) {
  write_file(root / "toolchain/libexec/leanworker/prepare-host", "", false);
  EXPECT_EQ(ensure().error, errc::none);
  EXPECT_EQ(fake.commands.size(), 1u);
}

TEST_F(host_package_test, a_builder_that_was_overtaken_takes_the_other_ones_result) {
  auto compile = fake.answer;
  std::string winner;
  fake.answer = [&](const command& what) {
    auto key = fs::path{what.directory}.filename().string();
    winner = (root / "cache/hosts" / key.substr(7, 16)).string();
    write_file(fs::path{winner} / "Main.lean", "by the other one");
    return compile(what);
  };
  auto result = ensure();
  EXPECT_EQ(result.error, errc::none) << result.message;
  EXPECT_EQ(result.package.folder, winner);
  EXPECT_EQ(builds().size(), 1u);
}

} // namespace
} // namespace leanworker
