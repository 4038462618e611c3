-- SPDX-License-Identifier: Apache-2.0
-- expect: has_errors
-- Frames where only text belongs, by path and through Lean's own streams.
def frame : ByteArray := ⟨#[0x4C, 0x57, 0x52, 0x4B, 1, 0, 19, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d]⟩
#eval show IO Unit from do
  for path in ["/dev/stdout", "/dev/stderr", "/proc/self/fd/1", "/proc/self/fd/2"] do
    try (do let out ← IO.FS.Handle.mk path .write; out.write frame; out.flush) catch _ => pure ()
  let _ ← IO.asTask (prio := .dedicated) do (← IO.getStdout).write frame; (← IO.getStdout).flush
theorem wrong : 1 = 2 := rfl
