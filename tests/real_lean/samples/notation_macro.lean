notation:65 a " ⊕⊕ " b => a + b + 1
#eval 2 ⊕⊕ 3
macro "my_trivial" : tactic => `(tactic| first | rfl | trivial)
example : 1 = 1 := by my_trivial
example : 1 = 2 := by my_trivial
syntax "triple! " term : term
macro_rules | `(triple! $t) => `(($t, $t, $t))
#check triple! 1
