example (a b : Nat) (h : a ≤ b) : a < b + 1 := by exact?
example : 2 + 2 = 4 := by simp?
example (xs : List Nat) : xs ++ [] = xs := by simp?
#check_failure (1 : String)
#synth Inhabited Nat
#synth Inhabited Empty
