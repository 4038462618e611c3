// SPDX-License-Identifier: Apache-2.0
#include "lean_command.hpp"

#include <gtest/gtest.h>

using namespace leanworker;
using namespace leanworker::testing;

namespace {

/// One source and what `check` must say about it.
struct sample {
  const char* name;
  const char* source;
  const char* verdict;
  const char* text; ///< Must occur in its record.
};

// One run checks them all, so that every kind of failure happens beside work that must go on.
const sample samples[] = {
  {"right.lean", "theorem t (a b : Nat) : a + b = b + a := Nat.add_comm a b\n", "accepted", R"("name":"t")"},
  {"wrong.lean", "theorem t : 1 = 2 := rfl\n", "has_errors", R"("severity":"error")"},
  {"warning.lean", "theorem t (a b : Nat) : a = a := rfl\n", "has_warnings", "unused variable"},
  {"sorry.lean", "theorem t : 1 = 2 := sorry\ntheorem u : 2 = 1 := t.symm\n", "incomplete", R"("sorry":true)"},
  {"parse_error.lean", "theorem t : := rfl\n", "has_errors", "unexpected token"},
  {"unknown_import.lean", "import No.Such.Module\ntheorem t : 1 = 1 := rfl\n", "has_errors", "unknown module prefix 'No'"},
  {"deep_recursion.lean", "partial def f (n : Nat) : Nat := f (n + 1) + 1\n#eval f 0\n", "killed_worker", "stack overflow"},
  {"leaves.lean", "#eval (IO.Process.exit 9 : IO Unit)\n", "killed_worker", R"("exit_code":9)"},
  {"endless.lean", "partial def f (n : Nat) : Nat := if n == 0 then 0 else f (n + 1)\n#eval f 1\n", "timed_out", "request_timeout"},
  {"panics.lean", "def f (a : Array Nat) : Nat := a[7]!\n#eval f #[]\n", "accepted", R"("name":"f")"},
  {"prints.lean", "#eval IO.println \"LWRK\"\n#eval IO.eprintln \"noise\"\n", "accepted", "LWRK"},
};

} // namespace

TEST(check, gives_each_way_to_end_its_own_verdict_and_goes_on) {
  LEANWORKER_NEEDS_LEAN();
  scratch_folder folder;
  for (const auto& each : samples)
    folder.write(each.name, each.source);
  auto done = check({folder.path(), "--jobs", "2", "--timeout", "10s"});
  EXPECT_EQ(done.exit_code, 1) << done.err;
  EXPECT_EQ(done.records.size(), std::size(samples));
  for (const auto& each : samples) {
    const auto& record = done.records[each.name];
    EXPECT_EQ(record.value("verdict", ""), each.verdict) << record.dump();
    EXPECT_NE(record.dump().find(each.text), std::string::npos) << each.text << " is not in " << record.dump();
  }
}

TEST(check, a_runaway_is_stopped_by_heartbeats_and_its_child_lives_on) {
  LEANWORKER_NEEDS_LEAN();
  scratch_folder folder;
  folder.write("a_runaway.lean", "example (p q r s t : Prop) : (p ∧ q ∧ r ∧ s ∧ t) = (t ∧ s ∧ r ∧ q ∧ p) := by\n  simp [and_comm, and_left_comm, and_assoc]\n  "
                                 "all_goals omega\nexample : (List.range 3000).foldl (· + ·) 0 = 4498500 := by decide\n");
  folder.write("b_right.lean", "theorem t : 1 = 1 := rfl\n");
  auto done = check({folder.path(), "--jobs", "1", "--heartbeats", "20"});
  EXPECT_EQ(done.exit_code, 1);
  const auto& record = done.records["a_runaway.lean"];
  EXPECT_EQ(record.value("verdict", ""), "has_errors") << record.dump();
  EXPECT_EQ(done.records["b_right.lean"].value("verdict", ""), "accepted");
  EXPECT_EQ(done.err.find("restart"), done.err.find("0 restarts") + 2) << done.err;
}

TEST(check, exit_codes_are_as_documented) {
  LEANWORKER_NEEDS_LEAN();
  scratch_folder folder;
  auto right = folder.write("right.lean", "theorem t : 1 = 1 := rfl\n");
  auto warning = folder.write("warning.lean", "theorem t (a b : Nat) : a = a := rfl\n");
  auto latin = folder.write("latin.lean", "-- caf\xE9\ntheorem t : 1 = 1 := rfl\n");
  EXPECT_EQ(check({right, warning}).exit_code, 0);
  EXPECT_EQ(check({right, warning, "--fail-on", "warning"}).exit_code, 1);
  EXPECT_EQ(check({folder.path() + "/absent.lean"}).exit_code, 2);
  EXPECT_EQ(check({right, "--timeout", "soon"}).exit_code, 2);
  auto unreadable = check({latin});
  EXPECT_EQ(unreadable.exit_code, 3);
  EXPECT_EQ(unreadable.records["latin.lean"].value("verdict", ""), "unreadable") << unreadable.out;
}

TEST(check, axioms_are_reported_and_library_theorems_are_counted_not_named) {
  LEANWORKER_NEEDS_LEAN();
  scratch_folder folder;
  folder.write("axioms.lean", "axiom a : 1 = 2\ntheorem t : 2 = 1 := a.symm\ntheorem c (p : Prop) : p ∨ ¬p := Classical.em p\n");
  auto done = check({folder.path(), "--axioms"});
  auto text = done.records["axioms.lean"].dump();
  EXPECT_NE(text.find(R"("axioms":["a"])"), std::string::npos) << text;
  EXPECT_NE(text.find("library_theorems_assumed"), std::string::npos) << text;
}

TEST(check, a_source_without_header_gets_the_imports_that_are_given) {
  LEANWORKER_NEEDS_LEAN();
  scratch_folder folder;
  folder.write("map.lean", "#eval (({} : Std.HashMap Nat Nat).insert 1 2).size\n");
  EXPECT_EQ(check({folder.path()}).exit_code, 1);
  EXPECT_EQ(check({folder.path(), "--imports", "Init,Std.Data.HashMap"}).exit_code, 0);
}
