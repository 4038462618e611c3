-- SPDX-License-Identifier: Apache-2.0
-- Elaborates two files again and again, so that V8 sees what is commonly hot in Lean and compiles it well; what it compiled is kept in
-- lean.code. Arguments: how many rounds, a file without imports, a file that begins where `import Lean` ends.
import Lean
open Lean Elab

def load (modules : Array Name) : IO Environment :=
  importModules (modules.map fun module => { module }) {} (loadExts := true)

/-- One file, and what a caller does with its messages. Gives the number of its errors. -/
def elaborate (env : Environment) (file source : String) : IO Nat := do
  let state ← IO.processCommands (Parser.mkInputContext source file) {} (Command.mkState env {} {})
  let mut errors := 0
  for message in state.commandState.messages.toList do
    let json ← message.toJson
    if message.severity == .error && json.compress.length > 0 then errors := errors + 1
  return errors

unsafe def main (args : List String) : IO UInt32 := do
  let [rounds, plain, programs] := args | return 2
  enableInitializersExecution
  let plainText ← IO.FS.readFile plain
  let programsText ← IO.FS.readFile programs
  let init ← load #[`Init]
  let lean ← load #[`Lean]
  for _ in [0:rounds.toNat!] do
    for (env, name, text) in [(init, plain, plainText), (lean, programs, programsText), (lean, plain, plainText)] do
      let errors ← elaborate env name text
      -- Two are meant, in the plain one.
      if errors > 2 then
        IO.eprintln s!"{name}: {errors} errors"
        return 1
  return 0
