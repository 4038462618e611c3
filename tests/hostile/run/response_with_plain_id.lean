-- SPDX-License-Identifier: Apache-2.0
-- expect: frame_bad_seal
-- A command holds the wire; it must not be able to answer.
import LeanWorker.Stream
open LeanWorker
def attack (_ : String) (s : Stream) : IO Unit := do
  for id in [2:10] do
    s.wire.handle.write (encodeHeader .response (littleEndian id 8 .empty) 2 ++ "{}".toUTF8)
  s.wire.handle.flush
