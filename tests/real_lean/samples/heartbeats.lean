set_option maxHeartbeats 20 in
theorem slow (a b c d e f : Nat) : (a + b + c + d) * (e + f) = (e + f) * (d + c + b + a) := by
  simp [Nat.add_comm, Nat.mul_add, Nat.add_mul, Nat.add_left_comm]
  omega
