-- SPDX-License-Identifier: Apache-2.0
-- expect: killed_worker
-- Leaves as if all were well.
#eval (IO.Process.exit 0 : IO Unit)
theorem wrong : 1 = 2 := rfl
