-- SPDX-License-Identifier: Apache-2.0
-- expect: accepted
-- The memory and the descriptors of this process and of its parent, by path.
#eval show IO Unit from do
  let words := (← IO.FS.readFile "/proc/self/stat").splitOn ") "
  let parent := (words.getLast!.splitOn " ")[1]!
  for path in ["/proc/self/mem", "/proc/thread-self/mem", s!"/proc/{parent}/mem", s!"/proc/{parent}/fd/11", s!"/proc/{parent}/fd/13"] do
    for mode in [IO.FS.Mode.read, .readWrite, .append] do
      if (← (IO.FS.Handle.mk path mode).toBaseIO) matches .ok _ then throw (IO.userError s!"{path} could be opened")
