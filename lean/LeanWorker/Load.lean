-- SPDX-License-Identifier: Apache-2.0
import LeanWorker.Check
import LeanWorker.Capability

/-!
# Loading a capability

A capability is the environment of a module, imported like any session, or of a source file, elaborated once as long as
its content stays the same. A declaration of it is looked up here and its type is checked before anything of it runs.
-/

open Lean Elab

namespace LeanWorker

/-- Where the code of a capability is. -/
inductive CapabilityRef where
  | module (name : Name)
  | path (file : String)

def CapabilityRef.toString : CapabilityRef → String
  | .module name => s!"module {name}"
  | .path file => file

/-- A source that was elaborated. -/
structure LoadedSource where
  file : String
  source : String
  path : SearchPath
  env : Environment
  /-- What it was elaborated in. -/
  session : Session
  /-- The process after its elaboration. -/
  process : ProcessState

/-- The sources that were elaborated last, the oldest first. -/
abbrev LoadedSources := IO.Ref (Array LoadedSource)

/-- So many stay. The environment of a source shares what it imports with its session. -/
def loadedSourcesMax : Nat := 4

/-- What a command is looked up in, and what the response says about its session. -/
structure Loaded where
  env : Environment
  /-- The module that was asked for; `none` for a source. -/
  module : Option Name
  session : Json

private def failed (ref : CapabilityRef) (why : String) : RequestError :=
  { code := .capabilityFailed, message := s!"the capability {ref.toString} {fitText why 4096 |>.1}" }

/-- An import of a capability that fails. -/
private def importFailed (ref : CapabilityRef) (log : MessageLog) : RequestIO RequestError := do
  let words ← log.toList.mapM fun m => m.data.toString
  return failed ref ("cannot be imported: " ++ "\n".intercalate words)

private def openFor (context : CheckContext) (ref : CapabilityRef) (key : ImportKey) (input : Parser.InputContext) : RequestIO SessionUse := do
  match ← openSession context.sessions key input 0 fun current => context.progress "import" current 1 with
  | .ok use => return use
  | .error log => throw (← importFailed ref log)

private def loadModule (context : CheckContext) (ref : CapabilityRef) (name : Name) : RequestIO Loaded := do
  let use ← openFor context ref { imports := #[{ module := name }] } (Parser.mkInputContext "" name.toString)
  return { env := use.session.env, module := name, session := ← useJson context use }

/-- `file:line:column: error: text`, as `lean` prints it. -/
private def errorLine (file : String) (message : Json) : Option String := do
  guard ((message.getObjValD "severity").getStr? matches .ok "error")
  let text ← (message.getObjValD "text").getStr?.toOption
  return s!"{file}:{(message.getObjValD "line").compress}:{(message.getObjValD "column").compress}: error: {text}"

private def elabFailed (ref : CapabilityRef) (file : String) (report : MessageReport) : RequestError :=
  let lines := report.shown.filterMap (errorLine file)
  failed ref (s!"has {report.errors} errors:\n" ++ "\n".intercalate lines.toList)

private def elabSource (context : CheckContext) (ref : CapabilityRef) (file source : String) (json : Json) : RequestIO (LoadedSource × Json) := do
  let input := Parser.mkInputContext (withoutLangLine source) file
  let (header, parser, messages) ← Parser.parseHeader input
  let limits : ReportLimits := { messagesMax := 100 }
  let report ← ({ bytesLeft := 65536 } : MessageReport).addAll limits 0 messages
  if messages.hasErrors then throw (elabFailed ref file report)
  let use ← openFor context ref (← importKey header none) input
  let request : CheckRequest := { source, fileName := file, imports := none, limits, heartbeats := none, axioms := false, json }
  let options := Elab.async.set {} false
  let (state, report, _) ← elabCommands context request input parser options (initialState use.session.env options) report
    { provenance := ← use.session.provenance.get }
  if report.errors > 0 then throw (elabFailed ref file report)
  return ({ file, source, path := ← searchPathRef.get, env := state.env, session := use.session
            process := ← ProcessState.takeWith use.session.env }, ← useJson context use)

/-- Whether what it imports is still what it was. -/
private def LoadedSource.isGood (s : LoadedSource) (context : CheckContext) : BaseIO Bool := do
  return (← context.sessions.get).holds s.session.initialized && (← s.session.stamps.hold)

private def loadPath (context : CheckContext) (sources : LoadedSources) (ref : CapabilityRef) (file : String) (json : Json) : RequestIO Loaded := do
  let source ← readFile "capability.path" file
  let path ← searchPathRef.get
  let loaded ← sources.get
  let known := loaded.find? fun s => s.file == file && s.source == source && s.path == path
  if let some hit ← known.filterM fun s => s.isGood context then
    useProcessState hit.process path
    return { env := hit.env, module := none, session := sessionJson hit.session.importNames true 0 (← context.sessions.get).importsDone }
  let (fresh, session) ← elabSource context ref file source json
  let kept := loaded.filter (·.file != file)
  sources.set ((kept.extract (kept.size + 1 - loadedSourcesMax) kept.size).push fresh)
  return { env := fresh.env, module := none, session }

/-- The environment with the capability in it. Under the search path that is set. -/
def loadCapability (context : CheckContext) (sources : LoadedSources) (json : Json) : CapabilityRef → RequestIO Loaded
  | .module name => loadModule context (.module name) name
  | .path file => loadPath context sources (.path file) file json

/-! ## Commands -/

/-- A command that may be run. -/
structure FoundCommand where
  name : Name
  kind : CommandKind

/-- The short names of the capability itself, not of what it imports. -/
private def registered (loaded : Loaded) : Array (String × Name) :=
  match loaded.module.bind loaded.env.getModuleIdx? with
  | some index => commandExtension.getModuleEntries loaded.env index
  | none => (commandExtension.getEntries loaded.env).toArray

/-- Declarations of the capability itself that are called so in some namespace. -/
private def namesakes (loaded : Loaded) (command : String) : List Name :=
  let last := command.toName.componentsRev.head?
  let own : List Name := match loaded.module.bind loaded.env.getModuleIdx? with
    | some index => loaded.env.header.moduleData[index]!.constNames.toList
    | none => loaded.env.constants.map₂.toList.map Prod.fst
  (own.filter fun name => name.componentsRev.head? == last && !name.isInternalDetail).take 5

private def notFound (ref : CapabilityRef) (loaded : Loaded) (command : String) : RequestError :=
  let quoted (names : List String) := ", ".intercalate (names.take 20)
  let shorts := (registered loaded).toList.map (·.1)
  let like := namesakes loaded command
  let message := s!"the capability {ref.toString} has no command '{command}'" ++
    (if shorts.isEmpty then "; it registers no short names" else s!"; it registers {quoted shorts}") ++
    (if like.isEmpty then "" else s!"; did you mean {quoted (like.map (·.toString))}?")
  { code := .commandNotFound, message }

/-- Runs `x` in this environment. -/
private def runMeta {α : Type} (env : Environment) (x : MetaM α) : IO α := do
  let options := Elab.async.set {} false
  let context : Core.Context := { fileName := "<capability>", fileMap := default, options }
  let (a, _) ← (x.run').toIO context { env }
  return a

/-- The command of that short name, or else the declaration of that name. -/
def findCommand (ref : CapabilityRef) (loaded : Loaded) (command : String) : RequestIO FoundCommand := do
  let name := ((registered loaded).find? (·.1 == command)).map (·.2) |>.getD command.toName
  let some info := loaded.env.find? name | throw (notFound ref loaded command)
  match ← runMeta loaded.env (commandKind? info.type) with
  | some kind => return { name, kind }
  | none =>
    let type ← runMeta loaded.env do return toString (← Meta.ppExpr info.type)
    throw { code := .commandTypeMismatch
            message := s!"command '{command}' of {ref.toString} has the type `{(fitText type 1024).1}`; it must be {allowedTypes}" }

end LeanWorker
