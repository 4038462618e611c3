-- SPDX-License-Identifier: Apache-2.0
import LeanWorker.Stream
import LeanWorker.Capability

/-! The commands that a capability for a whole library has: what it says of itself, and a few that stream small indexes. For tests. -/

open LeanWorker Stream

namespace Shapes

private def indexRow (i : Nat) : String := "{\"i\":" ++ toString i ++ "}"

private def terminal (command : String) (rows : Nat) : String :=
  "{\"command\":" ++ jsonString command ++ ",\"ok\":true,\"rows\":" ++ toString rows ++ "}"

/-! ## What it says of itself -/

@[worker_command "version"]
def version (_ : String) : IO String :=
  return "{\"name\":\"shapes\",\"version\":\"fixture-1\",\"lean_version\":" ++ jsonString Lean.versionString ++ "}"

@[worker_command "metadata"]
def metadata (_ : String) : IO String :=
  return "{\"commands\":[{\"name\":\"version\",\"version\":\"fixture-1\"},{\"name\":\"index\",\"version\":\"fixture-2\"}]," ++
    "\"capabilities\":[{\"name\":\"rows.json\",\"version\":\"1\"},{\"name\":\"diagnostics\",\"version\":\"1\"}]," ++
    "\"lean_version\":" ++ jsonString Lean.versionString ++ ",\"extra\":{\"fixture\":true}}"

@[worker_command "metadata_malformed"]
def metadataMalformed (_ : String) : IO String := return "{\"commands\":[{\"name\":\"version\"}],\"capabilities\":[]}"

@[worker_command "doctor"]
def doctor (_ : String) : IO String :=
  return "{\"diagnostics\":[" ++
    "{\"severity\":\"pass\",\"code\":\"shapes.lean\",\"message\":\"Lean is there\"}," ++
    "{\"severity\":\"warning\",\"code\":\"shapes.cache\",\"message\":\"no cache\",\"details\":{\"folder\":null}}," ++
    "{\"severity\":\"error\",\"code\":\"shapes.index\",\"message\":\"no index\"}],\"metadata\":{\"fixture\":\"doctor\"}}"

@[worker_command "doctor_malformed"]
def doctorMalformed (_ : String) : IO String :=
  return "{\"diagnostics\":[{\"severity\":\"fatal\",\"code\":\"shapes.lean\",\"message\":\"\"}]}"

/-! ## Indexes -/

private def rows (s : Stream) (command : String) (counts : List (String × Nat)) : IO Unit := do
  for (stream, count) in counts do
    for i in [0:count] do s.row stream (indexRow i)
  s.metadata (terminal command (counts.foldl (· + ·.2) 0))

@[worker_command "extract"]
def extract (_ : String) (s : Stream) : IO Unit := rows s "extract" [("declarations", 2)]

@[worker_command "features"]
def features (_ : String) (s : Stream) : IO Unit := rows s "features" [("features", 2)]

@[worker_command "index"]
def index (_ : String) (s : Stream) : IO Unit := rows s "index" [("declarations", 2), ("features", 2)]

@[worker_command "probe"]
def probe (_ : String) (s : Stream) : IO Unit := rows s "probe" [("probes", 1)]

/-- The same at the scale of a library: rows of three kinds by turns, with progress. -/
@[worker_command "scale_index"]
def scaleIndex (_ : String) (s : Stream) : IO Unit := do
  s.diagnostic "scale.index.started" ""
  for i in [0:16] do
    s.row "declarations" (indexRow i)
    s.row "features" (indexRow i)
    if i < 15 then s.row "probes" (indexRow i)
    if i % 4 == 3 then s.chunkProgress "scale.index" (i / 4) 4
  s.diagnostic "scale.index.finished" ""
  s.metadata "{\"fixture\":\"scale\",\"command\":\"index\",\"ok\":true,\"rows\":47,\"modules\":16}"

/-! ## What a parent must cope with -/

@[worker_command "many"]
def many (_ : String) (s : Stream) : IO Unit := do
  for i in [0:512] do s.row "rows" (indexRow i)

/-- Rows of 4 KiB for as long as somebody takes them. -/
@[worker_command "forever"]
partial def forever (_ : String) (s : Stream) : IO Unit := do
  let payload := "\"" ++ "".pushn 'x' 4096 ++ "\""
  while true do s.row "rows" payload

/-- JSON that is none: the stream passes it on, the parent decides. -/
@[worker_command "malformed_row"]
def malformedRow (_ : String) (s : Stream) : IO Unit := do
  s.row "rows" "{\"i\":0}"
  s.row "rows" "{not json"

@[worker_command "throws"]
def throws (_ : String) (s : Stream) : IO Unit := do
  s.row "rows" "null"
  throw (IO.userError "asked to fail")

@[worker_command "leaves"]
def leaves (_ : String) (s : Stream) : IO Unit := do
  s.row "rows" "{\"kind\":\"before-the-end\"}"
  IO.sleep 50
  IO.Process.exit 42

/-- Deaf to everything after one row. -/
@[worker_command "stalls"]
partial def stalls (_ : String) (s : Stream) : IO Unit := do
  s.row "rows" "{\"kind\":\"before-timeout\"}"
  while true do IO.sleep 5

end Shapes
