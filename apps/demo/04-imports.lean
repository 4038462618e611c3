-- Right: a file with its own import; its environment is opened first and kept for the next file that wants it.
import Std.Data.HashMap

def countWords (text : String) : Std.HashMap String Nat :=
  text.splitOn.foldl (fun counts word => counts.alter word fun n => some (n.getD 0 + 1)) ∅

#guard (countWords "the cat and the dog and the bird").getD "the" 0 == 3
