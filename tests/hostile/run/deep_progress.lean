-- SPDX-License-Identifier: Apache-2.0
-- expect: frame_bad_body
-- A tree deeper than any stack, under a good seal.
import LeanWorker.Stream
open LeanWorker
def attack (_ : String) (s : Stream) : IO Unit := do
  let body := ("{\"phase\":" ++ "".pushn '[' 1000000 ++ "".pushn ']' 1000000 ++ ",\"current\":1,\"total\":null}").toUTF8
  s.wire.handle.write (encodeHeader .progress s.idField body.size ++ body)
  s.wire.handle.flush
