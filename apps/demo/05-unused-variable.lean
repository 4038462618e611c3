-- Right with a warning: a hypothesis is not used.

theorem pos_of_add (a b : Nat) (ha : 0 < a) (hb : 0 < b) : 0 < a + b :=
  Nat.add_pos_left ha b
