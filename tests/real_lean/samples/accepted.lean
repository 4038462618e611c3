/-- Addition commutes; the proof is found by the library. -/
theorem add_swap (a b : Nat) : a + b = b + a := Nat.add_comm a b

def double (n : Nat) : Nat := n + n

theorem double_eq (n : Nat) : double n = 2 * n := by
  unfold double
  omega
