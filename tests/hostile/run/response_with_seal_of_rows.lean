-- SPDX-License-Identifier: Apache-2.0
-- expect: frame_bad_seal
-- The seal that its own rows have, on a response.
import LeanWorker.Stream
open LeanWorker
def attack (_ : String) (s : Stream) : IO Unit := do
  let body := "{\"rows\":0,\"streams\":{},\"metadata\":null}".toUTF8
  s.wire.handle.write (encodeHeader .response s.idField body.size ++ body)
  s.wire.handle.flush
