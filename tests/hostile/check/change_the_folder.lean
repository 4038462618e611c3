-- SPDX-License-Identifier: Apache-2.0
-- expect: accepted
-- The current folder is the process's, not the file's.
#eval IO.Process.setCurrentDir "/"
