-- SPDX-License-Identifier: Apache-2.0
import LeanWorker.ProcessState

/-!
# Stamps

What tells that a compiled module was compiled anew since it was imported: time and size of its files. Modules of the toolchain are
not looked at. With very many modules not every request can afford to look.
-/

open Lean

namespace LeanWorker

private structure Stamp where
  file : System.FilePath
  modified : IO.FS.SystemTime
  byteSize : UInt64

private def Stamp.take? (file : System.FilePath) : BaseIO (Option Stamp) := do
  match ← file.metadata.toBaseIO with
  | .ok data => return some { file, modified := data.modified, byteSize := data.byteSize }
  | .error _ => return none

private def Stamp.holds (s : Stamp) : BaseIO Bool := do
  let some now ← Stamp.take? s.file | return false
  return now.byteSize == s.byteSize && now.modified == s.modified

structure Stamps where
  stamps : Array Stamp
  /-- When they were last compared. -/
  checkedMs : IO.Ref Nat

/-- More files than that are compared at most once in a second. -/
private def filesMax : Nat := 400

/-- The stamps of the user's modules in `env`. -/
def Stamps.take (path : SearchPath) (env : Environment) : IO Stamps := do
  let mut stamps := #[]
  for module in env.header.moduleNames do
    if isOwnModule module then continue
    let some file ← path.findWithExt "olean" module | continue
    for part in [file, file.addExtension "private"] do
      if let some stamp ← Stamp.take? part then stamps := stamps.push stamp
  return { stamps, checkedMs := ← IO.mkRef (← IO.monoMsNow) }

/-- Whether all files are still those that were imported. -/
def Stamps.hold (s : Stamps) : BaseIO Bool := do
  let now ← IO.monoMsNow
  if s.stamps.size > filesMax && now < (← s.checkedMs.get) + 1000 then return true
  s.checkedMs.set now
  s.stamps.allM (·.holds)

end LeanWorker
