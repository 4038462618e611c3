def x : Nat := "text"
def y : String := x
