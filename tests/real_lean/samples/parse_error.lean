def ok : Nat := 1

def broken (n : Nat : Nat := n

theorem after : ok = 1 := rfl

def also broken := 2
)
#check ok
