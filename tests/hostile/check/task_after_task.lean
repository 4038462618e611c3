-- SPDX-License-Identifier: Apache-2.0
-- expect: accepted
-- Short tasks, each of which begins the next one, so that none of them is long at work. They empty the message log of whatever runs.
import Lean.Elab.Command
open Lean Elab Command
def silence : Linter := { name := `silence, run := fun _ => modify fun s => { s with messages := {} } }
partial def step (n : Nat) : BaseIO Unit := do
  IO.sleep 1
  if n < 900 then
    unless (← lintersRef.get).any (·.name == `silence) do lintersRef.modify (·.push silence)
  if n > 0 then discard <| BaseIO.asTask (step (n - 1))
#eval show IO Unit from do discard <| BaseIO.asTask (step 1000)
