example (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  constructor
  · exact hp
  · exact hp

example (p q : Prop) : p ∨ q → q ∨ p := by
  intro h
  cases h with
  | inl hp => exact Or.inr hp

example : ∃ n : Nat, n > 3 := by
  exists 4
  done

example (n : Nat) : n + 0 = n := by
  induction n with
  | zero => rfl
  | succ n ih => skip
