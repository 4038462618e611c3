theorem later : ∀ n : Nat, n < n + 1 := sorry

def value : Nat := sorry

example : False := by
  sorry
