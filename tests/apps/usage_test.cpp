// SPDX-License-Identifier: Apache-2.0
// Wrong command lines: each says which option, what was given, what is allowed, and the nearest name.
#include "options.hpp"
#include "usage.hpp"

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

namespace leanworker::cli {
namespace {

struct parsed {
  std::string problem; ///< Empty: it was right.
  check_options check;
  run_options run;
};

parsed parse(const std::vector<std::string>& words) {
  parsed out;
  doctor_options doctor;
  CLI::App program{"", "leanworker"};
  program.require_subcommand(1);
  add_check(program, out.check);
  add_run(program, out.run);
  add_doctor(program, doctor);
  auto reversed = std::vector<std::string>{words.rbegin(), words.rend()};
  try {
    program.parse(reversed);
  } catch (const CLI::ParseError& error) {
    out.problem = usage_problem(program, error, words);
  }
  return out;
}

TEST(usage, a_wrong_command_line_is_told_with_place_value_and_what_is_allowed) {
  struct {
    std::vector<std::string> words;
    std::vector<const char*> told;
  } const rows[] = {
    {{"chek", "a.lean"}, {"'chek'", "did you mean check", "check, run, doctor"}},
    {{"frobnicate"}, {"'frobnicate'", "check, run, doctor"}},
    {{}, {"a command is wanted", "check, run, doctor"}},
    {{"--jobs", "2", "check", "a.lean"}, {"--jobs is no option of leanworker itself", "behind a command", "check, run, doctor"}},
    {{"check", "-x", "a.lean"}, {"no option -x"}},
    {{"check", "--json=maybe", "a.lean"}, {"--json takes no value, and 'maybe' was given"}},
    {{"check", "--axioms=3", "a.lean"}, {"--axioms takes no value", "'3'"}},
    {{"check", "--color", "red", "a.lean"}, {"--color", "'red'", "auto, always, never"}},
    {{"check", "--fail-on", "warnings", "a.lean"}, {"--fail-on", "'warnings'", "error, warning, axiom", "did you mean warning?"}},
    {{"check", "--timeout", "5", "a.lean"}, {"--timeout", "'5' has no unit", "5s"}},
    {{"check", "--timeout", "5x", "a.lean"}, {"--timeout", "'x'", "ms, s, m, h"}},
    {{"check", "--timeout", "0s", "a.lean"}, {"--timeout", "too short"}},
    {{"check", "--timeout", "9999h", "a.lean"}, {"--timeout", "too long", "168h"}},
    {{"check", "--timeout", "-5s", "a.lean"}, {"--timeout"}},
    {{"run", "extract", "extract", "--import-timeout", "soon"}, {"--import-timeout", "'soon' is no duration"}},
    {{"check", "--tmeout", "5s", "a.lean"}, {"--tmeout", "did you mean --timeout"}},
    {{"check", "--jason", "a.lean"}, {"--jason", "did you mean --json"}},
    {{"check", "--jobs", "0", "a.lean"}, {"--jobs", "0", "1", "256"}},
    {{"check", "--jobs", "many", "a.lean"}, {"--jobs", "'many' is no whole number from 1 to 256"}},
    {{"check", "--heartbeats", "-1", "a.lean"}, {"--heartbeats", "-1"}},
    {{"check", "--path", "/no/such/folder", "a.lean"}, {"--path", "'/no/such/folder' is no folder"}},
    {{"check", "--path", "/tmp:/no/such/folder", "a.lean"}, {"--path", "'/no/such/folder' is no folder"}},
    {{"check", "--fail-on", "everything", "a.lean"}, {"--fail-on", "everything", "warning"}},
    {{"check", "--log-level", "loud", "a.lean"}, {"--log-level", "loud", "info"}},
    {{"check"}, {"inputs"}},
    {{"run", "extract"}, {"command"}},
    {{"doctor", "--tre"}, {"--tre", "did you mean --tree"}},
  };
  for (const auto& row : rows) {
    auto problem = parse(row.words).problem;
    ASSERT_FALSE(problem.empty()) << testing::PrintToString(row.words);
    for (auto part : row.told)
      EXPECT_NE(problem.find(part), std::string::npos) << part << " in: " << problem;
  }
}

TEST(usage, an_option_takes_one_value_and_leaves_the_rest) {
  auto p = parse({"check", "--path", "/tmp", "a.lean"});
  EXPECT_EQ(p.problem, "");
  EXPECT_EQ(p.check.paths, std::vector<std::string>{"/tmp"});
  EXPECT_EQ(p.check.inputs, std::vector<std::string>{"a.lean"});
  p = parse({"check", "--imports", "Init,Std", "a.lean", "b.lean"});
  EXPECT_EQ(p.problem, "");
  EXPECT_EQ(p.check.imports, (std::vector<std::string>{"Init", "Std"}));
  EXPECT_EQ(p.check.inputs.size(), 2u);
}

TEST(usage, several_folders_may_be_joined_or_repeated) {
  auto p = parse({"check", "--path", "/tmp:/usr", "--path", "/", "a.lean"});
  EXPECT_EQ(p.problem, "");
  EXPECT_EQ(p.check.paths, (std::vector<std::string>{"/tmp", "/usr", "/"}));
}

TEST(usage, durations_have_units) {
  EXPECT_EQ(parse({"check", "--timeout", "300ms", "a.lean"}).check.timeout, std::chrono::milliseconds{300});
  EXPECT_EQ(parse({"check", "--timeout", "2m", "a.lean"}).check.timeout, std::chrono::minutes{2});
  EXPECT_EQ(parse({"check", "--timeout", "168h", "a.lean"}).check.timeout, std::chrono::hours{168});
}

TEST(nearest, only_what_is_near) {
  EXPECT_EQ(nearest("chek", {"check", "run"}), "check");
  EXPECT_EQ(nearest("zzzzzzzz", {"check", "run"}), "");
}

} // namespace
} // namespace leanworker::cli
