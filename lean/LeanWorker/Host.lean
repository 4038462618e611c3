-- SPDX-License-Identifier: Apache-2.0
import LeanWorker.Frame
import LeanWorker.Run
import LeanWorker.Upkeep
import LeanWorker.WarmUp
import LeanWorker.WorkThread

/-!
# Serving a connection

The reading loop and what it answers itself (`configure`, `health`, `echo`, `cancel`, `terminate`); everything that runs Lean
goes to the work thread, so that the loop stays free. The process is left only by `IO.Process.forceExit`.
-/

open Lean

namespace LeanWorker

def hostVersion : String := "0.1.0"

structure Host where
  input : Input
  output : Output
  sessions : IO.Ref Sessions
  sources : LoadedSources
  /-- Where the host's own modules are, for capabilities that import them; `none` if it does not know. -/
  ownFolder : Option System.FilePath
  /-- Whether the thread runs that sends rows which waited long enough. -/
  sendsLate : IO.Ref Bool
  thread : WorkThread
  upkeep : Upkeep
  requestsDone : IO.Ref Nat
  startMs : Nat
  /-- The path that `configure` (or else Lean's start) set, without the host's own modules. -/
  searchPath : IO.Ref SearchPath
  /-- The cap for bodies from the parent; 64 KiB until `configure`. -/
  receiveBytesMax : IO.Ref Nat
  configured : IO.Ref Bool

/-! ## Facts about the process -/

/-- As `lean --short-version` says it. -/
private def leanVersion : String :=
  if version.specialDesc != "" then s!"{versionStringCore}-{version.specialDesc}"
  else if version.isRelease then versionStringCore
  else s!"{versionStringCore}-pre"

/-- The `index`th word of a file of `/proc`, if it is there and a number. -/
private def procNumber (path : String) (index : Nat) : BaseIO (Option Nat) := do
  match ← (IO.FS.readFile path).toBaseIO with
  | .error _ => return none
  | .ok text => return ((text.splitOn " ")[index]?).bind (·.toNat?)

private def orNull : Option Nat → Json
  | some n => n
  | none => .null

private def helloBody (sessions : Array Session) : IO String := do
  let lean := Json.mkObj [("version", leanVersion), ("commit", githash), ("target", System.Platform.target)]
  let limits := Json.mkObj
    [("in_flight_max", 1), ("receive_bytes_max", bodyBytesMaxLimit), ("send_bytes_max", bodyBytesMaxLimit)]
  return (Json.mkObj
    [("protocol", 1), ("child", Json.mkObj [("kind", "lean-host"), ("version", hostVersion)]), ("lean", lean),
     ("pid", orNull (← procNumber "/proc/self/stat" 0)), ("capabilities", jsonStrings #["open_session", "check", "run", "health", "echo"]),
     ("limits", limits), ("sessions", .arr (sessions.map (·.toJson)))]).compress

private def health (host : Host) : IO Json := do
  let running ← host.thread.job
  let sessions ← host.sessions.get
  let pages ← procNumber "/proc/self/statm" 1
  return Json.mkObj
    [("uptime_ms", (← IO.monoMsNow) - host.startMs),
     ("running", .arr (running.toArray.map fun r => (r.requestId.toNat : Json))), ("sessions", sessions.opened.size),
     ("imports_done", sessions.importsDone), ("requests_done", ← host.requestsDone.get), ("rss_kib", orNull (pages.map (· * 4)))]

/-! ## Responses -/

/-- The one response of a request. A result over the cap becomes `output_too_large`. With a reason to retire, the parent is asked to
replace this process before the next request. -/
private def Host.respond (host : Host) (requestId : UInt64) (result : Except RequestError String) (retire : Option String := none) : IO Unit := do
  let flags := if retire.isSome then flagRetire else 0
  if let some why := retire then
    host.output.write .log requestId (Json.mkObj [("level", "info"), ("message", s!"asks to be replaced: {why}")]).compress
  match result with
  | .error e => host.output.write .response requestId e.toBody (flags ||| flagError)
  | .ok body =>
    if ← host.output.fits body.utf8ByteSize then host.output.write .response requestId body flags
    else
      let message := s!"the result has {body.utf8ByteSize} bytes, more than `frame_bytes_max.to_parent`; ask for less or raise it"
      host.output.write .response requestId (RequestError.toBody { code := .outputTooLarge, message }) (flags ||| flagError)

private def Host.progress (host : Host) (requestId : UInt64) (phase : String) (current total : Nat) : IO Unit :=
  host.output.write .progress requestId (Json.mkObj [("phase", phase), ("current", current), ("total", total), ("host", true)]).compress

private def Host.diagnostic (host : Host) (requestId : UInt64) (body : Json) : IO Unit :=
  host.output.write .diagnostic requestId body.compress

/-! ## configure -/

private def bad (message : String) : RequestError := { code := .badRequest, message }

private def readPath (json : Json) : Except RequestError (Option SearchPath) := do
  let some entries ← member? json "search_path" strings | return none
  if let some entry := entries.find? fun (e : String) => !System.FilePath.isAbsolute ⟨e⟩ then
    throw (bad s!"member `search_path` holds '{entry}', which is not absolute")
  return some (entries.toList.map System.FilePath.mk)

/-- The path with the host's own modules at its end, for capabilities. -/
private def Host.withOwn (host : Host) (path : SearchPath) : SearchPath :=
  match host.ownFolder with
  | some folder => if path.contains folder then path else path ++ [folder]
  | none => path

private def readSealKey (json : Json) : Except RequestError (Option SealKey) := do
  let some text ← member? json "seal_key" string | return none
  let some key := SealKey.ofHex? text | throw (bad "member `seal_key` must be a string of 32 lower-case hexadecimal digits")
  return some key

private def configure (host : Host) (body : ByteArray) : RequestIO Json := do
  if ← host.configured.get then throw (bad "`configure` comes once")
  let json ← ofExcept (bodyText body >>= parseBody)
  let caps := (← ofExcept (member? json "frame_bytes_max" object)).getD (Json.mkObj [])
  let cap name := do
    let cap ← member? caps name (natural bodyBytesMaxBeforeConfigure bodyBytesMaxLimit) "frame_bytes_max."
    return cap.getD 16777216
  let toChild ← ofExcept (cap "to_child")
  let toParent ← ofExcept (cap "to_parent")
  let path ← ofExcept (readPath json)
  let sessionsMax ← ofExcept (member? json "sessions_max" (natural 1 64))
  let key ← ofExcept (readSealKey json)
  let memoryBytesMax ← ofExcept (member? json "memory_bytes_max" (natural 1 (2 ^ 50)))
  let warmUp ← ofExcept (member? json "warm_up" bool)
  if let some path := path then host.searchPath.set path
  host.upkeep.memoryBytesMax.set memoryBytesMax
  host.receiveBytesMax.set toChild
  host.output.bodyBytesMax.set toParent
  host.sessions.modify fun st => { st with sessionsMax := sessionsMax.getD st.sessionsMax }
  if let some key := key then host.output.sealer.use key
  host.configured.set true
  if warmUp.getD (!host.upkeep.machineCode) then host.thread.whileIdle (← warmUpPieces host.sessions)
  return Json.mkObj []

/-! ## Requests that run Lean -/

/-- The path that the request asks for: the configured one, or an extension of it in front. -/
private def sessionPath (host : Host) (json : Json) : RequestIO SearchPath := do
  let configured ← host.searchPath.get
  let some path ← ofExcept (readPath json) | return configured
  unless configured.isSuffixOf path do
    throw (bad "member `search_path` must be the configured one, or extend it in front")
  return path

private def runOpenSession (host : Host) (context : CheckContext) (json : Json) : RequestIO Json := do
  let some names ← ofExcept (readImports json) | throw (bad "member `imports` is missing; it must be an array of strings")
  discard <| readOptions json (final := false)
  let path ← sessionPath host json
  throwIfCancelled context.token
  searchPathRef.set (host.withOwn path)
  let opened ← (openSession host.sessions (← importKeyOf names) (Parser.mkInputContext "" "<imports>") 0
    fun current => context.progress "import" current 1).toBaseIO
  match opened with
  | .error e => throw { code := .importFailed, message := toString e }
  | .ok (.error log) =>
    let words ← log.toList.mapM fun m => m.data.toString
    throw { code := .importFailed, message := "\n".intercalate words }
  | .ok (.ok use) =>
    discard <| readOptions json (final := true)
    let .obj members := use.session.toJson | throw { code := .internal, message := "a session is an object" }
    let extra := [("import_ms", (use.importMs : Json)), ("reused", use.reused), ("imports_done", (← host.sessions.get).importsDone)]
    return Json.mkObj (members.toList ++ extra)

/-- Runs a command of a capability. `text` is `json` as it came. -/
private def runRun (host : Host) (requestId : UInt64) (context : CheckContext) (text : String) (json : Json) : RequestIO String := do
  let request ← ofExcept (readRunRequest text json)
  let path ← sessionPath host json
  unless ← host.sendsLate.swap true do discard <| IO.asTask (prio := .dedicated) host.output.wire.sendLate
  let openStream := do
    -- The field of rows; it serves every kind but the response.
    let idField ← host.output.sealer.field .row requestId
    Stream.open host.output.wire idField (← host.output.bodyBytesMax.get) context.fileToken
  let runContext : RunContext :=
    { check := context, sources := host.sources, streamFile := host.ownFolder.map (· / "LeanWorker" / "Stream.olean"), openStream }
  searchPathRef.set (host.withOwn path)
  runCommand runContext request

/-- What a request gives. -/
structure Answer where
  text : String
  /-- Whether it says that something is wrong, which the state of this process may have caused. -/
  saysWrong : Bool := false
  /-- Whether Lean's registries say what they said when it began. A capability may change them for its own work. -/
  keepsRegistries : Bool := false

/-- What is wrong according to this result, if that may come from the state of the process. -/
private def wrongIn : Except RequestError Answer → Option String
  | .ok answer => if answer.saysWrong then some "it found errors" else none
  | .error e => if [.ioError, .importFailed, .capabilityFailed, .leanException, .internal].contains e.code then some e.message else none

/-- The result, or that it is not to be believed, and why. -/
private def Host.believed (host : Host) (result : Except RequestError Answer) : BaseIO (Except RequestError String × Option String) := do
  let wrong := wrongIn result
  let keepsRegistries := match result with | .ok answer => answer.keepsRegistries | .error _ => false
  let sessions ← host.sessions.get
  let some doubt ← host.upkeep.doubt? (if keepsRegistries then sessions.current else none) wrong.isSome | return (result.map (·.text), none)
  let what := (fitText (wrong.getD "it found no errors") 1024).1
  return (.error { code := doubt.code, message := s!"{doubt.why}; what came out is not to be believed: {what}" }, doubt.why)

/-- Runs on the work thread. The request stops running before its response is written, so that a parent that reads the response
can send the next request at once. -/
private def runRequest (host : Host) (requestId : UInt64) (token fileToken : IO.CancelToken) (phases : Option PhaseClock)
    (work : CheckContext → RequestIO Answer) (restoreThread : BaseIO Unit) : IO Unit := do
  let context : CheckContext :=
    { sessions := host.sessions, token, fileToken, progress := host.progress requestId, diagnostic := host.diagnostic requestId, phases }
  context.mark "receive"
  host.sessions.modify fun st => { st with current := none }
  host.upkeep.prepare (← host.searchPath.get)
  context.mark "prepare"
  let result ← (work context).toBaseIO
  -- An interrupted Lean may end in an exception of any kind.
  let result ← match result with
    | .error { code := .leanException, .. } => pure (if ← token.isSet then .error cancelledError else result)
    | _ => pure result
  context.mark "encode"
  let (result, doubt) ← host.believed result
  let sessions ← host.sessions.get
  host.upkeep.putBack sessions restoreThread
  let ownThreads := if ← host.sendsLate.get then 2 else 1
  let retire ← if doubt.isSome then pure doubt else host.upkeep.retire? ownThreads sessions restoreThread
  context.mark "upkeep"
  let result ← match result, phases with
    | .ok text, some clock => pure (.ok (← clock.addTo text))
    | _, _ => pure result
  host.requestsDone.modify (· + 1)
  host.thread.finish requestId
  host.respond requestId result retire

/-- Hands the work to the work thread, or throws `busy`. -/
private def start (host : Host) (requestId : UInt64) (work : CheckContext → RequestIO Answer) (phases : Option PhaseClock := none) :
    RequestIO Unit := do
  let token ← IO.CancelToken.new
  let fileToken ← IO.CancelToken.new
  let run restoreThread : BaseIO Unit := do
    if let .error e ← (runRequest host requestId token fileToken phases work restoreThread).toBaseIO then
      host.thread.finish requestId
      discard <| (host.respond requestId (.error { code := .internal, message := toString e })).toBaseIO
  unless ← host.thread.start { requestId, token, fileToken, run } do
    throw { code := .busy, message := "a request is running, and `in_flight_max` is 1" }

private def checkAnswer (result : Json) : Answer :=
  { keepsRegistries := true, text := result.compress, saysWrong := (result.getObjValD "verdict").getStr?.toOption == some "has_errors" }

/-- Answers the request at once, or starts it and answers later (`none`). -/
private def answer (host : Host) (frame : Frame) : RequestIO (Option String) := do
  unless ← host.configured.get do throw (bad "the first frame must be `configure`")
  let receivedNs ← IO.monoNanosNow
  let text ← ofExcept (bodyText frame.body)
  let json ← ofExcept (parseBody text)
  match ← ofExcept (member json "op" string) with
  | "health" => return some (← health host).compress
  | "echo" => match json.getObjVal? "value" with
    | .ok value => return some value.compress
    | .error _ => throw (bad "member `value` is missing")
  | "check" =>
    let phases ← if (← ofExcept (member? json "phases" bool)).getD false then some <$> PhaseClock.startingAt receivedNs else pure none
    start host frame.requestId (fun context => return checkAnswer (← runCheck context json)) phases
    return none
  | "open_session" => start host frame.requestId fun context => return { text := (← runOpenSession host context json).compress }; return none
  | "run" => start host frame.requestId fun context => return { text := ← runRun host frame.requestId context text json }; return none
  | op => throw { code := .unknownOp, message := s!"this host has no operation '{op}'; `hello.capabilities` lists what it has" }

/-! ## The loop -/

/-- Leaves at once: Lean's ordinary exit can wait for ever for a thread that works. Whatever runs is cancelled only so that it does not go
on while the process ends. -/
private def leave (host : Host) : IO Unit := do
  if let some job ← host.thread.job then job.cancel
  for stream in [← IO.getStdout, ← IO.getStderr] do discard <| stream.flush.toBaseIO
  IO.Process.forceExit 0

private def handle (host : Host) (frame : Frame) : IO Unit := do
  match frame.kind with
  | .configure => host.respond frame.requestId ((← (configure host frame.body).toBaseIO).map (·.compress))
  | .request => match ← (answer host frame).toBaseIO with
    | .ok none => pure ()
    | .ok (some result) => host.respond frame.requestId (.ok result)
    | .error e => host.respond frame.requestId (.error e)
  | .cancel => host.thread.cancel frame.requestId
  | _ => leave host

private partial def loop (host : Host) : IO Unit := do
  let some frame ← host.input.next (← host.receiveBytesMax.get) | leave host
  handle host frame
  loop host

/-- The folder with the host's own compiled modules. In a process from an image the search path is that of image time, and
the folder may have been moved since. -/
private def findOwnFolder : IO (Option System.FilePath) := do
  let given := (← IO.getEnv "LEAN_PATH").map System.SearchPath.parse |>.getD []
  (given ++ (← searchPathRef.get)).findM? fun folder => (folder / "LeanWorker" / "Stream.olean").pathExists

/-- The search path that Lean's start made, of folders that are there, without the host's own. -/
private def startPath : IO SearchPath := do
  (← searchPathRef.get).filterM fun folder => return (← folder.isDir) && !(← (folder / "LeanWorker" / "Stream.olean").pathExists)

/-- Serves one connection until its end; does not return. `sessions` are those that an image brought along. -/
def serve (sessions : Sessions) : IO Unit := do
  try
    let ownFolder ← findOwnFolder
    let path ← startPath
    let host : Host :=
      { input := ← Input.open, output := ← Output.open, sessions := ← IO.mkRef sessions, sources := ← IO.mkRef #[]
        ownFolder, sendsLate := ← IO.mkRef false, thread := ← WorkThread.new, upkeep := ← Upkeep.new sessions.start, requestsDone := ← IO.mkRef 0, startMs := ← IO.monoMsNow
        searchPath := ← IO.mkRef path, receiveBytesMax := ← IO.mkRef bodyBytesMaxBeforeConfigure, configured := ← IO.mkRef false }
    host.output.write .hello 0 (← helloBody sessions.opened)
    loop host
  catch e => dieOfBrokenConnection (toString e)

end LeanWorker
