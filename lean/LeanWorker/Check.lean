-- SPDX-License-Identifier: Apache-2.0
import Lean.Elab.Frontend
import LeanWorker.Session
import LeanWorker.Declarations
import LeanWorker.Phases

/-!
# check

Elaborates one source as `lean --json` would, command by command, so that it can be cancelled between and inside commands, can
tell how far it is, and never holds more than the messages of one command. `Elab.async` is off: when a command returns, its
messages are all there, and all its work was done (and its heartbeats counted) on this thread.
-/

open Lean Elab

namespace LeanWorker

/-! ## Lean options of a request -/

private def optionError (name what : String) : RequestError :=
  { code := .badRequest, message := s!"member `options.{name}` {what}" }

/-- The value in the type that the option was declared with. -/
private def optionValue (name : String) (decl : OptionDecl) (value : Json) : Except RequestError DataValue :=
  match decl.defValue with
  | .ofBool _ => as bool .ofBool
  | .ofNat _ => as (natural 0 (2 ^ 62)) .ofNat
  | .ofString _ => as string .ofString
  | .ofName _ => as string (.ofName ·.toName)
  | _ => throw (optionError name "cannot be set from outside; use `set_option` in the source")
where
  as {α : Type} (reader : Reader α) (wrap : α → DataValue) : Except RequestError DataValue :=
    match reader.read value with
    | some a => .ok (wrap a)
    | none => .error (optionError name s!"must be {reader.expected}")

/-- Reads the member `options`. Importing a module may register more options, so a name that is not known yet is an error only
with `final`, that is after the import. -/
def readOptions (request : Json) (final : Bool) : RequestIO Options := do
  let some options ← ofExcept (member? request "options" object) | return {}
  let .ok members := options.getObj? | return {}
  let decls ← getOptionDecls
  let mut result : Options := {}
  for (name, value) in members.toList do
    match decls.find? name.toName with
    | some decl => result := result.insert name.toName (← ofExcept (optionValue name decl value))
    | none => if final then throw (optionError name "is not an option of this Lean or of the imported modules")
  return result

/-! ## The request -/

structure CheckRequest where
  source : String
  fileName : String
  imports : Option (Array Name)
  limits : ReportLimits
  heartbeats : Option Nat
  axioms : Bool
  /-- Hand all that it added to the kernel once more. -/
  recheck : Bool := false
  /-- The file's own module, which shows in private names. -/
  mainModule : Option Name := none
  /-- The request itself: its options are read again after the import. -/
  json : Json

/-- Module names, none of them empty. -/
def readImports (request : Json) : Except RequestError (Option (Array Name)) := do
  let some names ← member? request "imports" strings | return none
  names.mapM (m := Except RequestError) (fun text => do
    let name := text.toName
    if name.isAnonymous then throw { code := .badRequest, message := s!"member `imports` holds '{text}', which is no module name" }
    return name) |>.map some

/-- The text of the file that this member of a request names. -/
def readFile (member path : String) : RequestIO String := do
  unless System.FilePath.isAbsolute path do
    throw { code := .badRequest, message := s!"member `{member}` must be absolute, not '{path}'" }
  match ← (IO.FS.readBinFile path).toBaseIO with
  | .error e => throw { code := .ioError, message := s!"cannot read `{member}`: {e}" }
  | .ok bytes =>
    let some text := String.fromUTF8? bytes | throw { code := .ioError, message := s!"the file at `{member}` is not UTF-8: {path}" }
    return text

private def readSource (request : Json) : RequestIO (String × String) := do
  match ← ofExcept (member? request "source" string), ← ofExcept (member? request "path" string) with
  | some source, none => return (source, "<source>")
  | none, some path => return (← readFile "path" path, path)
  | _, _ => throw { code := .badRequest, message := "exactly one of the members `source` and `path` must be there" }

private def readLimits (request : Json) : Except RequestError (ReportLimits × Option Nat) := do
  let some limits ← member? request "limits" object | return ({}, none)
  let read name most := member? limits name (natural 0 most) "limits."
  let default : ReportLimits := {}
  return ({ messagesMax := (← read "messages_max" 1000000).getD default.messagesMax
            declarationsMax := (← read "declarations_max" 1000000).getD default.declarationsMax
            outputBytesMax := (← read "output_bytes_max" 268435456).getD default.outputBytesMax },
          ← read "heartbeats" 1000000000)

/-- The components of the module's name. One by one, since a file's name may have dots in it. -/
private def readMainModule (request : Json) : Except RequestError (Option Name) := do
  let some parts ← member? request "main_module" strings | return none
  return some (parts.foldl Name.str .anonymous)

def readCheckRequest (request : Json) : RequestIO CheckRequest := do
  let label ← ofExcept (member? request "file_name" string)
  let imports ← ofExcept (readImports request)
  let (limits, heartbeats) ← ofExcept (readLimits request)
  let axioms := (← ofExcept (member? request "axioms" bool)).getD false
  let recheck := (← ofExcept (member? request "recheck" bool)).getD false
  let mainModule ← ofExcept (readMainModule request)
  discard <| readOptions request (final := false)
  let (source, name) ← readSource request
  return { source, fileName := label.getD name, imports, limits, heartbeats, axioms, recheck, mainModule, json := request }

/-! ## Elaboration -/

/-- What the work may use while it runs. -/
structure CheckContext where
  sessions : IO.Ref Sessions
  /-- Whether the parent wants this request to end. Code of the file never gets hold of it. -/
  token : IO.CancelToken
  /-- Set with the other one; the one that Lean looks at. Code of the file can set it as well. -/
  fileToken : IO.CancelToken
  /-- Sends a progress frame: phase, current, total. -/
  progress : String → Nat → Nat → IO Unit
  /-- Sends a diagnostic frame. -/
  diagnostic : Json → IO Unit := fun _ => pure ()
  /-- Only if the request asked for it. -/
  phases : Option PhaseClock := none

/-- What was done since the last mark is over. -/
def CheckContext.mark (context : CheckContext) (phase : String) : BaseIO Unit :=
  match context.phases with
  | some clock => clock.mark phase
  | none => pure ()

/-- `lean` skips a first line `#lang lean4`. -/
def withoutLangLine (source : String) : String :=
  if !source.startsWith "#lang" then source
  else match source.splitOn "\n" with
    | first :: rest =>
      let language := (first.toList.drop "#lang".length).filter fun c => !c.isWhitespace
      if language == "lean4".toList then "\n".intercalate ("" :: rest) else source
    | [] => source

/-- A header with these imports and no others: Lean adds `Init` by itself where there is no `prelude`, in its own way. -/
private def headerOf (names : Array Name) : String :=
  let (first, rest) := if names[0]? == some `Init then ("", names.toList.drop 1) else ("prelude\n", names.toList)
  first ++ String.join (rest.map fun name => s!"import {name}\n")

private def keyOf (header : HeaderSyntax) : ImportKey :=
  ImportKey.withoutRepeats { imports := header.imports, isModule := header.isModule }

/-- What `names` import, as if a source began so. -/
def importKeyOf (names : Array Name) : IO ImportKey := do
  let (header, _, log) ← Parser.parseHeader (Parser.mkInputContext (headerOf names) "<imports>")
  if log.hasErrors then return { imports := names.map fun module => { module } }
  return keyOf header

/-- The imports that the header asks for; those of the request apply only if the source has no header at all. -/
def importKey (header : HeaderSyntax) (wanted : Option (Array Name)) : IO ImportKey := do
  let hasHeader := header.raw.getArgs.any fun part => part.getNumArgs != 0
  match wanted with
  | some names => if !hasHeader then return ← importKeyOf names
  | none => pure ()
  return keyOf header

/-- Elaborates one parsed command as Lean's own frontend does: output of running code becomes a message at its begin, work
that it left in tasks is waited for, and an exception is logged. -/
private def elabCommand (context : CheckContext) (input : Parser.InputContext) (beginPos : String.Pos.Raw) (stx : Syntax)
    (state : Command.State) : IO (Command.State × MessageLog) := do
  let ref ← IO.mkRef { state with messages := {}, traceState := {}, snapshotTasks := #[] }
  let commandContext : Command.Context :=
    { fileName := input.fileName, fileMap := input.fileMap, cmdPos := beginPos, snap? := none, cancelTk? := some context.fileToken }
  let options := state.scopes.head!.opts
  let (output, _) ← IO.FS.withIsolatedStreams (m := BaseIO) (isolateStderr := Core.stderrAsMessages.get options) do
    EIO.toBaseIO do
      Command.withLoggingExceptions (getResetInfoTrees *> Command.elabCommandTopLevel stx) commandContext ref
  let state ← ref.get
  let mut messages := state.messages
  unless output.isEmpty do
    messages := messages.add
      { fileName := input.fileName, severity := .information, pos := input.fileMap.toPosition beginPos, data := output }
  for task in state.snapshotTasks do
    for snapshot in task.get.getAll do
      messages := messages ++ snapshot.diagnostics.msgLog
  return (state, messages)

private def parseNext (input : Parser.InputContext) (state : Command.State) (parser : Parser.ModuleParserState) :
    Syntax × Parser.ModuleParserState × MessageLog :=
  let scope := state.scopes.head!
  Parser.parseCommand input
    { env := state.env, options := scope.opts, currNamespace := scope.currNamespace, openDecls := scope.openDecls } parser {}

/-- Tells what a parent should know in case this request never ends: the messages so far, and which command comes next. Nothing is
told before the last one, which only says that the file is over. -/
private def tellEarly (context : CheckContext) (report : MessageReport) (stx : Syntax) (place total : Nat) : IO MessageReport := do
  if Parser.isTerminalCommand stx then return report
  context.progress "elaborate" (min place total) total
  for message in report.early do
    let .obj members := message | continue
    context.diagnostic (Json.mkObj (members.toList ++ [("code", Json.str "message"), ("message", "")]))
  return { report with early := #[] }

/-- Code of a file can set the token that cancels it. -/
private def cancelledItself (context : CheckContext) : IO Bool :=
  return (← context.fileToken.isSet) && !(← context.token.isSet)

private def cancelledItselfMessage (input : Parser.InputContext) (pos : String.Pos.Raw) : Message :=
  let data := "this command cancelled the elaboration of its own file; what comes after it was not elaborated"
  { fileName := input.fileName, pos := input.fileMap.toPosition pos, severity := .error, data := .tagged `leanworker.cancelled data }

/-- All commands after the header. Ends with `cancelled` at the first command after, or inside which, the token was set. -/
def elabCommands (context : CheckContext) (request : CheckRequest) (input : Parser.InputContext) (parser : Parser.ModuleParserState)
    (options : Options) (state : Command.State) (report : MessageReport) (audit : Audit := {}) :
    RequestIO (Command.State × MessageReport × Audit) := do
  let errorsMax := Language.maxErrors.get options
  let total := request.source.utf8ByteSize
  -- A first line that was skipped counts in places.
  let skipped := total - input.endPos.byteIdx
  let mut parser := parser
  let mut state := state
  let mut report := report
  let mut audit := audit
  repeat
    throwIfCancelled context.token
    let beginPos := parser.pos
    let (stx, nextParser, parseMessages) := parseNext input state parser
    report ← report.addAll request.limits errorsMax parseMessages
    context.mark "parse"
    report ← tellEarly context report stx (skipped + (stx.getPos?.getD beginPos).byteIdx) total
    context.mark "early"
    let before := state.env
    let (nextState, messages) ← elabCommand context input beginPos stx state
    context.mark "elaborate"
    audit := audit.command (input.fileMap.toPosition (stx.getPos?.getD beginPos)).line before nextState messages
    context.mark "audit"
    report ← report.addAll request.limits errorsMax messages
    context.mark "messages"
    (parser, state) := (nextParser, { nextState with messages := {} })
    if ← cancelledItself context then
      let message := cancelledItselfMessage input (stx.getPos?.getD beginPos)
      return (state, ← report.add request.limits message, audit)
    if report.stopped || Parser.isTerminalCommand stx then break
  throwIfCancelled context.token
  return (state, report, audit)

/-! ## The result -/

private def verdict (r : MessageReport) (someSorry : Bool) : String :=
  if r.errors > 0 then "has_errors"
  else if someSorry || r.saysSorry then "incomplete"
  else if r.warnings > 0 then "has_warnings"
  else "accepted"

/-- Where the counting began: time with the request, heartbeats after the import, so that they do not depend on it. -/
private structure Times where
  startMs : Nat
  startHeartbeats : Nat

private def resultJson (times : Times) (session : Json) (r : MessageReport) (d : DeclarationReport) : BaseIO Json := do
  let heartbeats := (← IO.getNumHeartbeats) - times.startHeartbeats
  return Json.mkObj
    [("verdict", verdict r d.someSorry), ("messages", .arr r.shown), ("messages_truncated", r.truncated),
     ("counts", Json.mkObj [("error", r.errors), ("warning", r.warnings), ("info", r.infos)]),
     ("declarations", .arr d.items), ("declarations_truncated", d.truncated), ("trust", d.trustJson),
     ("trust_truncated", decide (d.trust.size > trustItemsMax)),
     ("elapsed_ms", (← IO.monoMsNow) - times.startMs), ("heartbeats", heartbeats), ("session", session)]

/-- What a response says about its session. -/
def sessionJson (imports : Array String) (reused : Bool) (importMs importsDone : Nat) : Json :=
  Json.mkObj [("imports", jsonStrings imports), ("reused", reused), ("import_ms", importMs), ("imports_done", importsDone)]

def useJson (context : CheckContext) (use : SessionUse) : BaseIO Json := do
  return sessionJson use.session.importNames use.reused use.importMs (← context.sessions.get).importsDone

/-- The result of a source whose header already ended it. -/
private def failedHeader (context : CheckContext) (times : Times) (request : CheckRequest) (key : ImportKey) (log : MessageLog) :
    RequestIO Json := do
  let report ← ({ bytesLeft := request.limits.outputBytesMax } : MessageReport).addAll request.limits 0 log
  let names := (key.imports.extract 0 1000).map fun name => (fitText name.module.toString 512).1
  let session := sessionJson names false 0 (← context.sessions.get).importsDone
  resultJson times session report { bytesLeft := 0 }

/-- The state before the first command after the header. -/
def initialState (env : Environment) (options : Options) : Command.State :=
  { Command.mkState env {} options with infoState.enabled := true }

/-- Lets the kernel judge once more, if that was asked for or the file may have kept it from judging. What it refuses is an error. -/
private def recheckIfNeeded (request : CheckRequest) (imported env : Environment) (audit : Audit) (report : MessageReport) :
    RequestIO MessageReport := do
  unless request.recheck || audit.skipsKernel || mentionsWayAroundKernel request.source || !keepsImports imported env do return report
  let some words ← recheck imported (addedConstants imported env) | return report
  let data := MessageData.tagged `leanworker.recheck m!"the kernel, asked once more, refuses a declaration of this file: {words}"
  report.add request.limits { fileName := request.fileName, pos := ⟨1, 0⟩, severity := .error, data }

/-- The rest of `runCheck`, in an open session. -/
private def checkIn (context : CheckContext) (times : Times) (request : CheckRequest) (input : Parser.InputContext)
    (parser : Parser.ModuleParserState) (headerMessages : MessageLog) (use : SessionUse) : RequestIO Json := do
  let options ← readOptions request.json (final := true)
  let options := match request.heartbeats with | some n => maxHeartbeats.set options n | none => options
  let report : MessageReport := { bytesLeft := request.limits.outputBytesMax }
  let report ← report.addAll request.limits 0 (headerMessages ++ use.log)
  let env := match request.mainModule with
    | some name => use.session.env.setMainModule name
    | none => use.session.env
  let provenance ← use.session.provenance.get
  let state := initialState env (Elab.async.set options false)
  let (state, report, audit) ← elabCommands context request input parser options state report { provenance }
  let report ← recheckIfNeeded request env state.env audit report
  context.mark "recheck"
  let declarations ← reportDeclarations env state.env audit request.limits report.bytesLeft request.axioms context.token
  use.session.provenance.set declarations.provenance
  context.mark "declarations"
  resultJson times (← useJson context use) report declarations

/-- Runs the operation `check`. -/
def runCheck (context : CheckContext) (json : Json) : RequestIO Json := do
  let times : Times := { startMs := ← IO.monoMsNow, startHeartbeats := ← IO.getNumHeartbeats }
  let request ← readCheckRequest json
  context.mark "request"
  let input := Parser.mkInputContext (withoutLangLine request.source) request.fileName
  let (header, parser, headerMessages) ← Parser.parseHeader input
  let key ← importKey header request.imports
  context.mark "header"
  if headerMessages.hasErrors then return ← failedHeader context times request key headerMessages
  throwIfCancelled context.token
  let startPos := header.raw.getPos?.getD 0
  match ← openSession context.sessions key input startPos fun current => context.progress "import" current 1 with
  | .error log => failedHeader context times request key log
  | .ok use =>
    context.mark "session"
    let times := { times with startHeartbeats := ← IO.getNumHeartbeats }
    checkIn context times request input parser headerMessages use

end LeanWorker
