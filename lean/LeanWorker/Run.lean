-- SPDX-License-Identifier: Apache-2.0
import LeanWorker.Load

/-!
# run

Runs one command of a capability (`docs/PROTOCOL.md`, section 4.5). The command is code of the user: it may throw, stream, ignore a
cancel, or end the process; everything but the last two ends in a response here.
-/

open Lean

namespace LeanWorker

structure RunRequest where
  capability : CapabilityRef
  command : String
  /-- JSON text, spelled as it came. -/
  request : String
  json : Json

private def readCapability (json : Json) : Except RequestError CapabilityRef := do
  let capability ← member json "capability" object
  match ← member? capability "module" string "capability.", ← member? capability "path" string "capability." with
  | some module, none =>
    if module.toName.isAnonymous then
      throw { code := .badRequest, message := s!"member `capability.module` is '{module}', which is no module name" }
    return .module module.toName
  | none, some path => return .path path
  | _, _ => throw { code := .badRequest, message := "member `capability` must have exactly one of `module` and `path`" }

/-- Reads the body of a request; `text` is `json` as it came. -/
def readRunRequest (text : String) (json : Json) : Except RequestError RunRequest := do
  let capability ← readCapability json
  let command ← member json "command" string
  return { capability, command, request := (rawMember? text "request").getD "null", json }

/-- What a run may use. -/
structure RunContext where
  check : CheckContext
  sources : LoadedSources
  /-- The host's own `LeanWorker.Stream`, if it knows where that is. -/
  streamFile : Option System.FilePath
  openStream : BaseIO Stream

/-! ## Calling code of the user -/

private unsafe def evalJsonUnsafe (env : Environment) (name : Name) : Except String (String → IO String) :=
  env.evalConst (String → IO String) {} name (checkMeta := false)

@[implemented_by evalJsonUnsafe]
private opaque evalJson (env : Environment) (name : Name) : Except String (String → IO String)

private unsafe def evalStreamingUnsafe (env : Environment) (name : Name) : Except String (String → Stream → IO Unit) :=
  env.evalConst (String → Stream → IO Unit) {} name (checkMeta := false)

@[implemented_by evalStreamingUnsafe]
private opaque evalStreaming (env : Environment) (name : Name) : Except String (String → Stream → IO Unit)

private def evaluated {α : Type} (command : String) : Except String α → RequestIO α
  | .ok value => return value
  | .error why => throw { code := .capabilityFailed, message := s!"command '{command}' cannot be evaluated: {why}" }

/-- A stream is handed over as it lies in memory, so its definition must be the host's own. -/
private def checkStreamFile (context : RunContext) (ref : CapabilityRef) : RequestIO Unit := do
  let some own := context.streamFile | return
  let some used ← (← searchPathRef.get).findWithExt "olean" `LeanWorker.Stream | return
  if own == used then return
  unless (← IO.FS.readBinFile own) == (← IO.FS.readBinFile used) do
    let message := s!"the capability {ref.toString} was compiled with {used}, which differs from this host's own {own}; compile it again with that one"
    throw { code := .capabilityFailed, message }

/-- What an exception of the command becomes. Cancelled code may end in an exception of any kind. -/
private def thrown (context : RunContext) (e : IO.Error) : RequestIO RequestError := do
  if ← context.check.token.isSet then return cancelledError
  return { code := .leanException, message := (fitText (toString e) 4096).1 }

private def excerpt (text : String) : String := (fitText text 200).1

/-- Anything that the command gave and that must be JSON. -/
private def checkJson (what text : String) : RequestIO Unit := do
  if let some why := notJson? text then
    throw { code := .resultMalformed, message := s!"{what} {fitText why 200 |>.1}; it begins with: {excerpt text}" }

/-! ## The two kinds -/

private def ending (startMs : Nat) (loaded : Loaded) : BaseIO String := do
  return s!"\"elapsed_ms\":{(← IO.monoMsNow) - startMs},\"session\":{loaded.session.compress}}"

private def runJson (context : RunContext) (request : RunRequest) (loaded : Loaded) (name : Name) (startMs : Nat) : RequestIO String := do
  let call ← evaluated request.command (evalJson loaded.env name)
  match ← (call request.request).toBaseIO with
  | .error e => throw (← thrown context e)
  | .ok text =>
    throwIfCancelled context.check.token
    checkJson s!"the result of command '{request.command}'" text
    return "{\"result\":" ++ text ++ "," ++ (← ending startMs loaded)

private def faultError : Fault → RequestError
  | .malformed why => { code := .rowMalformed, message := why }
  | .tooLarge why => { code := .outputTooLarge, message := why }

private def rowCounts (out : Outbox) : List (String × Nat) :=
  let lanes := if out.name.isEmpty then [] else out.nextLane :: out.rest.others ++ out.rest.more.values
  lanes.map fun lane => (lane.name, lane.first)

private def runStreaming (context : RunContext) (request : RunRequest) (loaded : Loaded) (name : Name) (startMs : Nat) : RequestIO String := do
  checkStreamFile context request.capability
  let call ← evaluated request.command (evalStreaming loaded.env name)
  let stream ← context.openStream
  let ended ← (call request.request stream).toBaseIO
  let out ← stream.close
  if let some fault := out.rest.fault then throw (faultError fault)
  if let .error e := ended then throw (← thrown context e)
  throwIfCancelled context.check.token
  let metadata := out.rest.metadata.getD "null"
  checkJson s!"the metadata of command '{request.command}'" metadata
  let counts := rowCounts out
  let total := counts.foldl (init := 0) fun n c => n + c.2
  let streams := (Json.mkObj (counts.map fun (name, n) => (name, (n : Json)))).compress
  return "{\"rows\":" ++ toString total ++ ",\"streams\":" ++ streams ++ ",\"metadata\":" ++ metadata ++ "," ++ (← ending startMs loaded)

/-- Runs the operation `run`; the text of the result. The search path of the request is set. -/
def runCommand (context : RunContext) (request : RunRequest) : RequestIO String := do
  let startMs ← IO.monoMsNow
  throwIfCancelled context.check.token
  let loaded ← loadCapability context.check context.sources request.json request.capability
  throwIfCancelled context.check.token
  let found ← findCommand request.capability loaded request.command
  match found.kind with
  | .json => runJson context request loaded found.name startMs
  | .streaming => runStreaming context request loaded found.name startMs

end LeanWorker
