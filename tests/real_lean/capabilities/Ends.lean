-- SPDX-License-Identifier: Apache-2.0
import LeanWorker.Stream

/-! What ends the process, or never ends. Apart, because each needs a child of its own, and a small source is elaborated quickly. For tests. -/

open LeanWorker

namespace Ends

def exitAfterRows (_ : String) (s : Stream) : IO Unit := do
  for i in [0:128] do s.row "rows" (toString i)
  IO.sleep 50
  IO.Process.exit 42

partial def deep (n : Nat) : Nat := deep (n + 1) + 1

def abortAfterRow (_ : String) (s : Stream) : IO Unit := do
  s.row "rows" "{\"kind\":\"before-panic\"}"
  IO.sleep 50
  s.row "rows" (toString (deep 0))

/-- Deaf to everything after one row. -/
partial def timeoutAfterRow (_ : String) (s : Stream) : IO Unit := do
  s.row "rows" "{\"kind\":\"before-timeout\"}"
  while true do IO.sleep 5

/-- The same, without a moment of rest. -/
partial def spinsAfterRow (_ : String) (s : Stream) : IO Unit := do
  s.row "rows" "{\"kind\":\"before-timeout\"}"
  let count ← IO.mkRef 0
  while true do count.modify (· + 1)

end Ends
