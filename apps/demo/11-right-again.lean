-- Right: checked after all that, as if nothing had happened.

theorem reverse_reverse' {α : Type} (xs : List α) : xs.reverse.reverse = xs := by
  simp

theorem exists_greater (n : Nat) : ∃ m, n < m := ⟨n + 1, Nat.lt_succ_self n⟩
