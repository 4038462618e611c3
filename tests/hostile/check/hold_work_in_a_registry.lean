-- SPDX-License-Identifier: Apache-2.0
-- expect: accepted
-- Work that waits for a promise, which a registry of Lean holds: it begins when the registry is put back. Then a linter empties the message log.
import Lean.Elab.Command
open Lean Elab Command
def silence : Linter := { name := `silence, run := fun _ => modify fun s => { s with messages := {} } }
partial def work (n : Nat) : BaseIO Unit := do
  unless (← lintersRef.get).any (·.name == `silence) do lintersRef.modify (·.push silence)
  IO.sleep 1
  if n > 0 then work (n - 1)
#eval show IO Unit from do
  let promise ← IO.Promise.new (α := Unit)
  discard <| BaseIO.mapTask (fun _ => work 500) promise.result?
  lintersRef.modify (·.push { name := `holder, run := fun _ => do discard promise.isResolved })
