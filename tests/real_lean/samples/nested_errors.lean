theorem t (p q r : Prop) : p → q → r → p ∧ q ∧ r := by
  intro hp hq hr
  refine ⟨hp, ?_, ?_⟩
  all_goals (first | exact hq | exact hp)
where helper : Nat := "s"
def g (n : Nat) : Nat :=
  let rec loop (m : Nat) : Nat := if m = 0 then 0 else loop (m - 1) + extra
  loop n
where
  aux : Nat := 3
  extra : Nat := aux
example : Nat := by
  exact (by exact undefined_thing)
def h : Nat → Nat
  | 0 => 1
