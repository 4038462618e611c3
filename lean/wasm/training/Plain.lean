-- SPDX-License-Identifier: Apache-2.0
-- What files commonly do that prove and compute, in small pieces. Two errors are meant, for they are common too.
namespace Training

theorem add_zero_left (n : Nat) : 0 + n = n := by
  induction n with
  | zero => rfl
  | succ n ih => rw [← Nat.add_assoc, ih]

theorem order (x y z : Nat) (h : x < y) (g : y ≤ z) : x + 1 ≤ z ∧ x ≠ z := by omega
theorem order_int (a b : Int) (h : 2 * a < 2 * b) (g : b ≤ 7) : a ≤ 6 := by omega
theorem lists (xs ys : List Nat) : (xs ++ ys).length = ys.length + xs.length := by simp [Nat.add_comm]
theorem maps (xs : List Nat) (f g : Nat → Nat) : (xs.map f).map g = xs.map (g ∘ f) := by simp
theorem filters (xs : List Nat) (p : Nat → Bool) : (xs.filter p).length ≤ xs.length := List.length_filter_le p xs
theorem decided : (10 : Nat) < 20 ∧ 7 ∣ 21 ∧ ¬ (3 = 4) := by decide
theorem ring_like (a b c : Nat) : a * (b + c) = c * a + b * a := by
  rw [Nat.mul_add, Nat.mul_comm a b, Nat.mul_comm a c, Nat.add_comm]

theorem logic (p q r : Prop) (h : p ∧ (q ∨ r)) : (p ∧ q) ∨ (p ∧ r) := by
  obtain ⟨hp, hq | hr⟩ := h
  · exact Or.inl ⟨hp, hq⟩
  · right
    constructor
    · assumption
    · exact hr

theorem negation (p q : Prop) : ¬ (p ∨ q) ↔ ¬ p ∧ ¬ q := by
  constructor
  · intro h
    exact ⟨fun hp => h (Or.inl hp), fun hq => h (Or.inr hq)⟩
  · rintro ⟨hp, hq⟩ (h | h)
    · exact hp h
    · exact hq h

theorem there_is (n : Nat) : ∃ m, m > n ∧ m % 2 = 0 := by
  refine ⟨2 * n + 2, ?_, ?_⟩ <;> omega

theorem steps (a b c : Nat) (h₁ : a = b) (h₂ : b = c + 1) : a = 1 + c :=
  calc a = b := h₁
    _ = c + 1 := h₂
    _ = 1 + c := Nat.add_comm ..

theorem by_cases_of (p : Prop) [Decidable p] (x y : Nat) : (if p then x else y) ≤ x + y := by
  split <;> simp
theorem have_show (f : Nat → Nat) (h : ∀ x, f x = x) : f (f 2) = 2 := by
  have once : f 2 = 2 := h 2
  show f (f 2) = 2
  simp only [once]
theorem bits (x : BitVec 8) : x &&& x = x := by simp
theorem cases_of (b c : Bool) : (b && c) = (c && b) := by cases b <;> cases c <;> rfl
theorem grown (x y : Nat) (h : x = y) (g : y = 3) : x + 1 = 4 := by
  subst h g
  rfl
example (f : Nat → Nat) (a b : Nat) (h : a = b) : f a = f b := by grind
example (a b : Nat) (h : a ≤ b) : ∃ c, b = a + c := ⟨b - a, by omega⟩
example (xs : Array Nat) (i : Nat) (h : i < xs.size) : xs[i] = xs[i] := rfl

structure Point where
  x : Nat
  y : Nat := 0
  deriving Repr, BEq, DecidableEq, Inhabited, Hashable, Ord

inductive Tree (α : Type u) where
  | leaf
  | node (left : Tree α) (value : α) (right : Tree α)
  deriving Repr, BEq, Inhabited

inductive Color | red | green | blue
  deriving Repr, DecidableEq, Inhabited

namespace Tree
variable {α : Type u}

def size : Tree α → Nat
  | leaf => 0
  | node l _ r => l.size + 1 + r.size

def mirror : Tree α → Tree α
  | leaf => leaf
  | node l v r => node r.mirror v l.mirror

def insert [Ord α] (t : Tree α) (v : α) : Tree α :=
  match t with
  | leaf => node leaf v leaf
  | node l w r =>
    match compare v w with
    | .lt => node (l.insert v) w r
    | .gt => node l w (r.insert v)
    | .eq => t

theorem size_mirror (t : Tree α) : t.mirror.size = t.size := by
  induction t with
  | leaf => rfl
  | node l v r hl hr => simp [mirror, size, hl, hr]; omega

def toList : Tree α → List α
  | leaf => []
  | node l v r => l.toList ++ v :: r.toList
end Tree

def gcd (a b : Nat) : Nat := if h : b = 0 then a else gcd b (a % b)
termination_by b
decreasing_by exact Nat.mod_lt _ (Nat.pos_of_ne_zero h)

mutual
def isEven : Nat → Bool
  | 0 => true
  | n + 1 => isOdd n
def isOdd : Nat → Bool
  | 0 => false
  | n + 1 => isEven n
end

class Shape (α : Type) where
  area : α → Nat
  name : String
instance : Shape Point := ⟨fun p => p.x * p.y, "point"⟩
instance : Monad List where
  pure x := [x]
  bind xs f := xs.flatMap f
instance : Add Point := ⟨fun p q => { x := p.x + q.x, y := p.y + q.y }⟩

def count (words : List String) : List (String × Nat) := Id.run do
  let mut found : List (String × Nat) := []
  for word in words do
    match found.find? (·.1 == word) with
    | some (_, n) => found := (word, n + 1) :: found.filter (·.1 != word)
    | none => found := (word, 1) :: found
  return found

def sum (xs : Array Nat) : StateM Nat Unit := do
  for x in xs do
    if x > 1 then modify (· + x)
    unless x < 10 do
      set 0
def fails (n : Nat) : Except String Nat := do
  if n == 0 then throw "zero"
  let m ← try pure (10 / n) catch _ => pure 1
  return m

macro "triv" : tactic => `(tactic| first | rfl | trivial | omega)
syntax "twice! " term : term
macro_rules | `(twice! $t) => `(($t, $t))
notation:65 a " ⊕⊕ " b => Point.mk a b
theorem by_macro : 2 + 2 = 4 := by triv

#eval (1 ⊕⊕ 2)
#eval twice! 3
#eval ({ x := 1, y := 2 } + { x := 3 } : Point)
#eval (Tree.leaf.insert 3 |>.insert 1 |>.insert 2).toList
#eval count ["a", "b", "a"]
#eval ((sum #[1, 2, 3]).run 0).2
#eval s!"{gcd 12 18} {isEven 10} {repr Color.red} {(3.5 : Float)} {"text".toUpper}"
#eval (fails 0 |>.toOption)
#check @Tree.size_mirror
#check (fun x => x + 1 : Nat → Nat)
#print axioms Tree.size_mirror
#print Point
#reduce (fun x => x + 2) 3
open Nat in
example : succ 1 = 2 := rfl
section
set_option maxRecDepth 1000
variable (n : Nat) (h : 0 < n)
include h
theorem positive : n ≠ 0 := by
  intro e
  simp [e] at h
end
theorem unfinished (n : Nat) : n * 0 = 0 := sorry
theorem wrong : 1 = 2 := by simp
def unknown := noSuchName + 1
end Training
