// SPDX-License-Identifier: Apache-2.0
// random_lives: random lives of a supervised pool on scripted children in virtual time, as many as one likes, each checked against the invariants of docs/TESTING.md.
#include <leanworker/harness/random_life.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>

#include <unistd.h>

namespace {

struct options {
  unsigned first = 1;
  std::uint64_t count = 10'000;
  unsigned steps = 60;
  bool story = false;
  bool json = false;
};

std::uint64_t run(const options& wanted, std::map<std::string, std::uint64_t>& codes) {
  std::uint64_t failed = 0;
  for (std::uint64_t i = 0; i < wanted.count && failed < 3; ++i) {
    auto seed = static_cast<unsigned>(wanted.first + i);
    leanworker::harness::random_life life{seed, wanted.steps};
    bool good = life.live();
    for (const auto& [code, count] : life.codes)
      codes[code] += static_cast<std::uint64_t>(count);
    if (!good || wanted.story)
      fmt::print("seed {}: {}{}\nreplay: random_lives --first {} --count 1 --steps {} --story\n", seed, good ? "in order" : life.problem(),
                 life.story(), seed, wanted.steps);
    failed += good ? 0 : 1;
    if (i % 1000 == 999 && ::isatty(STDERR_FILENO) != 0)
      fmt::print(stderr, "\r{} lives", i + 1);
  }
  return failed;
}

} // namespace

int main(int argc, char** argv) {
  options wanted;
  CLI::App app{"Random lives of a pool, checked against the invariants. A failing seed prints its story. Exit code: 0 all in order, 1 not, 2 usage.", "random_lives"};
  app.add_option("--first", wanted.first, "The first seed")->capture_default_str();
  app.add_option("--count", wanted.count, "How many lives")->capture_default_str();
  app.add_option("--steps", wanted.steps, "Random steps per life")->capture_default_str();
  app.add_flag("--story", wanted.story, "Print the story of every life");
  app.add_flag("--json", wanted.json, "One JSON line at the end instead of text");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  auto begun = std::chrono::steady_clock::now();
  std::map<std::string, std::uint64_t> codes;
  auto failed = run(wanted, codes);
  auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  if (wanted.json) {
    fmt::print(R"({{"lives":{},"failed":{},"seconds":{:.1f}}})" "\n", wanted.count, failed, seconds);
  } else {
    for (const auto& [code, count] : codes)
      fmt::print("{:>10}  {}\n", count, code);
    fmt::print("{} lives in {:.1f} s, {} failed\n", wanted.count, seconds, failed);
  }
  return failed == 0 ? 0 : 1;
}
