// SPDX-License-Identifier: Apache-2.0
#include "surroundings.hpp"

namespace leanworker::testing {
namespace {

/// Wrong command lines, as the command itself answers them.
struct usage : surroundings {};

TEST_F(usage, what_is_wrong_is_named_on_standard_error_with_exit_code_2_and_nothing_is_started) {
  write("a.lean", "");
  write("no.json", "{bad");
  struct {
    const char* arguments;
    std::vector<const char*> told;
  } const rows[] = {
    {"chek a.lean", {"'chek'", "did you mean check?"}},
    {"--jobs 2 check a.lean", {"--jobs is no option of leanworker itself"}},
    {"check", {"inputs is required"}},
    {"check a.lean b.lean", {"b.lean: no such file or folder"}},
    {"check ''", {"'': no such file or folder"}},
    {"check \"$(printf 'a\\033[31m\\nb')\"", {"a\\x1b[31m\\nb: no such file or folder"}},
    {"check --timeout 5 a.lean", {"--timeout: '5' has no unit", "5s"}},
    {"check --timeout 3weeks a.lean", {"--timeout", "'weeks'", "ms, s, m, h"}},
    {"check --jobs many a.lean", {"--jobs: 'many' is no whole number from 1 to 256"}},
    {"check --jobs 1.5 a.lean", {"'1.5' is no whole number"}},
    {"check --jsn a.lean", {"--jsn", "did you mean --json?"}},
    {"check --path nowhere a.lean", {"--path: 'nowhere' is no folder"}},
    {"check --imports '' a.lean", {"--imports: '' is no module name"}},
    {"check --imports No.Such a.lean", {"--imports: there is no module No.Such", "--path"}},
    {"check --fail-on warnings a.lean", {"'warnings' is none of error, warning, axiom; did you mean warning?"}},
    {"run X", {"command is required"}},
    {"run X y --request '{bad'", {"--request", "at byte 1"}},
    {"run X y --request @no.json", {"no JSON", "at byte 1"}},
    {"run X y --request @nowhere.json", {"nowhere.json", "No such file"}},
    {"run X y --split k", {"--split", "KEY=a,b,c"}},
    {"run nowhere.lean y", {"nowhere.lean", "No such file"}},
    {"doctor --tre", {"did you mean --tree?"}},
  };
  for (const auto& row : rows) {
    auto done = run(std::string{"exec " LEANWORKER_PROGRAM " "} + row.arguments + (row.arguments[0] == '-' ? "" : " --sysroot toolchain"));
    EXPECT_EQ(done.out, "") << row.arguments;
    EXPECT_EQ(done.code, 2) << row.arguments << "\n" << done.str();
    EXPECT_TRUE(done.err.starts_with("leanworker: ")) << done.err;
    for (auto part : row.told)
      EXPECT_NE(done.err.find(part), std::string::npos) << row.arguments << "\n" << done.err;
  }
  EXPECT_FALSE(exists("notes/started"));
}

} // namespace
} // namespace leanworker::testing
