// SPDX-License-Identifier: Apache-2.0
// `leanworker check` over generated files against one `bin/lean` process per file, in the same run: files per second and their ratio.
// Snippets on warm workers against a plain loop over Lean's frontend, and where their time goes.
#include "samples.hpp"
#include "setup.hpp"
#include "snippet_figures.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>

using namespace leanworker;
using steady = std::chrono::steady_clock;

namespace {

namespace fs = std::filesystem;

/// A definition, a theorem by `omega` and one by `simp`, and an `#eval`: what a snippet of a data set looks like.
void write_file(const fs::path& folder, int number) {
  std::ofstream{folder / fmt::format("file{:04}.lean", number)} << fmt::format(
    "def f{0} (n : Nat) : Nat := n + {0}\n"
    "theorem t{0} (a b : Nat) : f{0} a + b = a + (b + {0}) := by\n  unfold f{0}; omega\n"
    "theorem s{0} (xs : List Nat) : (xs ++ []).length = xs.length := by simp\n"
    "#eval f{0} 1\n",
    number);
}

struct outcome {
  double seconds = 0;
  bool good = false;
};

outcome run_pool(const lean_setup& setup, const fs::path& folder, int jobs) {
  auto begin = steady::now();
  auto done = make_runner(setup.host)({{LEANWORKER_PROGRAM, "check", "--quiet", "--sysroot", setup.lean.sysroot, "--jobs", std::to_string(jobs), folder.string()},
                                            {{"LEANWORKER_CACHE", cache_folder()}}, {}, std::chrono::minutes{30}});
  if (!done.ok())
    fmt::print(stderr, "{}\n{}\n", done.exit.str(), done.err);
  return {bench::seconds_since(begin), done.ok()};
}

/// One process per file, `jobs` at a time.
outcome run_alone(const lean_setup& setup, const std::vector<fs::path>& files, int jobs) {
  auto begin = steady::now();
  std::atomic<std::size_t> next{0};
  std::atomic<bool> good{true};
  auto work = [&] {
    auto runner = make_runner(setup.host);
    for (auto i = next.fetch_add(1); i < files.size(); i = next.fetch_add(1))
      if (!runner({{setup.lean.lean(), files[i].string()}, {}, {}, std::chrono::minutes{2}}).ok())
        good = false;
  };
  std::vector<std::future<void>> lanes;
  for (int i = 0; i < jobs; ++i)
    lanes.push_back(std::async(std::launch::async, work));
  for (auto& lane : lanes)
    lane.wait();
  return {bench::seconds_since(begin), good};
}

void print_rate(const char* name, std::size_t files, const outcome& done) {
  fmt::print("{:<44} {:>5} files {:>8.1f} s {:>8.2f} files/s\n", name, files, done.seconds, static_cast<double>(files) / done.seconds);
}

struct options {
  int files = 200;
  int alone = 20;
  int jobs = 2;
  int snippets = 200;
  std::uint64_t seed = 1;
  std::vector<std::string> imports{"Init"};
  bool only_snippets = false;
  bool fresh = false;
  bool phases = false;
  std::string sysroot;
};

bool run_files(const lean_setup& setup, int files, int alone, int jobs) {
  auto pattern = (fs::temp_directory_path() / "leanworker-bench-XXXXXX").string();
  fs::path folder{::mkdtemp(pattern.data())};
  for (int i = 0; i < files; ++i)
    write_file(folder, i);
  std::vector<fs::path> some;
  for (const auto& entry : fs::directory_iterator{folder})
    some.push_back(entry.path());
  std::sort(some.begin(), some.end());
  some.resize(std::min(some.size(), static_cast<std::size_t>(alone)));
  auto one = run_alone(setup, some, 1), many = run_alone(setup, some, jobs), pool = run_pool(setup, folder, jobs);
  fs::remove_all(folder);
  print_rate("bin/lean, a process per file, one at a time", some.size(), one);
  print_rate(fmt::format("bin/lean, a process per file, {} at a time", jobs).c_str(), some.size(), many);
  print_rate(fmt::format("leanworker check, {} workers, start included", jobs).c_str(), static_cast<std::size_t>(files), pool);
  auto rate = [](std::size_t n, const outcome& o) { return static_cast<double>(n) / o.seconds; };
  auto ours = rate(static_cast<std::size_t>(files), pool);
  fmt::print("ratio to one at a time: {:.1f}; to {} at a time: {:.1f}\n", ours / rate(some.size(), one), jobs, ours / rate(some.size(), many));
  return one.good && many.good && pool.good;
}

bool run_snippets(const lean_setup& setup, const options& wanted, const std::string& import) {
  auto snippets = bench::make_snippets(static_cast<std::size_t>(wanted.snippets), wanted.seed, import);
  bool good = bench::compare_with_plain_loop(setup, snippets, import, static_cast<unsigned>(wanted.jobs));
  good = (!wanted.fresh || bench::print_first_snippets(setup, snippets, import)) && good;
  return (!wanted.phases || bench::print_phases(setup, snippets, import)) && good;
}

int run(const options& wanted) {
  lean_setup setup;
  cli::common_options common;
  common.sysroot = wanted.sysroot;
  if (!cli::set_up_lean(common, setup))
    return 3;
  bool good = wanted.only_snippets || run_files(setup, wanted.files, wanted.alone, wanted.jobs);
  try {
    for (const auto& import : wanted.imports)
      good = run_snippets(setup, wanted, import) && good;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_check: {}\n", error.what());
    return 1;
  }
  return good ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App program{"Measures check against one Lean process per file, and against a plain loop over Lean's frontend"};
  options wanted;
  program.add_option("--files", wanted.files, "Generated files for leanworker")->check(CLI::PositiveNumber)->capture_default_str();
  program.add_option("--alone", wanted.alone, "How many of them go through bin/lean alone")->check(CLI::PositiveNumber)->capture_default_str();
  program.add_option("--jobs", wanted.jobs, "At a time")->check(CLI::PositiveNumber)->capture_default_str();
  program.add_option("--snippets", wanted.snippets, "Generated snippets")->check(CLI::PositiveNumber)->capture_default_str();
  program.add_option("--seed", wanted.seed, "Of the snippets")->capture_default_str();
  program.add_option("--import", wanted.imports, "What the snippets import; several, one after the other")->capture_default_str();
  program.add_flag("--only-snippets", wanted.only_snippets, "No files");
  program.add_flag("--fresh", wanted.fresh, "Also what the first snippets cost in a fresh child");
  program.add_flag("--phases", wanted.phases, "Also where a check's time goes");
  program.add_option("--sysroot", wanted.sysroot, "Toolchain (default: as leanworker finds it)");
  CLI11_PARSE(program, argc, argv);
  if (auto given = std::getenv("LEANWORKER_TEST_SYSROOT"); wanted.sysroot.empty() && given)
    wanted.sysroot = given;
  return run(wanted);
}
