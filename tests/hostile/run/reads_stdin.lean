-- SPDX-License-Identifier: Apache-2.0
-- expect: none
-- A command finds an empty standard input, on its thread and elsewhere.
import LeanWorker.Stream
def attack (_ : String) (s : LeanWorker.Stream) : IO Unit := do
  let here := (← (← IO.getStdin).getLine).length
  let inThread ← IO.ofExcept (← IO.asTask (prio := .dedicated) do return (← (← IO.getStdin).read 100).size).get
  unless here + inThread == 0 do throw (IO.userError "there was something to read")
  s.row "rows" "1"
