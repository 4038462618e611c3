def f (n : Nat) : Nat := n + missing
open Nowhere
example : Foo.bar = 1 := rfl
