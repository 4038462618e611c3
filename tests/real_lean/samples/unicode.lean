/-! Ω ∀ α — text with “quotes”, 漢字 and 😀. -/
def «名前 with space» (α : Type) (x : α) : α := x
theorem λ_free : ∀ x : Nat, x = x := fun _ => rfl
#eval "😀 漢字 \u03b1"
/- 😀 -/ #check «missing 漢»
example : "é".length = 2 := rfl
