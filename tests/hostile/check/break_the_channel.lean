-- SPDX-License-Identifier: Apache-2.0
-- expect: has_errors | killed_worker
-- What is no frame, a frame without end, a length of 4 GiB.
#eval show IO Unit from do
  let channel ← IO.FS.Handle.mk "/dev/fd/3" .write
  channel.write (⟨#[0x4C, 0x57, 0x52, 0x4B, 1, 0, 19, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]⟩ : ByteArray)
  channel.write "this is no frame".toUTF8
  channel.flush
theorem wrong : 1 = 2 := rfl
