def a : Nat := 1
def b : Nat := "wrong"
#check a
