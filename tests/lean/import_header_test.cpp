// SPDX-License-Identifier: Apache-2.0
#include <leanworker/lean/import_header.hpp>

#include <gtest/gtest.h>

namespace leanworker {
namespace {

using names = std::vector<std::string>;

TEST(import_header, imports_are_found_with_their_modifiers_and_without_their_surroundings) {
  struct {
    const char* what;
    std::string_view source;
    names imports;
  } rows[] = {
    {"nothing at all", "", {}},
    {"no header", "theorem t : 1 = 1 := rfl", {}},
    {"one", "import Init", {"Init"}},
    {"several, in order", "import B\nimport A\n\ndef x := 1", {"B", "A"}},
    {"on one line", "import A import B", {"A", "B"}},
    {"name on the next line", "import\n  A", {"A"}},
    {"CRLF", "import A\r\nimport B\r\ndef x := 1\r\n", {"A", "B"}},
    {"tabs and blank lines", "\n\n\timport\tA\n\n\n", {"A"}},
    {"dotted and quoted names", "import Std.Data.HashMap\nimport \u00ABmy-lib\u00BB.X", {"Std.Data.HashMap", "\u00ABmy-lib\u00BB.X"}},
    {"line comments", "-- import Z\nimport A -- import Y\n--\nimport B", {"A", "B"}},
    {"a line comment at the very end", "import A --", {"A"}},
    {"block comments", "/- import Z -/ import A /- import Y -/\n/- \n -/ import B", {"A", "B"}},
    {"nested block comments", "/- a /- import Z -/ import Y -/ import A", {"A"}},
    {"two dashes inside a block comment", "/- -- -/ import A", {"A"}},
    {"a block comment opened in a line comment", "-- /-\nimport A", {"A"}},
    {"an unclosed block comment", "import A\n/- import B", {"A"}},
    {"an unclosed nested one", "/- /- -/ import A", {}},
    {"a licence", "/-\nCopyright (c) 2024. All rights reserved.\n-/\nimport A", {"A"}},
    {"module and prelude", "module\nprelude\nimport A", {"module", "prelude", "A"}},
    {"modifiers", "public import A\nmeta import B\npublic meta import C\nprivate import D\nimport all E\npublic import all F",
     {"public A", "meta B", "public meta C", "private D", "all E", "public all F"}},
    {"a modifier that begins a declaration", "import A\npublic def x := 1", {"A"}},
    {"imports after the header do not count", "import A\ndef x := 1\nimport B", {"A"}},
    {"a word that only begins like import", "importance A", {}},
    {"a name that is a keyword's beginning", "import all.X", {"all.X"}},
    {"a doc comment opens no header", "/-- about x -/ import A", {}},
    {"a module doc ends the header", "import A\n/-! # Title -/\nimport B", {"A"}},
    {"import without a name", "import", {}},
  };
  for (const auto& row : rows)
    EXPECT_EQ(scan_import_header(row.source), row.imports) << row.what;
}

TEST(session_imports, equal_for_headers_that_differ_in_form_only) {
  auto key = session_imports("import A\nimport B", {});
  EXPECT_EQ(session_imports("/- c -/ import A -- d\r\n\r\nimport B\ndef x := 1", {}), key);
  EXPECT_EQ(key, (std::vector<std::string>{"A", "B"}));
}

TEST(session_imports, different_where_the_session_is) {
  auto key = session_imports("import A\nimport B", {});
  EXPECT_NE(session_imports("import B\nimport A", {}), key) << "order counts";
  EXPECT_NE(session_imports("import A", {}), key);
  EXPECT_NE(session_imports("module\nimport A\nimport B", {}), key);
  EXPECT_NE(session_imports("public import A\nimport B", {}), key);
}

TEST(session_imports, the_default_imports_stand_in_for_a_missing_header_only) {
  EXPECT_EQ(session_imports("def x := 1", {"Init", "Std"}), (std::vector<std::string>{"Init", "Std"}));
  EXPECT_EQ(session_imports("def x := 1", {"Init", "Std"}), session_imports("import Init\nimport Std", {}));
  EXPECT_EQ(session_imports("import A", {"Init", "Std"}), std::vector<std::string>{"A"});
  EXPECT_TRUE(session_imports("def x := 1", {}).empty());
}

} // namespace
} // namespace leanworker
