// SPDX-License-Identifier: Apache-2.0
// What `check` says of sources that try to pass for more than they are, or that need care to be judged right. One command checks a whole table.
#include "lean_command.hpp"

#include <gtest/gtest.h>

#include <filesystem>

using namespace leanworker;
using namespace leanworker::testing;
using json = nlohmann::json;

namespace {

struct sample {
  const char* name;
  const char* source;
  const char* verdict;
  std::vector<const char*> texts; ///< Each must occur in its record.
  const char* absent = nullptr;   ///< Must not occur there.
};

void expect_each(const command_outcome& done, const std::vector<sample>& samples) {
  EXPECT_EQ(done.records.size(), samples.size()) << done.err;
  for (const auto& each : samples) {
    auto found = done.records.find(each.name);
    ASSERT_NE(found, done.records.end()) << each.name;
    auto text = found->second.dump();
    EXPECT_EQ(found->second.value("verdict", ""), each.verdict) << text;
    for (auto part : each.texts)
      EXPECT_NE(text.find(part), std::string::npos) << part << " is not in " << text;
    if (each.absent) {
      EXPECT_EQ(text.find(each.absent), std::string::npos) << each.absent << " is in " << text;
    }
  }
}

/// One child, and deadlines that a crowded machine keeps: imports of Lean take a minute there.
command_outcome check_patiently(std::vector<std::string> arguments, const std::string& directory = {}) {
  arguments.insert(arguments.end(), {"--jobs", "1", "--timeout", "3m", "--import-timeout", "3m"});
  return check(arguments, directory);
}

void compile(const scratch_folder& folder, const std::string& module, const std::string& source) {
  folder.write(module + ".lean", source);
  auto runner = make_runner(std::make_shared<host_thread>());
  auto done = runner({{test_sysroot() + "/bin/lean", "-o", module + ".olean", module + ".lean"}, {{"LEAN_PATH", folder.path()}}, folder.path(),
                      std::chrono::minutes{4}});
  ASSERT_TRUE(done.ok()) << done.out << done.err;
}

const std::vector<sample> hidden = {
  {"warning_off.lean", "set_option warn.sorry false\nexample : 1 = 2 := sorry\n", "incomplete", {R"("what":"hidden_sorry")", R"("line":2)"}},
  {"warning_off_in.lean", "set_option warn.sorry false in\nexample : 1 = 2 := by sorry\n", "incomplete", {"hidden_sorry"}},
  {"dropped.lean", "#guard_msgs (drop all) in\nexample : 1 = 2 := sorry\n", "incomplete", {"hidden_sorry"}},
  {"by_a_lemma.lean", "set_option warn.sorry false\ntheorem t : 1 = 2 := sorry\nexample : 2 = 1 := t.symm\n", "incomplete", {R"("sorry":true)"}},
  {"put_back.lean",
   "import Lean\nopen Lean Elab\nelab \"quiet \" c:command : command => do\n  let env ← getEnv\n  Command.elabCommand c\n  setEnv env\n"
   "set_option warn.sorry false\nquiet theorem taken : 1 = 2 := sorry\n",
   "incomplete", {R"("name":"taken")"}},
  {"put_back_later.lean",
   "import Lean\nopen Lean Elab\nset_option warn.sorry false\ntheorem taken : 1 = 2 := sorry\n"
   "run_cmd do setEnv (← importModules #[{ module := `Init }] {})\n",
   "incomplete", {R"("name":"taken")", R"("line":5)"}},
  {"expected_error.lean", "#guard_msgs (drop all) in\nexample : 1 = 2 := rfl\n", "accepted", {"hidden_error"}},
  {"told.lean", "example : 1 = 2 := sorry\n", "incomplete", {"declaration uses"}, "hidden_sorry"},
  {"right.lean", "theorem t : 1 = 1 := rfl\nexample : 1 = 1 := t\n", "accepted", {R"("trust":[])"}},
};

/// 1.2 MB of output, and more messages than there is room for, before what counts.
const std::vector<sample> drowned = {
  {"long.lean", "#eval String.join (List.replicate 120000 \"0123456789\")\ntheorem wrong : 1 = 2 := rfl\n", "has_errors",
   {R"("messages_truncated":true)", R"("severity":"error")", "Not a definitional equality"}},
  {"many.lean",
   "import Lean\nopen Lean Elab Command\nrun_cmd for i in [0:1500] do logInfo m!\"info {i}\"\ntheorem unused (a b : Nat) : a = a := rfl\ntheorem wrong : 1 = "
   "2 := rfl\n",
   "has_errors",
   {R"("counts":{"error":2,"info":1500,"warning":1})", R"("messages_truncated":true)", "Not a definitional equality", "unused variable"}},
  {"places.lean",
   "import Lean\nopen Lean Elab Command\nrun_cmd modify fun s => { s with messages := s.messages.add { fileName := \"\", pos := ⟨4294967296 + 7, 2^80⟩, "
   "data := \"far\" } }\n",
   "has_errors", {R"("line":4294967303)", R"("column":9007199254740991)"}},
  {"silent.lean", "import Lean\nopen Lean Elab Command\nrun_cmd logAt .missing \"kept silent\" .error (isSilent := true)\n", "has_errors", {"kept silent"}},
  {"cancels.lean",
   "import Lean\nopen Lean Elab Command\nrun_cmd if let some t := (← read).cancelTk? then t.set\ntheorem t : 1 = 1 := rfl\n", "has_errors",
   {"leanworker.cancelled", R"("line":3)"}},
  {"after.lean", "theorem t : 1 = 1 := rfl\n", "accepted", {R"("name":"t")"}},
};

const std::vector<sample> trusted = {
  {"axioms.lean", "axiom a : 1 = 2\naxiom «Classical.choice» : 1 = 3\nprivate axiom hidden : 1 = 4\ntheorem t : 1 = 2 := a\n", "accepted",
   {R"({"line":1,"name":"a","what":"axiom"})", R"("name":"«Classical.choice»")", R"(_private._stdin.0.hidden)"}},
  {"code.lean",
   "opaque o : Nat\nunsafe def u : Nat := 1\npartial def p (n : Nat) : Nat := p (n + 1)\ndef slow (n : Nat) : Nat := n\n"
   "@[implemented_by slow] def fast (n : Nat) : Nat := n\n@[extern \"c_fun\"] def ext (n : Nat) : Nat := n\n",
   "accepted",
   {R"("name":"o","what":"opaque")", R"("name":"u","what":"unsafe")", R"("name":"fast","what":"implemented_by")", R"("name":"ext","what":"extern")"},
   R"("name":"p","what")"},
  {"native.lean", "theorem t : 10 = 10 := by native_decide\n", "accepted", {R"("name":"t","what":"native")"}},
  {"omega.lean", "theorem t (a b : Nat) : a + b = b + a := by omega\n", "accepted", {R"("axioms":[])", R"("trust":[])"}, "Nat.gcd"},
  {"unchecked.lean",
   "import Lean\nopen Lean Elab Command\nrun_cmd\n  let decl := Declaration.thmDecl { name := `wrong, levelParams := [], type := mkConst ``False, value := "
   "mkConst ``True.intro }\n  match (← getEnv).addDeclCore 0 decl none (doCheck := false) with\n  | .ok env => setEnv env\n  | .error _ => throwError "
   "\"no\"\ntheorem bad : False := wrong\n",
   "has_errors", {"leanworker.recheck", "'wrong' has type"}},
  {"skips.lean", "set_option debug.skipKernelTC true\ntheorem t : 1 = 1 := rfl\n", "accepted", {R"("trust":[])"}},
};

const std::vector<sample> imported = {
  {"uses_sorry.lean", "import Unfinished\ntheorem mine : 3 + 5 = 5 + 3 := swap 3 5\n", "incomplete", {R"("sorry":true)"}},
  {"uses_axiom.lean", "import Unfinished\ntheorem mine : 1 = 2 := made_up\n", "accepted", {R"("name":"made_up","what":"imported_axiom")"}},
  {"uses_neither.lean", "import Unfinished\ntheorem mine : 1 = 1 := fine\n", "accepted", {R"("sorry":false)", R"("trust":[])"}},
  {"in_an_example.lean", "import Unfinished\nexample : 3 + 5 = 5 + 3 := swap 3 5\n", "incomplete", {"hidden_sorry"}},
  {"between_modules.lean", "module\nimport Sealed\ntheorem mine : 3 + 5 = 5 + 3 := Sealed.swap 3 5\n", "accepted",
   {R"("name":"Sealed.swap","what":"not_seen")", R"("not_seen":["Sealed.swap"])", R"("library_theorems_assumed":0)"}},
};

} // namespace

TEST(verdict, a_sorry_that_nobody_is_told_of_is_found) {
  LEANWORKER_NEEDS_LEAN();
  scratch_folder folder;
  for (const auto& each : hidden)
    folder.write(each.name, each.source);
  auto done = check_patiently({folder.path()});
  EXPECT_EQ(done.exit_code, 1);
  expect_each(done, hidden);
}

TEST(verdict, no_error_is_left_out_for_what_weighs_less_and_no_file_judges_itself) {
  LEANWORKER_NEEDS_LEAN();
  scratch_folder folder;
  std::vector<std::string> arguments;
  for (const auto& each : drowned)
    arguments.push_back(folder.write(each.name, each.source));
  auto done = check_patiently(arguments);
  EXPECT_EQ(done.exit_code, 1) << done.out;
  expect_each(done, drowned);
}

TEST(verdict, a_file_is_the_module_that_lean_takes_it_for) {
  LEANWORKER_NEEDS_LEAN();
  scratch_folder folder;
  std::filesystem::create_directory(folder.path() + "/Here");
  // A panic tells the module that it came from.
  auto file = folder.write("Here/A b.c.lean", "def f (n : Nat) : Nat := if n = 0 then panic! \"none\" else n\n#eval f 0\n");
  for (const auto& directory : {folder.path(), std::string{"/usr"}}) {
    auto done = check_patiently({file}, directory);
    auto lean = lean_messages(file, {}, directory);
    const auto& ours = done.records["A b.c.lean"]["messages"];
    ASSERT_EQ(ours.size(), lean.size()) << done.out;
    for (std::size_t i = 0; i < lean.size(); ++i)
      EXPECT_EQ(ours[i]["text"], lean[i]["data"]) << directory;
  }
}

TEST(verdict, what_lean_said_before_a_death_or_a_deadline_is_kept_with_the_place) {
  LEANWORKER_NEEDS_LEAN();
  scratch_folder folder;
  folder.write("exits.lean", "theorem wrong : 1 = 2 := rfl\n#eval IO.println \"before\"\n\n#eval (IO.Process.exit 7 : IO Unit)\n");
  folder.write("endless.lean", "#lang lean4\ntheorem wrong : 1 = 2 := rfl\npartial def f (n : Nat) : Nat := if n == 0 then 0 else f (n + 1)\n  #eval f 1\n");
  auto done = check({folder.path(), "--jobs", "1", "--timeout", "20s", "--import-timeout", "3m"});
  for (auto [name, verdict, line, column] : {std::tuple{"exits.lean", "killed_worker", 4, 0}, std::tuple{"endless.lean", "timed_out", 4, 2}}) {
    const auto& record = done.records[name];
    EXPECT_EQ(record.value("verdict", ""), verdict) << record.dump();
    EXPECT_EQ(record.value("partial", false), true) << record.dump();
    EXPECT_NE(record["messages"].dump().find("Not a definitional equality"), std::string::npos) << record.dump();
    EXPECT_EQ(record["stopped_at"], (json{{"line", line}, {"column", column}})) << record.dump();
  }
}

TEST(verdict, imports_that_cannot_be_are_one_error_of_usage) {
  LEANWORKER_NEEDS_LEAN();
  scratch_folder folder;
  auto a = folder.write("a.lean", "theorem t : 1 = 1 := rfl\n"), b = folder.write("b.lean", "");
  for (auto wrong : {"Foo", "", "Init..Data", "-"}) {
    auto done = run_tool({"check"}, {a, b, "--imports", wrong});
    EXPECT_EQ(done.exit_code, 2) << wrong << done.out;
    EXPECT_EQ(done.out, "") << wrong;
  }
  EXPECT_EQ(run_tool({"check"}, {a, b, "--heartbeats", "-1"}).exit_code, 2);
}

TEST(verdict, what_the_kernel_does_not_vouch_for_is_told) {
  LEANWORKER_NEEDS_LEAN();
  scratch_folder folder;
  std::vector<std::string> arguments{"--axioms"};
  for (const auto& each : trusted)
    arguments.push_back(folder.write(each.name, each.source));
  expect_each(check_patiently(arguments), trusted);
  // On the line for people, and as a reason to reject; code that runs otherwise than it reads proves nothing wrong.
  auto text = run_tool({"check"}, {folder.path() + "/axioms.lean", "--jobs", "1", "--fail-on", "axiom"});
  EXPECT_EQ(text.exit_code, 1) << text.out;
  EXPECT_NE(text.out.find("declares axiom a, «Classical.choice»"), std::string::npos) << text.out;
  EXPECT_EQ(run_tool({"check"}, {folder.path() + "/code.lean", "--jobs", "1", "--fail-on", "warning,axiom"}).exit_code, 0);
}

TEST(verdict, what_imports_rest_on_is_found_or_told_as_not_seen) {
  LEANWORKER_NEEDS_LEAN();
  scratch_folder modules, folder;
  compile(modules, "Unfinished",
          "theorem swap (a b : Nat) : a + b = b + a := sorry\naxiom made_up : 1 = 2\ntheorem fine : 1 = 1 := rfl\n"
          "theorem through (a b : Nat) : a + b = b + a := swap a b\n");
  compile(modules, "Sealed", "module\npublic theorem Sealed.swap (a b : Nat) : a + b = b + a := sorry\n");
  std::vector<std::string> arguments;
  for (const auto& each : imported)
    arguments.push_back(folder.write(each.name, each.source));
  arguments.insert(arguments.end(), {"--axioms", "--path", modules.path()});
  auto done = check_patiently(arguments);
  expect_each(done, imported);
}
