-- SPDX-License-Identifier: Apache-2.0
import Lean.Elab.Command
import Lean.KeyedDeclsAttribute

/-!
# The state of the process

Lean keeps registries for the whole process: environment extensions, attributes, options, linters, parsers, deriving handlers, caches of
tactics … An import adds to them, and any `#eval` may. For `lean` that is fine, since a process sees one file. Here one file must not
see what another one left, so all of it is put back to what it was: after the host's start, or after the import of the session in use.

Which references there are is asked of Lean itself when this file is compiled: all that its own modules make with `builtin_initialize`
or `initialize`. References that hide inside other objects are not seen (of those, the tables of attributes with keys are known).
-/

open Lean Meta Elab Command

namespace LeanWorker

/-- The content of a reference, whatever it is. -/
opaque Content : Type

private unsafe def evalRefUnsafe (env : Environment) (name : Name) : Except String (IO.Ref Content) :=
  env.evalConst (IO.Ref Content) {} name (checkMeta := false)

@[implemented_by evalRefUnsafe]
private opaque evalRef (env : Environment) (name : Name) : Except String (IO.Ref Content)

/-! ## Finding them -/

/-- References of Lean's that are private, so that only their name tells what they are: those whose name ends in `Ref`, and these. -/
private def privateReferences : List Name :=
  [`builtinDocStrings, `builtinVersoDocStrings, `builtinCodeActionProviders, `defaultLibSearchState, `Rewrites.ExtState.default]

private def isPrivateReference (name : Name) : Bool :=
  let short := privateToUserName name
  isPrivateName name && (short.toString.endsWith "Ref" || privateReferences.any (·.isSuffixOf short))

private inductive Place where
  /-- The constant is the reference. -/
  | reference
  /-- The constant is a `KeyedDeclsAttribute`, with its table in a field. -/
  | keyedAttribute

private def placeOf (env : Environment) (name : Name) : Option Place :=
  match env.find? name with
  | none => if isPrivateReference name then some .reference else none
  | some info =>
    if info.type.isAppOf ``IO.Ref || info.type.isAppOf ``ST.Ref then some .reference
    else if info.type.isAppOf ``KeyedDeclsAttribute then some .keyedAttribute
    else none

/-- All constants of Lean's modules that are made when the process starts, and are or have a reference. -/
private def findPlaces : IO (Array (Name × Place)) := do
  let env ← importModules #[{ module := `Lean }] {}
  let mut found := #[]
  for init in [builtinInitAttr, regularInitAttr] do
    for module in [0:env.header.moduleNames.size] do
      for (name, _) in init.ext.getModuleEntries env module do
        if let some place := placeOf env name then found := found.push (name, place)
  return found

/-- A constant of Lean's that no import of this file shows. The interpreter finds a compiled constant by its name alone; the type given
here only says that it is an object. -/
private def declareHidden (name : Name) : CoreM Unit := do
  let type := mkConst ``Nat
  let decl := Declaration.opaqueDecl
    { name, levelParams := [], type, value := mkRawNatLit 0, isUnsafe := false, all := [name] }
  addDecl decl
  match externAttr.setParam (← getEnv) name { entries := [.adhoc `all] } with
  | .ok env => setEnv env
  | .error why => throwError why
  compileDecl decl

private def contentRef : Expr := mkApp (mkConst ``IO.Ref) (mkConst ``Content)

private def cast (type value : Expr) : MetaM Expr := do
  mkAppOptM ``unsafeCast #[none, some type, some value]

/-- The reference as a term. -/
private def referenceAt (name : Name) (place : Place) : MetaM Expr := do
  let constant := mkConst name
  match place with
  | .reference => cast contentRef constant
  | .keyedAttribute =>
    let keyed ← cast (mkApp (mkConst ``KeyedDeclsAttribute) (mkConst ``Content)) constant
    let fields := getStructureFields (← getEnv) ``KeyedDeclsAttribute
    let some field := fields.find? fun field => field == `tableRef || field == `builtinTableRef
      | throwError "KeyedDeclsAttribute has no table"
    cast contentRef (← mkProjection keyed field)

/-- `elab` of a term: all references, as an array. -/
elab "references_of_lean%" : term => do
  -- The WebAssembly toolchain chatters while it imports.
  let (_, places) ← IO.FS.withIsolatedStreams (findPlaces : IO _)
  for (name, _) in places do
    unless (← getEnv).contains name do declareHidden name
  -- A toolchain may keep the symbol of a private constant to itself; then it cannot be had. The search path is set for each request.
  let env ← getEnv
  let places := places.filter fun (name, _) => name != ``searchPathRef && (evalRef env name).isOk
  let items ← places.mapM fun (name, place) => referenceAt name place
  mkArrayLit contentRef items.toList

private unsafe def referencesUnsafe : Unit → Array (IO.Ref Content) := fun _ => references_of_lean%

@[implemented_by referencesUnsafe]
private opaque references : Unit → Array (IO.Ref Content)

/-! ## Taking and putting back -/

private unsafe def sameUnsafe (a b : Content) : Bool := ptrAddrUnsafe a == ptrAddrUnsafe b

/-- Whether they are one object. -/
@[implemented_by sameUnsafe]
private opaque same (a b : Content) : Bool

/-- The contents of references at one moment. Contents are immutable, so this is no more than a pointer each. -/
abbrev Contents := Array (IO.Ref Content × Content)

private def contentsOf (refs : Array (IO.Ref Content)) : BaseIO Contents :=
  refs.mapM fun ref => return (ref, ← ref.get)

structure ProcessState where
  /-- Of Lean's own registries. -/
  registries : Contents := #[]
  /-- Of what the user's modules made with `initialize`. -/
  ofModules : Contents := #[]

/-- The registries of Lean as they are now. -/
def ProcessState.take : BaseIO ProcessState := return { registries := ← contentsOf (references ()) }

def ProcessState.restoreModules (state : ProcessState) : BaseIO Unit :=
  state.ofModules.forM fun (ref, content) => ref.set content

def ProcessState.restore (state : ProcessState) : BaseIO Unit := do
  state.registries.forM fun (ref, content) => ref.set content
  state.restoreModules

/-- Whether a registry of Lean holds something else now. No elaboration of a file does that, only code that names a registry. -/
def ProcessState.registriesChanged (state : ProcessState) : BaseIO Bool :=
  state.registries.anyM fun (ref, content) => return !(same (← ref.get) content)

/-- Modules that come with the toolchain, or are the host's own: what they initialise was there before the first request. -/
def isOwnModule (module : Name) : Bool :=
  [`Init, `Std, `Lean, `Lake, `LeanWorker].contains module.getRoot

/-- The references that the user's modules in `env` made with `initialize`. -/
private def referencesOfModules (env : Environment) : Array (IO.Ref Content) := Id.run do
  let mut found := #[]
  for h : i in [0:env.header.moduleNames.size] do
    if isOwnModule env.header.moduleNames[i] then continue
    for (name, _) in regularInitAttr.ext.getModuleEntries env i do
      let some info := env.find? name | continue
      unless info.type.isAppOf ``IO.Ref || info.type.isAppOf ``ST.Ref do continue
      if let .ok ref := evalRef env name then found := found.push ref
  return found

/-- The registries as they are now, and what is in the references of imported modules. -/
def ProcessState.takeWith (env : Environment) : BaseIO ProcessState := do
  return { ← ProcessState.take with ofModules := ← contentsOf (referencesOfModules env) }

end LeanWorker
