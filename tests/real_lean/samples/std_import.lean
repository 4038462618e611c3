import Std.Data.HashMap
open Std

def m : HashMap Nat String := HashMap.ofList [(1, "one"), (2, "two")]
#eval m[1]?
#eval m.size
theorem size_ok : (∅ : HashMap Nat Nat).size = 0 := by simp
