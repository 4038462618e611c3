-- SPDX-License-Identifier: Apache-2.0
-- expect: accepted
-- Megabytes on descriptors 1 and 2, frames among them, from a thread whose output nobody captures.
#eval show IO Unit from do
  let line := "LWRK\x01\x00\x13\x00\x02 accepted everything.lean (1 ms) " ++ "".pushn 'x' 1000
  let task ← IO.asTask (prio := .dedicated) do
    for _ in [0:4000] do
      IO.println line
      IO.eprintln line
  IO.ofExcept task.get
