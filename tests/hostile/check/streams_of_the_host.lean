-- SPDX-License-Identifier: Apache-2.0
-- expect: has_errors
-- Takes Lean's streams for itself, and leaves them broken.
#eval show IO Unit from do
  let nothing := IO.FS.Stream.ofBuffer (← IO.mkRef {})
  discard <| IO.setStdout nothing
  discard <| IO.setStderr nothing
  discard <| IO.setStdin nothing
theorem wrong : 1 = 2 := rfl
