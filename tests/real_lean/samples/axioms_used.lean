theorem em' (p : Prop) : p ∨ ¬p := Classical.em p
theorem ext' (f g : Nat → Nat) (h : ∀ x, f x = g x) : f = g := funext h
axiom mine : 1 + 1 = 2
theorem by_mine : 1 + 1 = 2 := mine
theorem by_both : (1 + 1 = 2) ∧ (True ∨ ¬True) := ⟨by_mine, em' True⟩
