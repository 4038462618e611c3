// SPDX-License-Identifier: Apache-2.0
#include <leanworker/lean/main_module.hpp>

#include <gtest/gtest.h>

namespace leanworker {
namespace {

using parts = std::vector<std::string>;

TEST(main_module, is_the_path_below_the_folder_without_the_ending) {
  struct {
    const char* file;
    const char* folder;
    parts expected;
  } rows[] = {{"/w/Here/Name.lean", "/w", {"Here", "Name"}}, {"/w/Name.lean", "/w", {"Name"}},        {"/w/Name.lean", "/", {"w", "Name"}},
              {"/w/a b.c.lean", "/w", {"a b.c"}},            {"/other/Name.lean", "/w", {}},          {"/www/Name.lean", "/w", {}},
              {"/w/.lean", "/w", {".lean"}},                 {"/w/a.b/Name.lean", "/w", {"a.b", "Name"}}};
  for (const auto& row : rows)
    EXPECT_EQ(main_module_of(row.file, row.folder), row.expected) << row.file << " in " << row.folder;
}

TEST(module_file, is_a_path_or_nothing) {
  EXPECT_EQ(module_file("Init"), "Init.olean");
  EXPECT_EQ(module_file("Foo.Bar"), "Foo/Bar.olean");
  for (auto none : {"", ".", "Foo.", ".Foo", "Foo..Bar", "Foo/Bar", "Foo Bar"})
    EXPECT_EQ(module_file(none), "") << none;
}

} // namespace
} // namespace leanworker
