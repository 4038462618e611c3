// SPDX-License-Identifier: Apache-2.0
#include "run_fixture.hpp"

#include <algorithm>

using namespace leanworker;
using namespace leanworker::testing;

namespace {

/// A module that registers one of everything, as libraries do.
const std::string house = R"(import Lean
open Lean Elab Command
initialize addLinter { run := fun stx => logWarningAt stx m!"house lint", name := `house }
initialize registerTraceClass `house.trace
register_option house.strict : Bool := { defValue := true, descr := "of the house" }
initialize houseCounter : IO.Ref Nat ← IO.mkRef 7
initialize houseRules : SimplePersistentEnvExtension Name NameSet ←
  registerSimplePersistentEnvExtension { addEntryFn := NameSet.insert, addImportedFn := fun _ => {} }
initialize registerBuiltinAttribute {
  name := `house_rule, descr := "a rule", add := fun name _ _ => modifyEnv (houseRules.addEntry · name) }
initialize registerDerivingHandler ``Inhabited fun _ => throwError "house deriving"
elab "#house" : command => do logInfo m!"{(houseRules.getState (← getEnv)).toList} {← houseCounter.get}"
)";

/// One file after the other in one child, which is replaced when it asks for that.
class host_state : public run_host {
protected:
  void SetUp() override {
    set_up_lean_only();
    if (IsSkipped() || HasFatalFailure())
      return;
    if (!folder_) {
      folder_ = std::make_unique<scratch_folder>();
      folder_->write("House.lean", house);
      ASSERT_EQ(compile(*folder_, "House"), "");
    }
    fresh();
  }
  static void TearDownTestSuite() { folder_.reset(); }

  void fresh() { start_own({{"search_path", {folder_->path(), test_sysroot() + "/lib/lean"}}}); }

  answer check(const std::string& source) {
    if (last_.asks_to_retire)
      fresh();
    return last_ = ask({{"op", "check"}, {"source", source}});
  }

  /// "verdict: text | text", texts cut at a line.
  std::string told(const std::string& source) {
    auto got = check(source);
    if (got.is_error)
      return got.text;
    auto line = got.value.value("verdict", "") + ":";
    for (const auto& message : got.value["messages"]) {
      auto text = message.value("text", "");
      line += " | " + text.substr(0, text.find('\n'));
    }
    return line;
  }

  static inline std::unique_ptr<scratch_folder> folder_;
  answer last_;
};

const std::string plain = "import Lean\nstructure S where\n  x : Nat\n  deriving Inhabited\n";
const std::string user = "import House\n@[house_rule] def x := 1\nset_option house.strict false\n#house\n#eval houseCounter.set 8\n";
// The end of the file is a command for linters, too.
const std::string user_told = "has_warnings: | house lint | house lint | [x] 7 | house lint | house lint | house lint";

} // namespace

TEST_F(host_state, what_a_module_registers_acts_on_the_files_that_import_it_and_on_no_other) {
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(told(user), user_told) << round;
    auto derived = told("import House\nstructure S where\n  x : Nat\n  deriving Inhabited\n");
    EXPECT_EQ(derived.find("has_errors: | house deriving"), 0u) << derived;
    EXPECT_EQ(told(plain), "accepted:") << round;
    EXPECT_EQ(told("set_option house.strict false\n"), "has_errors: | Unknown option `house.strict`") << round;
    EXPECT_EQ(told("set_option trace.house.trace true\n"), "has_errors: | Unknown option `trace.house.trace`") << round;
    EXPECT_EQ(told("@[house_rule] def x := 1\n"), "has_errors: | Unknown attribute `[house_rule]`") << round;
  }
  // The same module in another session: its values are made anew, and the older session must not take them for its own.
  EXPECT_EQ(told("import Lean.Elab.Command\nimport House\n@[house_rule] def y := 1\n#house\n"), "has_warnings: | house lint | [y] 7 | house lint | house lint");
  EXPECT_EQ(told(user), user_told);
}

TEST_F(host_state, what_a_file_changes_in_the_process_is_gone_for_the_next) {
  const struct {
    std::string change, question, answer;
  } cases[] = {
      {"import Lean\nopen Lean Elab Command\n#eval addLinter { run := fun stx => logErrorAt stx \"bad\", name := `bad }\n", plain, "accepted:"},
      {"import Lean\n#eval (Lean.searchPathRef.set [\"/nowhere\"] : IO Unit)\n", "import Std.Data.HashMap\n", "accepted:"},
      {"#eval IO.Process.setCurrentDir \"/usr\"\n", "#eval show IO Unit from do IO.println ((← IO.currentDir) == \"/usr\")\n", "accepted: | false"},
      {"#eval show IO Unit from do discard <| IO.setStdout (← IO.getStderr)\n", "#eval IO.println \"here\"\n", "accepted: | here"},
      {"import Lean\nopen Lean\nunsafe def f : IO Unit := do enableInitializersExecution; registerOption `my.own { name := `my.own, defValue := .ofNat 1 }\n#eval f\n",
       "import Lean\nset_option my.own 2\n", "has_errors: | Unknown option `my.own`"},
  };
  for (const auto& each : cases) {
    check(each.change);
    EXPECT_EQ(told(each.question), each.answer) << each.change << last_.text;
  }
}

TEST_F(host_state, random_numbers_are_new_in_each_request_and_each_child) {
  std::vector<std::string> seen;
  for (int i = 0; i < 4; ++i) {
    if (i == 2)
      fresh();
    seen.push_back(told("#eval IO.rand 0 1000000000\n#eval IO.setRandSeed 7\n"));
  }
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::unique(seen.begin(), seen.end()), seen.end()) << seen.front();
}

TEST_F(host_state, a_file_that_leaves_work_running_asks_for_a_new_child) {
  const struct {
    std::string source;
    bool leaves;
  } cases[] = {
      {"#eval (Task.spawn fun _ => 1 + 1).get\n", false},
      {"#eval show IO Unit from do IO.ofExcept (← IO.asTask (prio := .dedicated) (IO.sleep 1)).get\n", false},
      {"#eval show IO Unit from do discard <| IO.asTask (prio := .dedicated) (IO.sleep 600000)\n", true},
      {"#eval show IO Unit from for _ in [0:8] do discard <| IO.asTask (do while true do IO.sleep 1)\n", true},
      {"#eval 1\n", false},
  };
  for (const auto& each : cases) {
    auto got = check(each.source);
    EXPECT_FALSE(got.is_error) << got.text;
    EXPECT_EQ(got.asks_to_retire, each.leaves) << each.source;
    if (got.asks_to_retire) {
      ASSERT_FALSE(got.events.empty());
      EXPECT_NE(got.events.back().body.find("tasks or threads"), std::string::npos) << got.events.back().body;
    }
  }
}

TEST_F(host_state, the_modules_of_the_host_are_for_capabilities_only) {
  auto got = check("import LeanWorker.Stream\n");
  EXPECT_EQ(got.value.value("verdict", ""), "has_errors");
  EXPECT_NE(got.text.find("unknown module prefix 'LeanWorker'"), std::string::npos) << got.text;
  EXPECT_EQ(got.text.find("/hosts/"), std::string::npos) << got.text;
  EXPECT_EQ(check("import Nowhere\n").text.find("/hosts/"), std::string::npos);
}

TEST_F(host_state, a_module_that_was_compiled_anew_is_imported_anew) {
  for (std::string value : {"1", "22"}) {
    folder_->write("Version.lean", "def version := " + value + "\n");
    ASSERT_EQ(compile(*folder_, "Version"), "");
    EXPECT_EQ(told("import Version\n#eval version\n"), "accepted: | " + value);
  }
}

TEST_F(host_state, a_file_that_swaps_its_imports_leaves_no_wrong_knowledge_of_them) {
  folder_->write("Unproved.lean", "theorem unproved : 1 = 2 := sorry\n");
  ASSERT_EQ(compile(*folder_, "Unproved"), "");
  const std::string imports = "import Unproved\nimport Lean.Elab.Command\n";
  const std::string swap = R"(open Lean Elab Command
run_cmd do
  let folder ← IO.FS.createTempDir
  let some (.thmInfo info) := (← getEnv).find? `unproved | return
  let other := ConstantInfo.thmInfo { name := `unproved, levelParams := [], type := info.type, value := mkConst ``True.intro }
  saveModuleData (folder / "Unproved.olean") `Unproved
    { isModule := false, imports := #[{ module := `Init }], constNames := #[`unproved], constants := #[other], extraConstNames := #[], entries := #[] }
  searchPathRef.modify (folder :: ·)
  setEnv (← importModules #[{ module := `Init }, { module := `Unproved }] {} (loadExts := true))
  IO.FS.removeDirAll folder
)";
  const std::string uses = "theorem t : 1 = 2 := unproved\n";
  EXPECT_EQ(check(imports + swap + uses).value.value("verdict", ""), "incomplete");
  EXPECT_EQ(check(imports + uses).value.value("verdict", ""), "incomplete");
}

TEST_F(host_state, a_child_that_is_nearly_full_is_not_believed_and_asks_to_be_replaced) {
  start_own({{"memory_bytes_max", 1'000'000}});
  const std::string wrong = "theorem t : 1 = 2 := rfl\n";
  auto first = ask({{"op", "check"}, {"source", wrong}});
  EXPECT_EQ(first.value.value("verdict", ""), "has_errors") << "a fresh child did nothing that could have filled it: " << first.text;
  EXPECT_TRUE(first.asks_to_retire);
  auto second = ask({{"op", "check"}, {"source", wrong}});
  EXPECT_EQ(second.code(), "near_memory_limit") << second.text;
  EXPECT_TRUE(second.asks_to_retire);
  EXPECT_EQ(ask({{"op", "open_session"}, {"imports", {"Nowhere"}}}).code(), "near_memory_limit");
  EXPECT_EQ(ask({{"op", "check"}, {"source", "theorem t : 1 = 1 := rfl\n"}}).value.value("verdict", ""), "accepted");
}
