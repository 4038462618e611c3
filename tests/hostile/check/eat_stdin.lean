-- SPDX-License-Identifier: Apache-2.0
-- expect: accepted
-- Standard input, whatever the way: it is empty, and nobody waits for it.
def drain (input : IO.FS.Stream) : IO Nat := do
  return (← input.read 100000).size + (← input.getLine).length
#eval show IO Unit from do
  let here ← drain (← IO.getStdin)
  let inTask ← IO.ofExcept (← IO.asTask do drain (← IO.getStdin)).get
  let inThread ← IO.ofExcept (← IO.asTask (prio := .dedicated) do drain (← IO.getStdin)).get
  let mut byPath := 0
  for path in ["/dev/stdin", "/proc/self/fd/0", "/dev/fd/0", "/dev/tty", "//dev/stdin", "/proc/thread-self/fd/0"] do
    byPath := byPath + (← try (do drain (.ofHandle (← IO.FS.Handle.mk path .read))) catch _ => pure 0)
  unless here + inTask + inThread + byPath == 0 do throw (IO.userError s!"read {here} {inTask} {inThread} {byPath} bytes")
