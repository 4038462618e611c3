// SPDX-License-Identifier: Apache-2.0
#include "snippets.hpp"

#include <fmt/format.h>

#include <utility>

namespace leanworker::bench {
namespace {

/// SplitMix64: the standard's distributions differ from library to library.
class numbers {
public:
  explicit numbers(std::uint64_t seed) : state_{seed} {}
  std::uint64_t next() {
    auto z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

private:
  std::uint64_t state_;
};

// {0} is unique, {1} and {2} are small numbers.
constexpr const char* right[] = {
  "theorem omega{0} (a b c : Nat) (h : a + {1} < b) (g : b + {2} < c) : a + {1} + {2} + 1 < c := by omega\n"
  "theorem interval{0} (x : Int) (h : {1} < x) (g : x < {1} + 2) : x = {1} + 1 := by omega\n",
  "theorem simp{0} (xs ys : List Nat) : (xs ++ ys ++ []).length = ys.length + xs.length := by simp [Nat.add_comm]\n"
  "theorem map{0} (xs : List Nat) : (xs.map (· + {1})).length = xs.length := by simp\n",
  "theorem decide{0} : ∀ x : Fin {3}, x.val < {3} := by decide\n"
  "example : {1} + {2} = {2} + {1} := by decide\n",
  "def double{0} : Nat → Nat\n  | 0 => 0\n  | n + 1 => double{0} n + 2\n"
  "theorem double_eq{0} (n : Nat) : double{0} n = 2 * n := by\n  induction n with\n  | zero => rfl\n  | succ n ih => rw [double{0}, ih]; omega\n",
  "theorem rw{0} (a b c : Nat) (h : a = b + {1}) (g : b = c + {2}) : a = c + {2} + {1} := by rw [h, g]\n"
  "theorem calc{0} (a b : Nat) (h : a = b) : b + {1} = a + {1} := by\n  calc b + {1} = a + {1} := by rw [h]\n",
  "structure Point{0} where\n  x : Nat := {1}\n  y : Nat\n  deriving Repr, BEq, DecidableEq\n"
  "#eval ({{ y := {2} }} : Point{0})\nexample : ({{ x := 1, y := 2 }} : Point{0}).x = 1 := rfl\n",
  "inductive Tree{0} where\n  | leaf : Tree{0}\n  | node : Tree{0} → Nat → Tree{0} → Tree{0}\n  deriving Repr\n"
  "def Tree{0}.sum : Tree{0} → Nat\n  | .leaf => 0\n  | .node l x r => l.sum + x + r.sum\n"
  "#eval (Tree{0}.node .leaf {1} (.node .leaf {2} .leaf)).sum\n",
  "def fib{0} (n : Nat) : Nat := Id.run do\n  let mut a := 0\n  let mut b := 1\n  for _ in [0:n] do\n    (a, b) := (b, a + b)\n  return a\n"
  "#eval fib{0} {3}\n#eval (List.range {3}).foldl (· + ·) {1}\n",
};
constexpr const char* warned = "theorem unused{0} (a b : Nat) (h : a = b) : {1} + a = a + {1} := by omega\n";
constexpr const char* unfinished = "theorem later{0} (a b : Nat) : a * b + {1} = b * a + {1} := by sorry\n";
constexpr const char* wrong[] = {
  "theorem false{0} : {1} = {1} + 1 := rfl\n",
  "theorem unknown{0} (a : Nat) : a = a := by exact no_such_lemma{0} a\n",
  "theorem open{0} (a b : Nat) (h : a < b + {1}) : a < b := by omega\n",
  "theorem broken{0} (a : Nat : a = a := rfl\n",
};

std::string filled(const char* form, std::size_t number, numbers& random, const std::string& import) {
  auto one = random.below(20), two = random.below(20), size = 4 + random.below(12);
  return "import " + import + "\n" + fmt::format(fmt::runtime(form), number, one, two, size);
}

snippet make(std::size_t number, numbers& random, const std::string& import) {
  auto place = number % 20;
  if (place < 16)
    return {filled(right[number % std::size(right)], number, random, import), verdict::accepted};
  if (place == 16)
    return {filled(warned, number, random, import), verdict::has_warnings};
  if (place == 17)
    return {filled(unfinished, number, random, import), verdict::incomplete};
  return {filled(wrong[(number / 20 * 2 + place) % std::size(wrong)], number, random, import), verdict::has_errors};
}

} // namespace

std::vector<snippet> make_snippets(std::size_t count, std::uint64_t seed, const std::string& import) {
  numbers random{seed};
  std::vector<snippet> all;
  for (std::size_t i = 0; i < count; ++i)
    all.push_back(make(i, random, import));
  for (std::size_t i = count; i > 1; --i)
    std::swap(all[i - 1], all[random.below(i)]);
  return all;
}

} // namespace leanworker::bench
