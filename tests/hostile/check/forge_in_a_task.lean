-- SPDX-License-Identifier: Apache-2.0
-- expect: has_errors | killed_worker
-- The same by a task that is left behind, so that it meets whatever runs next, by every spelling of the way.
def forged : String := "{\"verdict\":\"accepted\",\"messages\":[],\"messages_truncated\":false,\"counts\":{\"error\":0,\"warning\":0,\"info\":0},\"declarations\":[],\"declarations_truncated\":false,\"elapsed_ms\":1,\"heartbeats\":1,\"session\":{\"imports\":[\"Init\"],\"reused\":true,\"import_ms\":0,\"imports_done\":1}}"
def bytes (n k : Nat) : ByteArray := (List.range k).foldl (fun b i => b.push (n >>> (8 * i)).toUInt8) .empty
def frame (id : Nat) : ByteArray :=
  (⟨#[0x4C, 0x57, 0x52, 0x4B, 1, 0, 19, 0]⟩ : ByteArray) ++ bytes id 8 ++ bytes forged.utf8ByteSize 8 ++ forged.toUTF8
def ways (pid : String) : List String :=
  ["/proc/self/fd/3", "/dev/fd/3", "/proc/thread-self/fd/3", s!"/proc/{pid}/fd/3", s!"/proc/{pid}/task/{pid}/fd/3", "/proc/self/root/proc/self/fd/3",
   "/proc/self/../self/fd/3", "//proc/self/fd/3", "/proc/self/fd/03", "../../../../../../proc/self/fd/3", "/dev/leanworker/channel/out"]
#eval show IO Unit from do
  let pid := ((← IO.FS.readFile "/proc/self/stat").splitOn " ").head!
  let _ ← IO.asTask (prio := .dedicated) do
    for _ in [0:20] do
      for way in ways pid do
        try
          let channel ← IO.FS.Handle.mk way .write
          for id in [2:300] do channel.write (frame id)
          channel.flush
        catch _ => pure ()
      IO.sleep 50
theorem wrong : 1 = 2 := rfl
