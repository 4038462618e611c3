set_option maxRecDepth 50 in
example : 200 + 200 = 400 := by decide

set_option pp.all true in
#check fun (n : Nat) => n + 1

set_option linter.unusedVariables false in
def quiet (n : Nat) : Nat := 1

def loud (n : Nat) : Nat := 1
set_option no.such.option true
set_option pp.all 3
