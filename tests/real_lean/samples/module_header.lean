module
public import Init.Data.List.Basic
import all Init.Core

public section
def visible (n : Nat) : Nat := n + 1
theorem visible_pos (n : Nat) : 0 < visible n := by unfold visible; omega
end
def hiddenDef : Nat := 2
private theorem hidden_eq : hiddenDef = 2 := rfl
@[expose] public def shown := hiddenDef
example : hiddenDef = 3 := rfl
