-- Wrong: the statement is false, and Lean says where the proof fails. The rest of the file is checked all the same.

theorem sub_add (a b : Nat) : a - b + b = a := by
  omega

theorem sub_add_of_le (a b : Nat) (h : b ≤ a) : a - b + b = a := by
  omega
