-- Wrong: the mistakes of everyday life: a type, a name, a missing case, the syntax.

def half (n : Nat) : Nat := "n / 2"

def third (n : Nat) : Nat := devide n 3

def isSmall : Nat → Bool
  | 0 => true
  | 1 => true

def quarter (n : Nat : Nat := n / 4
