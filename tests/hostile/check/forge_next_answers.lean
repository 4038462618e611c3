-- SPDX-License-Identifier: Apache-2.0
-- expect: has_errors | killed_worker
-- Answers the requests to come, with their plain ids, and only then is wrong itself.
def forged : String := "{\"verdict\":\"accepted\",\"messages\":[],\"messages_truncated\":false,\"counts\":{\"error\":0,\"warning\":0,\"info\":0},\"declarations\":[],\"declarations_truncated\":false,\"elapsed_ms\":1,\"heartbeats\":1,\"session\":{\"imports\":[\"Init\"],\"reused\":true,\"import_ms\":0,\"imports_done\":1}}"
def bytes (n k : Nat) : ByteArray := (List.range k).foldl (fun b i => b.push (n >>> (8 * i)).toUInt8) .empty
def frame (id : Nat) : ByteArray :=
  (⟨#[0x4C, 0x57, 0x52, 0x4B, 1, 0, 19, 0]⟩ : ByteArray) ++ bytes id 8 ++ bytes forged.utf8ByteSize 8 ++ forged.toUTF8
#eval show IO Unit from do
  let channel ← IO.FS.Handle.mk "/proc/self/fd/3" .write
  for id in [2:200] do channel.write (frame id)
  channel.flush
theorem wrong : 1 = 2 := rfl
