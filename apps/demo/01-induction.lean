-- Right: a theorem proved by induction. Lean accepts it.

/-- 1 + 2 + … + n -/
def sumTo : Nat → Nat
  | 0 => 0
  | n + 1 => sumTo n + (n + 1)

theorem two_mul_sumTo (n : Nat) : 2 * sumTo n = n * (n + 1) := by
  induction n with
  | zero => rfl
  | succ n ih =>
    calc 2 * (sumTo n + (n + 1)) = 2 * sumTo n + 2 * (n + 1) := Nat.mul_add ..
      _ = n * (n + 1) + 2 * (n + 1) := by rw [ih]
      _ = (n + 2) * (n + 1) := (Nat.add_mul ..).symm
      _ = (n + 1) * (n + 2) := Nat.mul_comm ..
