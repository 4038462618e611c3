-- Right: proofs found by omega, simp and decide.

theorem between (a b c : Nat) (h : a ≤ b) (h' : b < c) : a + 1 ≤ c := by omega

theorem length_of_reverse_twice (xs ys : List Nat) : (xs ++ ys).reverse.length = ys.length + xs.length := by
  simp [Nat.add_comm]

theorem no_square_ends_in_seven : ∀ d : Fin 10, d * d ≠ 7 := by decide
