// SPDX-License-Identifier: Apache-2.0
#include "run_fixture.hpp"

#include <algorithm>
#include <cstdlib>
#include <random>

using namespace leanworker;
using namespace leanworker::testing;

namespace {

/// Files that do to the process what they can, and such that would show it.
std::vector<std::string> files() {
  std::vector<std::string> all = {
      "#eval IO.Process.setCurrentDir \"/usr\"\n",
      "#eval show IO Unit from do IO.println ((← IO.currentDir) == \"/usr\")\n",
      "#eval IO.setRandSeed 5\n#eval IO.rand 0 1000000\n",
      "#eval show IO Unit from do discard <| IO.rand 0 9\n",
      "#eval show IO Unit from do discard <| IO.setStdout (← IO.getStderr)\n",
      "#eval IO.println \"out\"\n",
      "#eval show IO Unit from do discard <| IO.asTask (prio := .dedicated) (do while true do IO.sleep 1)\n",
      "#eval (Task.spawn fun _ => 40 + 2).get\n",
      "theorem wrong : 1 = 2 := rfl\n",
      "theorem open_ : 1 = 2 := sorry\n",
      "theorem unused (a b : Nat) : a = a := rfl\n",
      "import Nowhere\n",
      "import Lean\nopen Lean Elab Command\n#eval addLinter { run := fun stx => logErrorAt stx \"bad\", name := `bad }\n",
      "import Lean\n#eval (Lean.searchPathRef.set [\"/nowhere\"] : IO Unit)\n",
      "import Lean\nopen Lean\nunsafe def f : IO Unit := do enableInitializersExecution; registerOption `my.own { name := `my.own, defValue := .ofNat 1 }\n#eval f\n",
      "import Lean\nset_option my.own 2\n",
      "import Lean\nopen Lean Elab\n#eval registerDerivingHandler ``Inhabited fun _ => throwError \"mine\"\nstructure S where\n  x : Nat\n  deriving Inhabited\n",
      "import Lean\nstructure S where\n  x : Nat\n  deriving Inhabited\n",
      "import Lean\n#eval Lean.Elab.Command.lintersRef.get >>= fun all => pure all.size\n",
      "import Std.Data.HashMap\n#eval (({} : Std.HashMap Nat Nat).insert 1 2).size\n",
  };
  for (int i = 0; all.size() < 60; ++i) {
    auto n = std::to_string(i);
    all.push_back("def f" + n + " (n : Nat) : Nat := n + " + n + "\ntheorem t (a b : Nat) : f" + n + " a + b = a + (b + " + n
                  + ") := by\n  unfold f" + n + "; omega\n#eval f" + n + " 1\n");
  }
  return all;
}

class host_order : public run_host {
protected:
  void SetUp() override { set_up_lean_only(); }
  /// What the record of a file holds, without times and what belongs to the child.
  std::string record(const std::string& source) {
    if (last_.asks_to_retire)
      start_own();
    last_ = ask({{"op", "check"}, {"source", source}});
    if (last_.code() == "not_believed" && last_.asks_to_retire) // as the pool does it; a fresh child never says that
      return record(source);
    auto value = last_.value;
    for (auto name : {"elapsed_ms", "session", "heartbeats"})
      value.erase(name);
    return value.dump();
  }

  std::vector<std::string> records_in_order(unsigned seed) {
    auto all = files();
    std::vector<std::size_t> order(all.size());
    for (std::size_t i = 0; i < order.size(); ++i)
      order[i] = i;
    std::shuffle(order.begin(), order.end(), std::mt19937{seed});
    std::vector<std::string> records(all.size());
    for (auto i : order)
      records[i] = record(all[i]);
    return records;
  }

  answer last_;
};

} // namespace

/// LEANWORKER_TEST_ORDERS=N: as many orders instead of two.
TEST_F(host_order, sixty_files_get_the_same_records_in_every_order) {
  auto wanted = std::getenv("LEANWORKER_TEST_ORDERS");
  unsigned orders = wanted ? static_cast<unsigned>(std::atoi(wanted)) : 2;
  start_own();
  auto first = records_in_order(1);
  for (unsigned seed = 2; seed <= orders; ++seed) {
    auto again = records_in_order(seed);
    for (std::size_t i = 0; i < first.size(); ++i)
      EXPECT_EQ(again[i], first[i]) << "order " << seed << ", file:\n" << files()[i];
  }
  EXPECT_NE(first[0].find("accepted"), std::string::npos) << first[0];
}
