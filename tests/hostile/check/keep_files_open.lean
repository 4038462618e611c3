-- SPDX-License-Identifier: Apache-2.0
-- expect: accepted
-- As many open files as there can be, held by a reference that holds itself.
#eval show IO Unit from do
  let mut handles : Array IO.FS.Handle := #[]
  for _ in [0:100000] do
    match ← (IO.FS.Handle.mk "/proc/self/stat" .read).toBaseIO with
    | .ok handle => handles := handles.push handle
    | .error _ => break
  let all := handles
  let holder ← IO.mkRef (pure () : IO Unit)
  holder.set (do discard holder.get; all.forM (·.flush))
