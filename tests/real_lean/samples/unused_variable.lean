def constant (n unused : Nat) : Nat := Id.run do
  let also := 3
  return n

theorem ignoring (h : 1 = 1) : 2 = 2 := by
  have h2 : 3 = 3 := rfl
  rfl
