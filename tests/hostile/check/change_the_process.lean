-- SPDX-License-Identifier: Apache-2.0
-- expect: accepted
-- Folder and search path are the process's, not the file's.
import Lean.Util.Path
#eval IO.Process.setCurrentDir "/"
#eval (Lean.searchPathRef.set [] : IO Unit)
