-- SPDX-License-Identifier: Apache-2.0
-- expect: accepted
-- What the launcher offers to the host is not for others.
#eval show IO Unit from do
  for path in ["/dev/leanworker/channel/in", "/dev/leanworker/channel/out", "/dev/leanworker/channel/constructor", "/dev/leanworker/image/4096",
      "/dev/leanworker/image/NaN"] do
    for mode in [IO.FS.Mode.read, .write] do
      if (← (IO.FS.Handle.mk path mode).toBaseIO) matches .ok _ then throw (IO.userError s!"{path} could be opened")
