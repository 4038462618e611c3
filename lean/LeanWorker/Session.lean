-- SPDX-License-Identifier: Apache-2.0
import Lean.Elab.Import
import Std.Sync.Mutex
import LeanWorker.Json
import LeanWorker.ProcessState
import LeanWorker.Stamps
import LeanWorker.Provenance

/-!
# Sessions

A session is an imported environment, kept for the next request with the same imports. Memory of an import is never returned
(freeing its regions is only safe when nothing refers to the environment any more, which an elaborator cannot promise), so a
hit here is worth seconds and tens of megabytes; eviction only drops the reference.

Each session is imported into the process as it was after the host's start, and has the state of the process that its import left. That
state is put back whenever the session is used, so that a linter, an option or a deriving handler of its modules acts on the files
that import them, and on no other. One thing cannot be put back: an interpreted `initialize` of a module makes its value anew when another
session imports that module too, and the value is one for the whole process. So that other import ends the older session.
-/

open Lean

namespace LeanWorker

/-- `enableInitializersExecution` is unsafe because it lets imported modules run code, which is what an elaborating host is for.
Each import clears the flag; an import without it kills the process when it meets an `initialize`. -/
@[implemented_by enableInitializersExecution]
private opaque allowInitializers : IO Unit

/-- The module name that `lean` itself gives to a file outside of its root folder; it shows up in private names. -/
def mainModule : Name := `_stdin

/-- The user's modules with initializers in an import, and which import of the process that was. -/
structure Initialized where
  modules : Array Name
  byImport : Nat

structure Session where
  number : Nat
  imports : Array Import
  isModule : Bool
  /-- The search path under which it was opened. -/
  path : SearchPath
  /-- One imported module per root (`Init`, `Std` …) with its file. Lean finds modules by their root, so another search path
  that gives the same files here gives the same environment. -/
  files : Array (Name × System.FilePath)
  env : Environment
  /-- What the import made of the process. -/
  process : ProcessState
  initialized : Initialized
  /-- The files of the user's modules, as they were imported. -/
  stamps : Stamps
  /-- What Lean said of the import besides errors. -/
  log : MessageLog
  /-- What is known of what its constants rest on. -/
  provenance : IO.Ref Provenance

def Session.importNames (s : Session) : Array String := s.imports.map (·.module.toString)

def Session.modules (s : Session) : Nat := s.env.header.modules.size

def Session.constants (s : Session) : Nat := s.env.constants.map₁.size

/-- What a file's header (or a request) asks for. Order and modifiers matter. -/
structure ImportKey where
  imports : Array Import
  isModule : Bool := false

private def Import.same (a b : Import) : Bool :=
  a.module == b.module && a.importAll == b.importAll && a.isExported == b.isExported && a.isMeta == b.isMeta

/-- The key without imports that it has twice: `import Init` asks for what Lean imports by itself, and needs no session of its own. -/
def ImportKey.withoutRepeats (key : ImportKey) : ImportKey :=
  { key with imports := key.imports.foldl (init := #[]) fun all i => if all.any (Import.same i) then all else all.push i }

private def ImportKey.fits (key : ImportKey) (s : Session) : Bool :=
  key.isModule == s.isModule && key.imports.size == s.imports.size &&
    (key.imports.zip s.imports).all fun (a, b) => Import.same a b

/-- The open sessions of the process. -/
structure Sessions where
  /-- Least recently used first. -/
  opened : Array Session := #[]
  sessionsMax : Nat := 8
  /-- Number of the next session. -/
  next : Nat := 1
  /-- Imports that this process ever did, also those whose session is gone. -/
  importsDone : Nat := 0
  /-- The state of the process that each import begins with. -/
  start : ProcessState := {}
  /-- The last import that initialised a module. -/
  initializedBy : NameMap Nat := {}
  /-- Why this process should be replaced, if an import found a reason. -/
  retire : Option String := none
  /-- What the session of the request that runs found, if it has one by now. -/
  current : Option ProcessState := none

/-- Whether the values that these modules were initialised with are still those of the process. -/
def Sessions.holds (st : Sessions) (i : Initialized) : Bool :=
  i.modules.all fun module => st.initializedBy.find? module == some i.byImport

/-- What one request learns about its session. -/
structure SessionUse where
  session : Session
  reused : Bool
  importMs : Nat
  /-- What Lean says of the import, placed in this source. -/
  log : MessageLog

private def fileOf (path : SearchPath) (module : Name) : IO (Option System.FilePath) :=
  path.findWithExt "olean" module

/-- One module per root, with the file it came from. -/
private def filesByRoot (path : SearchPath) (env : Environment) : IO (Array (Name × System.FilePath)) := do
  let mut roots : NameMap Name := {}
  for effective in env.header.modules do
    let module := effective.module
    unless roots.contains module.getRoot do roots := roots.insert module.getRoot module
  roots.toList.toArray.filterMapM fun (_, module) => return (← fileOf path module).map (module, ·)

private def Session.isGoodFor (s : Session) (path : SearchPath) : IO Bool := do
  if s.path == path then return true
  s.files.allM fun (module, file) => return (← fileOf path module) == some file

/-- Drops the sessions whose files were compiled anew, and those that a later import made invalid. -/
private def dropStale (sessions : IO.Ref Sessions) : IO Unit := do
  let st ← sessions.get
  let valid := st.opened.filter fun s => st.holds s.initialized
  let fresh ← valid.filterM fun s => s.stamps.hold
  if fresh.size == st.opened.size then return
  let retire := if fresh.size == valid.size then st.retire else some "an imported module was compiled anew"
  sessions.set { st with opened := fresh, retire }

/-- An open session for these imports, moved to the end of the row. Marks the path as its own, for a quick hit next time. -/
private def findSession (sessions : IO.Ref Sessions) (key : ImportKey) (path : SearchPath) : IO (Option Session) := do
  dropStale sessions
  let st ← sessions.get
  for h : i in [0:st.opened.size] do
    let s := st.opened[i]
    if key.fits s && (← s.isGoodFor path) then
      let s := { s with path }
      sessions.set { st with opened := (st.opened.eraseIdxIfInBounds i).push s }
      return some s
  return none

private def keepSession (sessions : IO.Ref Sessions) (s : Session) : IO Unit :=
  sessions.modify fun st =>
    let kept := if st.opened.size < st.sessionsMax then st.opened else st.opened.extract (st.opened.size + 1 - st.sessionsMax) st.opened.size
    { st with opened := kept.push s, next := s.number + 1 }

private def userInitialized (env : Environment) : Array Name := Id.run do
  let mut found := #[]
  for h : i in [0:env.header.moduleNames.size] do
    let module := env.header.moduleNames[i]
    unless isOwnModule module || (regularInitAttr.ext.getModuleEntries env i).isEmpty do found := found.push module
  return found

/-- Notes which values of modules are new. After an import that failed nobody knows, so all count as new. -/
private def noteInitialized (sessions : IO.Ref Sessions) (env : Option Environment) : BaseIO Initialized := do
  let st ← sessions.get
  let modules := (env.map userInitialized).getD #[]
  let byImport := st.importsDone
  let initializedBy := match env with
    | some _ => modules.foldl (·.insert · byImport) st.initializedBy
    | none => {}
  sessions.set { st with initializedBy }
  return { modules, byImport }

/-- Without a mapped file an import copies all of it. One such import beside what the process holds already is as much as it should do. -/
private def noteCopied (sessions : IO.Ref Sessions) (env : Environment) : BaseIO Unit := do
  if System.Platform.numBits == 32 then return -- WebAssembly never maps; there the memory is measured
  let copied := env.header.regions.foldl (fun n region => if region.isMemoryMapped then n else n + 1) 0
  sessions.modify fun st =>
    if st.importsDone ≥ 2 && copied > 200 then { st with retire := some s!"an import had to copy {copied} files into memory" } else st

/-- Puts the process into the state that belongs to a session. The search path is not part of it. -/
def useProcessState (state : ProcessState) (path : SearchPath) : BaseIO Unit := do
  state.restore
  searchPathRef.set path

/-- Imports. The search path is set. -/
private def importSession (sessions : IO.Ref Sessions) (key : ImportKey) (path : SearchPath) (input : Parser.InputContext)
    (startPos : String.Pos.Raw) : IO (Except MessageLog Session) := do
  useProcessState (← sessions.get).start path
  allowInitializers
  let (env, messages) ← Elab.processHeaderCore startPos key.imports key.isModule {} {} input (leakEnv := true) (mainModule := mainModule)
  sessions.modify fun st => { st with importsDone := st.importsDone + 1 }
  let initialized ← noteInitialized sessions (if messages.hasErrors then none else some env)
  if messages.hasErrors then return .error messages
  noteCopied sessions env
  let files ← filesByRoot path env
  return .ok
    { number := (← sessions.get).next, imports := key.imports, isModule := key.isModule, path, files, env, log := messages
      provenance := ← IO.mkRef (.ofFiles env files)
      process := ← ProcessState.takeWith env, initialized, stamps := ← Stamps.take path env }

/-- The words about an import once more, for another source. -/
private def placed (log : MessageLog) (input : Parser.InputContext) (startPos : String.Pos.Raw) : MessageLog :=
  log.toList.foldl (init := {}) fun all m =>
    all.add { m with fileName := input.fileName, pos := input.fileMap.toPosition startPos, endPos := none }

/-- The session for `key`, imported if need be, with the state of the process that belongs to it. `input` and `startPos` only place the
message of a failed import, which is returned as Lean's own frontend would report it. `progress` is told when an import begins (0) and
ends (1). -/
def openSession (sessions : IO.Ref Sessions) (key : ImportKey) (input : Parser.InputContext) (startPos : String.Pos.Raw)
    (progress : Nat → IO Unit) : IO (Except MessageLog SessionUse) := do
  let path ← searchPathRef.get
  if let some session ← findSession sessions key path then
    useProcessState session.process path
    sessions.modify fun st => { st with current := some session.process }
    return .ok { session, reused := true, importMs := 0, log := placed session.log input startPos }
  progress 0
  let start ← IO.monoMsNow
  let imported ← importSession sessions key path input startPos
  progress 1
  match imported with
  | .error messages => return .error messages
  | .ok session =>
    keepSession sessions session
    sessions.modify fun st => { st with current := some session.process }
    return .ok { session, reused := false, importMs := (← IO.monoMsNow) - start, log := session.log }

/-- The object that `hello` announces a session with. -/
def Session.toJson (s : Session) : Json :=
  Json.mkObj [("session", s.number), ("imports", jsonStrings s.importNames), ("modules", s.modules), ("constants", s.constants)]

end LeanWorker
