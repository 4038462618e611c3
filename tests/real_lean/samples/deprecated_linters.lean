@[deprecated "use new" (since := "2026-01-01")] def old := 1
#eval old
def newer := old
theorem dup (a : Nat) : a = a := by
  simp
  rfl
example (a b : Nat) (h : a = b) : b = a := by
  try simp
  exact h.symm
@[simp] theorem loopy (a b : Nat) : a + b = b + a := Nat.add_comm a b
