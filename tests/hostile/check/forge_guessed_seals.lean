-- SPDX-License-Identifier: Apache-2.0
-- expect: has_errors | killed_worker
-- Guesses: the request's number below, anything above.
def bytes (n k : Nat) : ByteArray := (List.range k).foldl (fun b i => b.push (n >>> (8 * i)).toUInt8) .empty
def frame (id guess : Nat) : ByteArray :=
  (⟨#[0x4C, 0x57, 0x52, 0x4B, 1, 0, 19, 0]⟩ : ByteArray) ++ bytes id 4 ++ bytes guess 4 ++ bytes 2 8 ++ "{}".toUTF8
#eval show IO Unit from do
  let channel ← IO.FS.Handle.mk "/proc/self/fd/3" .write
  for id in [2:100] do
    for guess in [0, 1, 0xffffffff, 0x80000000, id] do channel.write (frame id guess)
  channel.flush
theorem wrong : 1 = 2 := rfl
