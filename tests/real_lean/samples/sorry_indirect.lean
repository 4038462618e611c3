theorem base (a b : Nat) : a * b = b * a := sorry

theorem uses (a b : Nat) : a * b = b * a := base a b

theorem uses_twice (a : Nat) : a * 2 = 2 * a := uses a 2

theorem clean (a : Nat) : a = a := rfl
