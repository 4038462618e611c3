-- SPDX-License-Identifier: Apache-2.0
import Lean.Elab.Command
import LeanWorker.Json

/-!
# Reports: messages and declarations

Turns what Lean says about a file into the bounded JSON of `docs/PROTOCOL.md`, section 4.2. Counts and verdict are formed from
everything; what the limits cut is only counted, so a flood of messages costs no memory.
-/

open Lean

namespace LeanWorker

structure ReportLimits where
  messagesMax : Nat := 1000
  declarationsMax : Nat := 1000
  /-- Bound of all texts together: message texts first, then the names of declarations and axioms. -/
  outputBytesMax : Nat := 1048576

/-! ## Messages -/

structure MessageReport where
  items : Array Json := #[]
  errors : Nat := 0
  warnings : Nat := 0
  infos : Nat := 0
  truncated : Bool := false
  saysSorry : Bool := false
  bytesLeft : Nat
  /-- Set when Lean's option `maxErrors` ended the file early, as it ends `lean`. -/
  stopped : Bool := false

/-- The longest prefix of at most `bytes` bytes that ends between two characters. -/
private def cutToBytes (text : String) (bytes : Nat) : String := Id.run do
  let mut stop := min bytes text.utf8ByteSize
  for _ in [0:3] do
    unless String.Pos.Raw.isValid text ⟨stop⟩ do stop := stop - 1
  return String.Pos.Raw.extract text 0 ⟨stop⟩

private def ellipsis : String := "…"

/-- The text, cut with a mark if it does not fit, and whether it was cut. -/
def fitText (text : String) (bytes : Nat) : String × Bool :=
  if text.utf8ByteSize ≤ bytes then (text, false)
  else if bytes < ellipsis.utf8ByteSize then ("", true)
  else (cutToBytes text (bytes - ellipsis.utf8ByteSize) ++ ellipsis, true)

private def severityText : MessageSeverity → String
  | .error => "error" | .warning => "warning" | .information => "info"

/-- Lean prints a message without kind as `[anonymous]`; the protocol says `""`. -/
private def kindText (kind : Name) : String := if kind.isAnonymous then "" else kind.toString

private def messageJson (m : Message) (kind : Name) (text : String) : Json :=
  let (endLine, endColumn) : Json × Json := match m.endPos with
    | some e => (e.line, e.column)
    | none => (.null, .null)
  Json.mkObj [("severity", severityText m.severity), ("text", text), ("kind", kindText kind), ("line", m.pos.line),
    ("column", m.pos.column), ("end_line", endLine), ("end_column", endColumn)]

private def MessageReport.count (r : MessageReport) (severity : MessageSeverity) : MessageReport :=
  match severity with
  | .error => { r with errors := r.errors + 1 }
  | .warning => { r with warnings := r.warnings + 1 }
  | .information => { r with infos := r.infos + 1 }

private def messageText (m : Message) : BaseIO String := do
  let text ← m.data.toString
  return if m.caption.isEmpty then text else s!"{m.caption}:\n{text}"

/-- Adds one message. Silent messages are for editors only; `lean` does not print them either. -/
def MessageReport.add (r : MessageReport) (limits : ReportLimits) (m : Message) : BaseIO MessageReport := do
  if m.isSilent then return r
  let kind := m.data.kind
  let r := { r.count m.severity with saysSorry := r.saysSorry || kind == `hasSorry }
  if r.items.size ≥ limits.messagesMax || r.bytesLeft == 0 then return { r with truncated := true }
  let (text, cut) := fitText (← messageText m) r.bytesLeft
  return { r with
    items := r.items.push (messageJson m kind text)
    truncated := r.truncated || cut
    bytesLeft := if cut then 0 else r.bytesLeft - text.utf8ByteSize }

/-- Adds what one command said. `errorsMax` is Lean's option `maxErrors` (0 = no limit): the error that goes over it is replaced
by the words that `lean` ends with, and the rest of the file is left out. -/
def MessageReport.addAll (r : MessageReport) (limits : ReportLimits) (errorsMax : Nat) (log : MessageLog) : BaseIO MessageReport := do
  let mut r := r
  for m in log.unreported do
    if r.stopped then break
    if m.severity matches .error && errorsMax != 0 && r.errors ≥ errorsMax then
      let words := s!"maximum number of errors ({errorsMax}; from option `maxErrors`) reached, exiting"
      r := { ← r.add limits { m with data := words } with stopped := true }
    else
      r ← r.add limits m
  return r

/-! ## Declarations -/

/-- A constant that the file added, under the name that its user knows. -/
structure Declared where
  name : Name
  info : ConstantInfo
  line : Nat
  column : Nat

/-- All constants that the file added, internal ones too. -/
private def addedConstants (env : Environment) : Array (Name × ConstantInfo) :=
  env.constants.map₂.foldl (init := #[]) fun acc name info => acc.push (name, info)

/-- Those a user wrote or would name: Lean gave them a place in the source, and the name is not an internal one. That keeps
constructors, fields, instances and `where` definitions, and leaves out recursors, matchers, equations and the like. -/
private def declaredBy (env : Environment) (added : Array (Name × ConstantInfo)) : Array Declared :=
  let found := added.filterMap fun (name, info) =>
    if (privateToUserName name).isInternalDetail then none
    else (declRangeExt.find? (level := .server) env name).map fun ranges =>
      { name, info, line := ranges.range.pos.line, column := ranges.range.pos.column }
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

private def expressionsOf (info : ConstantInfo) : List Expr :=
  match info.value? (allowOpaque := true) with
  | some value => [info.type, value]
  | none => [info.type]

/-- Constants of the file that depend on `sorryAx`, also through others of the file. Walks against the arrows from those that
use it, and does nothing more than look if there is none. -/
private def sorryNames (added : Array (Name × ConstantInfo)) : NameSet := Id.run do
  let direct := added.filter fun (_, info) => (expressionsOf info).any (·.hasSorry)
  let mut found : NameSet := direct.foldl (init := {}) fun acc (name, _) => acc.insert name
  if direct.isEmpty then return found
  let own : NameSet := added.foldl (init := {}) fun acc (name, _) => acc.insert name
  let mut usedBy : NameMap (List Name) := {}
  for (name, info) in added do
    for e in expressionsOf info do
      for used in e.getUsedConstants do
        if own.contains used then usedBy := usedBy.insert used (name :: (usedBy.find? used).getD [])
  let mut todo := direct.toList.map (·.1)
  while true do
    let name :: rest := todo | break
    todo := rest
    for user in (usedBy.find? name).getD [] do
      unless found.contains user do
        found := found.insert user
        todo := user :: todo
  return found

structure DeclarationReport where
  items : Array Json := #[]
  truncated : Bool := false
  someSorry : Bool := false
  bytesLeft : Nat

/-- True axioms apart from theorems whose proofs the toolchain does not carry, which Lean shows as axioms too. -/
private def axiomsOf (env : Environment) (name : Name) : Array Name × Nat :=
  let (_, state) := ((CollectAxioms.collect name).run env).run {}
  let (assumed, axioms) := state.axioms.partition (wasOriginallyTheorem env)
  (axioms.qsort Name.lt, assumed.size)

private def declarationJson (env : Environment) (d : Declared) (usesSorry withAxioms : Bool) : Json × Nat :=
  let name := (privateToUserName d.name).toString
  let base := [("name", Json.str name), ("kind", Json.str (kindOf env d)), ("sorry", Json.bool usesSorry)]
  if withAxioms then
    let (axioms, assumed) := axiomsOf env d.name
    let axioms := axioms.map fun a => (privateToUserName a).toString
    let bytes := axioms.foldl (init := name.utf8ByteSize) fun n a => n + a.utf8ByteSize
    (Json.mkObj (base ++ [("axioms", jsonStrings axioms), ("library_theorems_assumed", assumed)]), bytes)
  else
    (Json.mkObj base, name.utf8ByteSize)

/-- The declarations of the file in the order of the source. `bytesLeft` is what the messages left of the bound of all texts. -/
def reportDeclarations (env : Environment) (limits : ReportLimits) (bytesLeft : Nat) (withAxioms : Bool) (token : IO.CancelToken) :
    RequestIO DeclarationReport := do
  let env := env.setExporting false
  let added := addedConstants env
  let sorries := sorryNames added
  let mut r : DeclarationReport := { bytesLeft, someSorry := !sorries.isEmpty }
  for d in declaredBy env added do
    throwIfCancelled token
    if r.items.size ≥ limits.declarationsMax then return { r with truncated := true }
    let (json, bytes) := declarationJson env d (sorries.contains d.name) withAxioms
    if bytes > r.bytesLeft then return { r with truncated := true }
    r := { r with items := r.items.push json, bytesLeft := r.bytesLeft - bytes }
  return r

end LeanWorker
