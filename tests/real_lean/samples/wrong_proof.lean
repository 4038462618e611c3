theorem wrong (a b : Nat) : a + b = a := by
  simp

theorem right (a : Nat) : a = a := rfl

example : 1 = 2 := by decide
