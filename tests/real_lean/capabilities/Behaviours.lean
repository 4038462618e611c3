-- SPDX-License-Identifier: Apache-2.0
import LeanWorker.Capability
import Lean.Data.Json.Parser

/-! Everything that a capability may do, good or bad, each under a short name. For tests. -/

open Lean (Json)
open LeanWorker Stream

namespace Behaviours

private def natural (request : String) (fallback : Nat) : Nat :=
  match Json.parse request with
  | .ok json => json.getNat?.toOption.getD fallback
  | .error _ => fallback

/-- A text of so many bytes, by doubling: a character at a time would take a second for a million. -/
private partial def filler (c : Char) (bytes : Nat) : String :=
  if bytes ≤ 1 then "".pushn c bytes else
  let half := filler c (bytes / 2)
  if bytes % 2 == 0 then half ++ half else (half ++ half).push c

/-- A JSON string whose text has so many bytes, quotes included. -/
private def quoted (bytes : Nat) : String := "\"" ++ filler 'x' (bytes - 2) ++ "\""

private def indexRow (i : Nat) : String := "{\"i\":" ++ toString i ++ "}"

/-! ## Streams that end well -/

@[worker_command "basic"]
def basic (_ : String) (s : Stream) : IO Unit := do
  s.diagnostic "fixture.started" "said \"once\"\n"
  s.row "rows" "{\"kind\":\"request\",\"ordinal\":0}"
  s.row "rows" "{\"kind\":\"done\",\"ordinal\":1}"
  s.diagnostic "fixture.finished" ""
  s.metadata "{\"overwritten\":true}"
  s.metadata "{\"fixture\":\"worker_data_stream\",\"ok\":true}"

@[worker_command "many"]
def many (request : String) (s : Stream) : IO Unit := do
  for i in [0:natural request 512] do s.row "rows" (indexRow i)

/-- Two streams by turns, and one in the middle that comes once. -/
@[worker_command "interleaved"]
def interleaved (request : String) (s : Stream) : IO Unit := do
  for i in [0:natural request 600] do
    s.row "even" (indexRow (2 * i))
    s.row "odd" (indexRow (2 * i + 1))
    if i == 300 then s.row "once" "null"

/-- Many streams by turns, two rows each. -/
@[worker_command "fan"]
def fan (request : String) (s : Stream) : IO Unit := do
  for turn in [0:2] do
    for i in [0:natural request 100] do s.row s!"s{i}" (indexRow turn)

@[worker_command "chunked"]
def chunked (_ : String) (s : Stream) : IO Unit := do
  let chunks := countChunks 6 2
  for chunk in [0:chunks] do
    s.diagnostic "chunk.started" (toString chunk)
    s.emitAll #[.row "chunks" (indexRow (2 * chunk)), .row "chunks" (indexRow (2 * chunk + 1))]
    s.chunkProgress "fixture.chunk" chunk chunks
    s.diagnostic "chunk.finished" (toString chunk)
  s.emitAll #[.diagnostic "all" "done", .progress "fixture.end" 6 none, .metadata "{\"fixture\":\"worker_data_stream_chunks\"}"]

/-- Several tasks at once, each with a stream of its own and one that all share. -/
@[worker_command "tasks"]
def tasks (request : String) (s : Stream) : IO Unit := do
  let count := natural request 500
  let tasks ← (Array.range 4).mapM fun t => IO.asTask (prio := .dedicated) do
    for i in [0:count] do
      s.row s!"task{t}" (indexRow i)
      s.row "shared" (indexRow t)
  for task in tasks do IO.ofExcept task.get

@[worker_command "large"]
def large (request : String) (s : Stream) : IO Unit :=
  s.row "rows" (quoted (natural request 8192))

/-- Sizes around the edges that the encoding has. -/
@[worker_command "sizes"]
def sizes (_ : String) (s : Stream) : IO Unit := do
  for size in [1, 2, 200, 255, 256, 4000, 4081, 4082, 4083, 4096, 32700, 32768, 65520, 65536, 70000, 3] do
    s.row "sizes" (if size == 1 then "7" else quoted size)

@[worker_command "slow_after_row"]
def slowAfterRow (_ : String) (s : Stream) : IO Unit := do
  s.row "rows" "{\"kind\":\"before-timeout\"}"
  IO.sleep 400

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

/-- As many rows of 200 bytes as asked for. -/
@[worker_command "throughput"]
def throughput (request : String) (s : Stream) : IO Unit := do
  let text := quoted 200
  for _ in [0:natural request 20000] do s.row "rows" text

/-! ## Streams that end badly -/

@[worker_command "chunk_error"]
def chunkError (_ : String) (s : Stream) : IO Unit := do
  s.emitAll #[.row "chunks" (indexRow 0), .row "chunks" (indexRow 1)]
  s.diagnostic "fixture.chunk_error" "chunk 1 failed"
  throw (IO.userError "chunk 1 failed with status 10")

/-- Swallows the exception; the request must end with the fault all the same. -/
@[worker_command "empty_stream"]
def emptyStream (_ : String) (s : Stream) : IO Unit := do
  try s.row "" "null" catch _ => pure ()
  try s.row "rows" "null" catch _ => pure ()

@[worker_command "long_stream"]
def longStream (_ : String) (s : Stream) : IO Unit := s.row (filler 's' 256) "null"

@[worker_command "empty_payload"]
def emptyPayload (_ : String) (s : Stream) : IO Unit := do
  s.row "rows" "null"
  s.row "rows" ""

@[worker_command "row_over_cap"]
def rowOverCap (request : String) (s : Stream) : IO Unit := do
  try large request s catch _ => pure ()

@[worker_command "throws"]
def throws (request : String) (s : Stream) : IO Unit := do
  s.row "rows" "null"
  throw (IO.userError ("asked to fail: " ++ filler 'e' (natural request 0)))

@[worker_command "metadata_malformed"]
def metadataMalformed (_ : String) (s : Stream) : IO Unit := s.metadata "{\"commands\":"

/-! ## Streams that do not end by themselves -/

@[worker_command "forever"]
partial def forever (_ : String) (s : Stream) : IO Unit := do
  while true do s.row "rows" "null"

/-- Rows seldom; watches for the cancel itself and says so. -/
@[worker_command "watches_cancel"]
partial def watchesCancel (_ : String) (s : Stream) : IO Unit := do
  s.row "rows" "null"
  while !(← s.cancelled) do IO.sleep 5
  s.diagnostic "cancelled" "seen"

@[worker_command "checks_canceled"]
partial def checksCanceled (_ : String) (s : Stream) : IO Unit := do
  s.row "rows" "null"
  while !(← IO.checkCanceled) do IO.sleep 5

/-- Leaves a task behind that goes on with rows after the function has returned, and writes what it met into a file. -/
@[worker_command "leaves_a_task"]
def leavesATask (request : String) (s : Stream) : IO Unit := do
  let file := ((Json.parse request).bind (·.getStr?)).toOption.getD ""
  s.row "rows" "null"
  discard <| IO.asTask (prio := .dedicated) do
    try
      while true do
        s.row "rows" "null"
        IO.sleep 1
    catch e => IO.FS.writeFile file (toString e)

/-! ## JSON commands -/

@[worker_command "accepts"]
def accepts (_ : String) : IO String := return "{\"accepted\":true,\"kind\":\"fixture\"}"

@[worker_command "same"]
def same (request : String) : IO String := return request

@[worker_command "result_malformed"]
def resultMalformed (_ : String) : IO String := return "{\"accepted\":tru"

@[worker_command "result_too_deep"]
def resultTooDeep (_ : String) : IO String := return filler '[' 1000000

@[worker_command "result_large"]
def resultLarge (request : String) : IO String := return quoted (natural request 8192)

@[worker_command "json_throws"]
def jsonThrows (_ : String) : IO String := throw (IO.userError "no answer")

@[worker_command "waits"]
partial def waits (_ : String) : IO String := do
  while !(← IO.checkCanceled) do IO.sleep 5
  return "null"

/-! ## Not commands -/

abbrev Command := String → IO String
/-- A command under another name for its type. -/
def aliased : Command := same

def number : Nat := 7
def wrongResult (request : String) : IO Nat := return request.length
def pureText (request : String) : String := request
def noStream (_ : String) : IO Unit := return ()

end Behaviours
