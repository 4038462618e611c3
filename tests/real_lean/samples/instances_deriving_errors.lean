structure F where
  f : Nat → Nat
  deriving Repr, DecidableEq
class Bad (α : Type) extends Inhabited α, Missing α
inductive Neg where
  | mk : (Neg → Nat) → Neg
structure Dup where
  a : Nat
  a : Nat
def F.g (x : F) := x.nope
instance : Add F := ⟨fun a b => a⟩
theorem F.ext' (a b : F) (h : a.f = b.f) : a = b := by cases a; cases b; simp_all
