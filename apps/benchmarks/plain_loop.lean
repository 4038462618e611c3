-- SPDX-License-Identifier: Apache-2.0
import Lean

/-!
What bench_check compares with: the least that checks snippets one after the other in one process, as a REPL does. One JSON line
`{"cmd": source}` in, one JSON line with the messages out; every snippet starts from the one import that is the program's argument.
Nobody watches it, nothing is bounded, and nothing is cancelled.
-/

open Lean Elab

def severity : MessageSeverity → String
  | .error => "error" | .warning => "warning" | .information => "info"

def place (p : Position) : Json := Json.mkObj [("line", p.line), ("column", p.column)]

def reply (log : MessageLog) : IO Json := do
  let mut items := #[]
  for m in log.toList do
    let endPos := match m.endPos with | some p => place p | none => .null
    let data ← m.data.toString
    items := items.push (Json.mkObj [("severity", severity m.severity), ("pos", place m.pos), ("endPos", endPos), ("data", data)])
  return Json.mkObj [("messages", .arr items)]

def check (env : Environment) (source : String) : IO Json := do
  let input := Parser.mkInputContext source "<input>"
  let (_, parser, messages) ← Parser.parseHeader input
  let state := { Command.mkState env messages with infoState.enabled := true }
  let done ← IO.processCommands input parser state
  reply done.commandState.messages

partial def loop (env : Environment) (input output : IO.FS.Stream) : IO Unit := do
  let line ← input.getLine
  if line.isEmpty then IO.Process.exit 0
  let answer ← match Json.parse line >>= (·.getObjValAs? String "cmd") with
    | .ok source => check env source
    | .error why => pure (Json.mkObj [("problem", why)])
  output.putStr (answer.compress ++ "\n")
  output.flush
  loop env input output

unsafe def main (args : List String) : IO Unit := do
  if (← searchPathRef.get).isEmpty then initSearchPath (← findSysroot)
  enableInitializersExecution
  let env ← importModules #[{ module := (args.headD "Init").toName }] {} (loadExts := true)
  let output ← IO.getStdout
  output.putStr "{\"ready\":true}\n"
  output.flush
  loop env (← IO.getStdin) output
