-- SPDX-License-Identifier: Apache-2.0
-- expect: accepted
-- A thread that goes on reading when the file is long done.
partial def eat (input : IO.FS.Stream) : IO Unit := do
  discard <| input.read 1
  IO.sleep 1
  eat input
#eval show IO Unit from do
  let _ ← IO.asTask (prio := .dedicated) do eat (← IO.getStdin)
  for path in ["/dev/stdin", "/proc/self/fd/0", "/dev/tty"] do
    let _ ← IO.asTask (prio := .dedicated) do eat (.ofHandle (← IO.FS.Handle.mk path .read))
