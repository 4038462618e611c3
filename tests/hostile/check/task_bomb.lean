-- SPDX-License-Identifier: Apache-2.0
-- expect: accepted | killed_worker
-- Tasks without end, some of them on threads of their own.
partial def spin (n : Nat) : IO Unit := do
  IO.sleep 5
  if n < 200 then spin (n + 1)
#eval show IO Unit from do
  for _ in [0:2000] do let _ ← IO.asTask (spin 0)
  for _ in [0:20] do let _ ← IO.asTask (prio := .dedicated) (spin 0)
