-- SPDX-License-Identifier: Apache-2.0
import Lean.Data.Json
import Lean.DocString
import Lean.Meta.Instances
import Lean.PrettyPrinter
import LeanWorker.Axioms
import LeanWorker.Capability

/-!
# extract

A ready-made capability: one row on stream `decls` for each declaration of a set of modules. Request, every member but `modules`
optional:

`{"modules": ["Init"], "prefixes": ["Init.Data"], "types": "pretty", "axioms": true, "docs": true, "internal": true}`

`modules` are imported; rows come from those of the imported modules, direct or not, that begin with one of `prefixes`
(default: `modules` themselves). A row:

`{"module": "Init.Prelude", "name": "Nat.add", "kind": "definition", "private": true, "range": [line, column, end_line, end_column],
"type": "Nat → Nat → Nat", "axioms": [], "doc": "…"}`

`private` is there only if true, `range` only if known; `type`, `axioms` and `doc` only if asked for. `types` is `false` (the default), `"raw"`
(Lean's internal notation, some 2500 in a second) or `"pretty"` (as a user would read it; 200 to 600 in a second). Without `internal`
those names are left out that Lean made up for itself. `axioms` walks everything that a declaration uses, and is slow too.
-/

open Lean

namespace LeanWorker.Extract

inductive Types where
  | none | raw | pretty

structure Request where
  modules : Array Name
  prefixes : Array Name
  types : Types
  axioms : Bool
  docs : Bool
  internal : Bool

private def flag (json : Json) (name : String) : Except String Bool :=
  match json.getObjVal? name with
  | .error _ => .ok false
  | .ok value => value.getBool?.mapError fun _ => s!"member `{name}` must be true or false"

private def names (json : Json) (name : String) : Except String (Array Name) := do
  let items ← (json.getObjVal? name >>= Json.getArr?).mapError fun _ => s!"member `{name}` must be an array of module names"
  items.mapM fun item => (item.getStr?.map String.toName).mapError fun _ => s!"member `{name}` must be an array of module names"

private def readTypes (json : Json) : Except String Types :=
  match json.getObjVal? "types" with
  | .error _ | .ok (.bool false) => .ok .none
  | .ok (.str "raw") => .ok .raw
  | .ok (.str "pretty") => .ok .pretty
  | .ok _ => .error "member `types` must be false, \"raw\" or \"pretty\""

def readRequest (text : String) : Except String Request := do
  let json ← Json.parse text
  let modules ← names json "modules"
  let prefixes ← if (json.getObjVal? "prefixes").toBool then names json "prefixes" else pure modules
  return { modules, prefixes, types := ← readTypes json, axioms := ← flag json "axioms", docs := ← flag json "docs"
           internal := ← flag json "internal" }

/-! ## The environment -/

/-- The environment of the last request with its modules: memory of an import is never returned, so the same one is not imported again. -/
initialize lastImport : IO.Ref (Option (Array Name × Environment)) ← IO.mkRef none

-- As the host does it: an import without this ends the process when it meets an `initialize`.
@[implemented_by enableInitializersExecution]
private opaque allowInitializers : IO Unit

private def environment (modules : Array Name) (s : Stream) : IO Environment := do
  if let some (last, env) ← lastImport.get then
    if last == modules then return env
  s.progress "import" 0 (some 1)
  allowInitializers
  let env ← importModules (modules.map fun module => { module }) {} (leakEnv := true) (loadExts := true)
  lastImport.set (some (modules, env))
  s.progress "import" 1 (some 1)
  return env

/-! ## One declaration -/

/-- The kind that the declaration was given, also where the toolchain ships a theorem as an axiom. -/
private def kindText (env : Environment) (name : Name) (info : ConstantInfo) : String :=
  match (getOriginalConstKind? env name).getD (.ofConstantInfo info) with
  | .induct => if isClass env name then "class" else if isStructure env name then "structure" else "inductive"
  | .ctor => "constructor"
  | .recursor => "recursor"
  | .quot => "quot"
  | .axiom => "axiom"
  | .thm => orInstance "theorem"
  | .defn => orInstance "definition"
  | .opaque => orInstance "opaque"
where
  orInstance (kind : String) : String := if Meta.isInstanceCore env name then "instance" else kind

private def typeText (env : Environment) (types : Types) (type : Expr) : IO (Option String) := do
  match types with
  | .none => return none
  | .raw => return toString type
  | .pretty =>
    let context : Core.Context := { fileName := "<extract>", fileMap := default, options := Elab.async.set {} false }
    let (format, _) ← (Meta.ppExpr type).run'.toIO context { env }
    return format.pretty (width := 1000000)

private def axiomsText (env : Environment) (name : Name) : String :=
  let names := ((foundationsOf env name).filter (isTrueAxiom env)).qsort Name.lt
  ",\"axioms\":[" ++ ",".intercalate (names.map fun used => Stream.jsonString (privateToUserName used).toString).toList ++ "]"

private def rangeText (env : Environment) (name : Name) : String :=
  match declRangeExt.find? (level := .server) env name with
  | none => ""
  | some ranges =>
    let r := ranges.range
    s!",\"range\":[{r.pos.line},{r.pos.column},{r.endPos.line},{r.endPos.column}]"

/-- The row of one declaration. `module` is a JSON text. -/
private def rowText (env : Environment) (request : Request) (module : String) (name : Name) (info : ConstantInfo) : IO String := do
  let shown := (privateToUserName name).toString
  let mut row := "{\"module\":" ++ module ++ ",\"name\":" ++ Stream.jsonString shown ++ ",\"kind\":\"" ++ kindText env name info ++ "\""
  if isPrivateName name then row := row ++ ",\"private\":true"
  row := row ++ rangeText env name
  if let some type ← typeText env request.types info.type then row := row ++ ",\"type\":" ++ Stream.jsonString type
  if request.axioms then row := row ++ axiomsText env name
  if request.docs then
    if let some doc ← findDocString? env name then row := row ++ ",\"doc\":" ++ Stream.jsonString doc
  return row ++ "}"

/-! ## All of them -/

/-- How many declarations there were, and how many of them were left out. -/
structure Count where
  seen : Nat := 0
  skipped : Nat := 0

private def extractModule (env : Environment) (request : Request) (s : Stream) (index : Nat) (count : Count) : IO Count := do
  let some data := env.header.moduleData[index]? | return count
  let module := Stream.jsonString env.header.moduleNames[index]!.toString
  let mut skipped := count.skipped
  for info in data.constants do
    let name := info.name
    if !request.internal && (privateToUserName name).isInternalDetail then
      skipped := skipped + 1
    else
      s.row "decls" (← rowText env request module name info)
  return { seen := count.seen + data.constants.size, skipped }

/-- Progress is told when this time has passed since the last one, at the next module. -/
def progressIntervalMs : Nat := 200

@[worker_command "extract"]
def extract (request : String) (s : Stream) : IO Unit := do
  let request ← IO.ofExcept (readRequest request)
  let env ← environment request.modules s
  let names := env.header.moduleNames
  let chosen := (Array.range names.size).filter fun index => request.prefixes.any fun p => p.isPrefixOf names[index]!
  let mut count : Count := {}
  let mut toldAt ← IO.monoMsNow
  for done in [0:chosen.size] do
    s.throwIfCancelled
    count ← extractModule env request s chosen[done]! count
    if (← IO.monoMsNow) - toldAt ≥ progressIntervalMs then
      s.progress "extract" (done + 1) (some chosen.size)
      toldAt ← IO.monoMsNow
  s.metadata s!"\{\"modules\":{chosen.size},\"declarations\":{count.seen},\"skipped\":{count.skipped}}"

end LeanWorker.Extract
