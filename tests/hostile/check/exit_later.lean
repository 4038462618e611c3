-- SPDX-License-Identifier: Apache-2.0
-- expect: accepted | killed_worker
-- A thread that ends the process while others are at work.
#eval show IO Unit from do
  let _ ← IO.asTask (prio := .dedicated) do
    IO.sleep 30
    (IO.Process.exit 0 : IO Unit)
