set_option maxRecDepth 100 in
example : (List.range 1000).length = 1000 := by decide
def deepTerm : Nat := 1
