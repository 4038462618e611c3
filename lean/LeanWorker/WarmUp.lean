-- SPDX-License-Identifier: Apache-2.0
import LeanWorker.Check

/-!
# Warming up

Sources that use what files commonly use. They are elaborated once before an image is made, so that what Lean makes at first use is in it; and
once more after a start, while nothing else is to be done: machine code is not part of an image, and WebAssembly is compiled function by
function when it is first called. Without that the first files of a child take seconds instead of a tenth. A toolchain that keeps machine code
has this behind it.
-/

open Lean

namespace LeanWorker

/-- Each is short, so that a request that comes meanwhile does not wait: the commonest first. -/
private def warmUpSources : List String :=
  ["theorem warm (a b : Nat) (h : a = b) : b + 0 = a := by simp [h]\n#check warm\n",
   "example (x y : Nat) (h : x < y) : x + 1 ≤ y := by omega\n",
   "def f (n : Nat) : Nat := match n with | 0 => 1 | n + 1 => f n\ntheorem f_one (n : Nat) : f n = 1 := by\n  induction n with\n\
    | zero => rfl\n  | succ n ih => rw [f, ih]\n",
   "#eval Id.run do\n  let mut n := 0\n  for i in [1, 2, 3] do\n    if i > 1 then n := n + i\n  return n\n#eval s!\"{1 + 1}\"\n",
   "example : 2 < 3 ∧ 3 ≠ 4 := by decide\nexample : 1 = 2 := rfl\n",
   "structure P where\n  x : Nat\n  y : Nat\n  deriving Repr, BEq, DecidableEq, Inhabited\n#eval ({ x := 1, y := 2 } : P)\n",
   "example (p q : Prop) (hp : p) (hq : q) : p ∧ q := by\n  constructor\n  · exact hp\n  · assumption\n\
    example (a b c : Nat) : a * (b + c) = a * b + a * c := by\n  rw [Nat.mul_add]\n"]

/-- Elaborates one of them. Nobody is told what comes out. -/
private def warmUpWith (sessions : IO.Ref Sessions) (imports : Array String) (source : String) (token : IO.CancelToken) : RequestIO Unit := do
  let context : CheckContext := { sessions, token, fileToken := token, progress := fun _ _ _ => pure () }
  discard <| runCheck context (Json.mkObj [("source", source), ("imports", jsonStrings imports), ("axioms", true)])

/-- Opens a session for these imports and warms up, all of it. -/
def warmUp (sessions : IO.Ref Sessions) (imports : Array String) : RequestIO Unit := do
  for source in warmUpSources do warmUpWith sessions imports source (← IO.CancelToken.new)

/-- The same in pieces, for a session that is open; none if none is. -/
def warmUpPieces (sessions : IO.Ref Sessions) : BaseIO (List (IO.CancelToken → BaseIO Unit)) := do
  let some session := (← sessions.get).opened[0]? | return []
  return warmUpSources.map fun source token => discard (warmUpWith sessions session.importNames source token).toBaseIO

end LeanWorker
