structure Point where
  x : Nat
  y : Nat := 0
  deriving Repr, BEq, DecidableEq, Hashable, Inhabited

structure Point3 extends Point where
  z : Nat

class HasArea (α : Type) where
  area : α → Nat

instance : HasArea Point where
  area p := p.x * p.y

inductive Tree (α : Type) where
  | leaf
  | node (left : Tree α) (value : α) (right : Tree α)
  deriving Repr

def Tree.size : Tree α → Nat
  | .leaf => 0
  | .node l _ r => l.size + 1 + r.size

axiom trusted : 1 = 1
opaque hidden : Nat
private def secret : Nat := 3
theorem uses_secret : secret = 3 := rfl
partial def forever (n : Nat) : Nat := forever (n + 1)
#eval ({ x := 1, y := 2 } : Point)
#eval HasArea.area ({ x := 2, y := 3 } : Point)
