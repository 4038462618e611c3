-- SPDX-License-Identifier: Apache-2.0
import LeanWorker.Report

/-!
# Phases

Where the time of a request goes, for who asks with the member `phases` (`docs/PROTOCOL.md`, section 4.2).
-/

open Lean (Json)

namespace LeanWorker

/-- What was spent in one phase so far. -/
structure PhaseTime where
  name : String
  ns : Nat := 0
  count : Nat := 0

/-- A stopwatch that goes from phase to phase. -/
structure PhaseClock where
  spent : IO.Ref (Array PhaseTime)
  lastNs : IO.Ref Nat

def PhaseClock.startingAt (ns : Nat) : BaseIO PhaseClock :=
  return { spent := ← IO.mkRef #[], lastNs := ← IO.mkRef ns }

/-- What passed since the last mark was spent in this phase. -/
def PhaseClock.mark (clock : PhaseClock) (phase : String) : BaseIO Unit := do
  let now ← IO.monoNanosNow
  let ns := now - (← clock.lastNs.swap now)
  clock.spent.modify fun spent =>
    match spent.findIdx? (·.name == phase) with
    | some i => spent.modify i fun t => { t with ns := t.ns + ns, count := t.count + 1 }
    | none => spent.push { name := phase, ns, count := 1 }

/-- In the order of their first marks. -/
private def PhaseClock.toJson (clock : PhaseClock) : BaseIO Json := do
  let one (t : PhaseTime) := Json.mkObj [("phase", t.name), ("us", (t.ns / 1000 : Nat)), ("count", t.count)]
  return .arr ((← clock.spent.get).map one)

/-- The text of an object with one more member: what its own encoding cost can be told only behind what was encoded. -/
def PhaseClock.addTo (clock : PhaseClock) (object : String) : BaseIO String := do
  return cutToBytes object (object.utf8ByteSize - 1) ++ ",\"phases\":" ++ (← clock.toJson).compress ++ "}"

end LeanWorker
