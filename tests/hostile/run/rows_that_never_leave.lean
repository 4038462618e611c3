-- SPDX-License-Identifier: Apache-2.0
-- expect: rows_incomplete
-- Takes its rows out of the way to the parent, which the host has counted.
import LeanWorker.Stream
def attack (_ : String) (s : LeanWorker.Stream) : IO Unit := do
  s.row "rows" "1"
  s.wire.outbox.set none
  s.row "rows" "2"
