-- SPDX-License-Identifier: Apache-2.0
import Lean.Compiler.ImplementedByAttr
import Lean.Compiler.ExternAttr
import Lean.Meta.Instances
import LeanWorker.Audit
import LeanWorker.Report

/-!
# The declarations of a report

What the file added, whether it rests on `sorry`, and what of it the kernel's judgement does not cover.
-/

open Lean

namespace LeanWorker

/-- A constant that the file added, under the name that its user knows. -/
structure Declared where
  name : Name
  info : ConstantInfo
  line : Nat
  column : Nat

private unsafe def sameObjectUnsafe {α : Type} (a b : α) : Bool := ptrAddrUnsafe a == ptrAddrUnsafe b

/-- False negatives are possible. -/
@[implemented_by sameObjectUnsafe]
private opaque sameObject {α : Type} (a b : α) : Bool

/-- Whether what the file has for imported is what was imported. Only code that makes an environment of its own can change that. -/
def keepsImports (imported env : Environment) : Bool :=
  sameObject (imported.setExporting false).constants.map₁ (env.setExporting false).constants.map₁

/-- All constants that the file added, internal ones too, also those that pass for imported ones. What it put in the place of an imported one counts as
that one, to the kernel too. -/
def addedConstants (imported env : Environment) : Array (Name × ConstantInfo) := Id.run do
  let env := env.setExporting false
  let added := env.constants.map₂.foldl (init := #[]) fun acc name info => acc.push (name, info)
  if keepsImports imported env then return added
  let before := (imported.setExporting false).constants
  return env.constants.map₁.fold (init := added) fun acc name info => if before.contains name then acc else acc.push (name, info)

private def lineOf (env : Environment) (name : Name) : Option (Nat × Nat) :=
  (declRangeExt.find? (level := .server) env name).map fun ranges => (ranges.range.pos.line, ranges.range.pos.column)

/-- Those a user wrote or would name: Lean gave them a place in the source, and the name is not an internal one. That keeps
constructors, fields, instances and `where` definitions, and leaves out recursors, matchers, equations and the like. -/
private def declaredBy (env : Environment) (added : Array (Name × ConstantInfo)) : Array Declared :=
  let found := added.filterMap fun (name, info) =>
    if (privateToUserName name).isInternalDetail then none
    else (lineOf env name).map fun (line, column) => { name, info, line, column }
  found.qsort fun a b =>
    a.line < b.line || (a.line == b.line && (a.column < b.column || (a.column == b.column && Name.lt a.name b.name)))

private def kindOf (env : Environment) (d : Declared) : String :=
  match d.info with
  | .inductInfo _ => if isClass env d.name then "class" else if isStructure env d.name then "structure" else "inductive"
  | .ctorInfo _ => "constructor"
  | .recInfo _ => "recursor"
  | .quotInfo _ => "quot"
  | .axiomInfo _ => "axiom"
  | .thmInfo _ => if Meta.isInstanceCore env d.name then "instance" else "theorem"
  | .defnInfo _ => if Meta.isInstanceCore env d.name then "instance" else "definition"
  | .opaqueInfo _ => if Meta.isInstanceCore env d.name then "instance" else "opaque"

/-! ## What they rest on -/

private def restsOnSomething (info : ConstantInfo) : Bool :=
  -- A set, since looking for a name in an array is interpreted name by name.
  let uses (e : Expr) := let used := e.getUsedConstantsAsSet; used.contains ``sorryAx || nativeAxioms.any used.contains
  info matches .axiomInfo _ || uses info.type || (valueOf? info).any uses

/-- Where nothing is imported but the toolchain, a file in which no constant has anything of its own needs no walk. -/
private def explored (p : Provenance) (env : Environment) (added : Array (Name × ConstantInfo)) : Provenance :=
  let p := { p with own := {} }
  if p.foreign.isEmpty && !added.any (restsOnSomething ·.2) then p else p.explore env (added.map (·.1))

/-! ## What the kernel's judgement does not cover -/

/-- Something that whoever relies on the file should know. -/
structure TrustItem where
  what : String
  name : Name
  line : Option Nat := none

/-- So many are told. -/
def trustItemsMax : Nat := 100

/-- Axioms keep Lean's full name: a private one may look like one of the library. -/
private def shownName (name : Name) (full : Bool) : String :=
  (fitText (if full then name else privateToUserName name).toString 512).1

private def TrustItem.toJson (item : TrustItem) : Json :=
  let line : Json := match item.line with | some n => positionJson n | none => .null
  let full := item.what == "axiom" || item.what == "imported_axiom"
  Json.mkObj [("what", item.what), ("name", shownName item.name full), ("line", line)]

/-- `partial` makes an opaque constant with an unsafe twin. -/
private def isPartial (env : Environment) (name : Name) : Bool := env.contains (.str name "_unsafe_rec")

private def codeItems (env : Environment) (d : Declared) : List TrustItem :=
  let item what := { what, name := d.name, line := some d.line : TrustItem }
  let isPart := d.info matches .ctorInfo _ | .recInfo _
  let replaced := (Compiler.implementedByAttr.getParam? env d.name).any (· != .str d.name "_unsafe_rec")
  (if d.info matches .opaqueInfo _ && !d.info.isUnsafe && !isPartial env d.name then [item "opaque"] else []) ++
  (if d.info.isUnsafe && !isPart then [item "unsafe"] else []) ++
  (if replaced then [item "implemented_by"] else []) ++
  (if !isPart && isExtern env d.name then [item "extern"] else [])

private def axiomItems (env : Environment) (added : Array (Name × ConstantInfo)) : Array TrustItem :=
  let axioms := added.filter fun (_, info) => info matches .axiomInfo _
  let items := axioms.map fun (name, _) => { what := "axiom", name, line := (lineOf env name).map (·.1) : TrustItem }
  items.qsort fun a b => a.line.getD 0 < b.line.getD 0 || (a.line == b.line && Name.lt a.name b.name)

private def nativeItems (p : Provenance) (d : Declared) : List TrustItem :=
  if nativeAxioms.any (p.restsOf d.name).axioms.contains then [{ what := "native", name := d.name, line := some d.line }] else []

/-- Axioms of imported modules that are none of the toolchain's, and what of such modules could not be looked into. -/
private def importedItems (p : Provenance) (added : Array (Name × ConstantInfo)) : Array TrustItem :=
  if p.foreign.isEmpty then #[] else
  let rests := added.foldl (init := ({} : Rests)) fun all (name, _) => all.union (p.restsOf name)
  let axioms := rests.axioms.filter fun name => p.isImported name && !nativeAxioms.contains name
  axioms.map ({ what := "imported_axiom", name := · }) ++ rests.unseen.map ({ what := "not_seen", name := · })

private def hiddenItems (a : Audit) : Array TrustItem :=
  let items what (taken : Array TakenBack) := taken.map fun t => { what, name := t.name, line := some t.line : TrustItem }
  items "hidden_sorry" a.hiddenSorries ++ items "hidden_error" a.hiddenErrors

private def trustItems (a : Audit) (env : Environment) (added : Array (Name × ConstantInfo)) (declared : Array Declared) :
    Array TrustItem :=
  let p := a.provenance
  let own := declared.foldl (init := #[]) fun all d => all ++ (nativeItems p d ++ codeItems env d).toArray
  axiomItems env added ++ hiddenItems a ++ importedItems p added ++ own

/-! ## The report -/

structure DeclarationReport where
  items : Array Json := #[]
  truncated : Bool := false
  someSorry : Bool := false
  trust : Array TrustItem := #[]
  bytesLeft : Nat
  provenance : Provenance := {}

def DeclarationReport.trustJson (r : DeclarationReport) : Json := .arr ((r.trust.extract 0 trustItemsMax).map (·.toJson))

/-- All axioms behind it. Apart from them: how much of the toolchain was taken on trust because it comes without a body, and what of
other modules was not seen. -/
private def axiomMembers (p : Provenance) (env : Environment) (name : Name) : List (String × Json) × Nat :=
  let (axioms, bodiless) := (foundationsOf env name).partition (isTrueAxiom env)
  let (unseen, assumed) := bodiless.partition p.isForeign
  let axioms := (axioms.qsort Name.lt).map (shownName · true)
  let unseen := (unseen.qsort Name.lt).map (shownName · false)
  let bytes := (axioms ++ unseen).foldl (init := 0) fun n text => n + text.utf8ByteSize
  ([("axioms", jsonStrings axioms), ("library_theorems_assumed", assumed.size), ("not_seen", jsonStrings unseen)], bytes)

private def declarationJson (p : Provenance) (env : Environment) (d : Declared) (withAxioms : Bool) : Json × Nat :=
  let name := (privateToUserName d.name).toString
  let rests := p.restsOf d.name
  let base := [("name", Json.str name), ("kind", Json.str (kindOf env d)), ("sorry", Json.bool (rests.saysSorry || rests.failed))]
  let (more, bytes) := if withAxioms then axiomMembers p env d.name else ([], 0)
  (Json.mkObj (base ++ more), name.utf8ByteSize + bytes)

/-- The declarations of the file in the order of the source. `bytesLeft` is what the messages left of the bound of all texts. -/
def reportDeclarations (imported env : Environment) (audit : Audit) (limits : ReportLimits) (bytesLeft : Nat) (withAxioms : Bool)
    (token : IO.CancelToken) : RequestIO DeclarationReport := do
  let env := env.setExporting false
  let added := addedConstants imported env
  let p := explored audit.provenance env added
  let declared := declaredBy env added
  let someSorry := !audit.hiddenSorries.isEmpty ||
    added.any fun (name, _) => let rests := p.restsOf name; rests.saysSorry || rests.failed
  let trust := trustItems { audit with provenance := p } env added declared
  let mut r : DeclarationReport := { bytesLeft, someSorry, trust, provenance := { p with own := {} } }
  for d in declared do
    throwIfCancelled token
    if r.items.size ≥ limits.declarationsMax then return { r with truncated := true }
    let (json, bytes) := declarationJson p env d withAxioms
    if bytes > r.bytesLeft then return { r with truncated := true }
    r := { r with items := r.items.push json, bytesLeft := r.bytesLeft - bytes }
  return r

end LeanWorker
