-- SPDX-License-Identifier: Apache-2.0
-- Writes the missing `.ir` file of every module named on standard input, one `path/without/extension` per line, relative to
-- the folder given as argument. The package ships the compiler's code inside the `.olean` files only; Lean at its ordinary
-- import level looks for it in `.ir` files, and without them nothing can be interpreted.
--
-- This program itself is run without `.ir` files, where bodies of library definitions are missing: nothing that the
-- compiler would inline can be used, hence the plain recursion.
import Lean.Environment
open Lean

/-- The entry that holds the compiled code, from index `i` on. -/
public partial def codeEntries (entries : Array (Name × Array EnvExtensionEntry)) (i : Nat) : Array (Name × Array EnvExtensionEntry) :=
  if h : i < entries.size then
    if entries[i].1 == `Lean.IR.declMapExt then #[entries[i]] else codeEntries entries (i + 1)
  else #[]

public def moduleName (parts : List String) (parent : Name) : Name :=
  match parts with
  | [] => parent
  | part :: rest => moduleName rest (.str parent part)

public def writeIr (folder path : String) : IO Unit := do
  let (data, _) ← readModuleData (folder ++ "/" ++ path ++ ".olean")
  saveModuleData (folder ++ "/" ++ path ++ ".ir") (moduleName (path.splitOn "/") .anonymous)
    { data with constNames := #[], constants := #[], entries := codeEntries data.entries 0 }

public partial def writeAll (folder : String) (input : IO.FS.Stream) : IO Unit := do
  let line ← input.getLine
  if line.isEmpty then return
  match line.splitOn "\n" with
  | path :: _ => writeIr folder path; writeAll folder input
  | [] => return

public def main (args : List String) : IO UInt32 := do
  match args with
  | [folder] => writeAll folder (← IO.getStdin); return 0
  | _ => return 2
