-- SPDX-License-Identifier: Apache-2.0
-- expect: killed_worker | has_errors
-- More than there is, at once.
#eval (Array.replicate 1000000000 0).size
#eval show IO Unit from do
  let mut all : Array ByteArray := #[]
  for _ in [0:64] do all := all.push (ByteArray.mk (Array.replicate 64000000 1))
  IO.println s!"{all.size}"
