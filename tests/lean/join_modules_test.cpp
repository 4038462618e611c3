// SPDX-License-Identifier: Apache-2.0
#include <leanworker/lean/internal/join_modules.hpp>

#include <gtest/gtest.h>

namespace leanworker::internal {
namespace {

TEST(join_modules, imports_come_first_and_once_then_each_body_in_a_section_of_its_own) {
  EXPECT_EQ(join_modules({"import Lean\nimport Init\nopen Lean\ndef a := 1", "import Lean\nimport Pack.A\n\ndef b := a\n"}, {"Pack.A", "Pack.B"}),
            "import Lean\nimport Init\n"
            "section\nopen Lean\ndef a := 1\nend\n"
            "section\n\ndef b := a\nend\n");
}

TEST(join_modules, imports_of_the_joined_modules_are_left_out_and_those_of_their_neighbours_are_not) {
  EXPECT_EQ(join_modules({"import Pack\nimport Pack.A.B\nimport Pack.A\nimport Other"}, {"Pack", "Pack.A"}), "import Pack.A.B\nimport Other\nsection\nend\n");
}

TEST(join_modules, nothing_joins_to_nothing) {
  EXPECT_EQ(join_modules({}, {"Pack"}), "");
  EXPECT_EQ(join_modules({""}, {"Pack"}), "section\nend\n");
}

TEST(join_modules, the_word_import_inside_a_line_is_text) {
  EXPECT_EQ(join_modules({"-- import Lean\n  import Lean"}, {"Pack"}), "section\n-- import Lean\n  import Lean\nend\n");
}

} // namespace
} // namespace leanworker::internal
