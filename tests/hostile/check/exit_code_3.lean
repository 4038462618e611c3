-- SPDX-License-Identifier: Apache-2.0
-- expect: killed_worker
-- The exit code by which a host tells a broken connection.
#eval (IO.Process.exit 3 : IO Unit)
