-- SPDX-License-Identifier: Apache-2.0
import Lean.Elab.Command
import LeanWorker.Json

/-!
# The messages of a report

Turns what Lean says about a file into the bounded JSON of `docs/PROTOCOL.md`, section 4.2. Counts and verdict are formed from
everything. Where the limits leave no room, infos give way to warnings and both to errors, so no error is left out because of what
weighs less; what is cut is only counted, so a flood of messages costs no memory.
-/

open Lean

namespace LeanWorker

structure ReportLimits where
  messagesMax : Nat := 1000
  declarationsMax : Nat := 1000
  /-- Bound of all texts together: message texts first, then the names of declarations and axioms. -/
  outputBytesMax : Nat := 1048576

/-- One text may take this much, so that a long one is cut alone. -/
def ReportLimits.textBytesMax (limits : ReportLimits) : Nat := max 65536 (limits.outputBytesMax / 4)

/-- What a parent may get before the result, for the case that there will be none: this much of errors, and of the rest. -/
def earlyErrorBytesMax : Nat := 40960
def earlyOtherBytesMax : Nat := 16384
def earlyTextBytesMax : Nat := 4096

/-- A message that is kept, and what its text costs. -/
structure Kept where
  json : Json
  bytes : Nat

structure MessageReport where
  /-- In Lean's order; `none` where one had to give way. -/
  items : Array (Option Kept) := #[]
  kept : Nat := 0
  /-- Places in `items` of those that may have to give way, the last one last. -/
  infoPlaces : Array Nat := #[]
  warningPlaces : Array Nat := #[]
  errors : Nat := 0
  warnings : Nat := 0
  infos : Nat := 0
  truncated : Bool := false
  saysSorry : Bool := false
  bytesLeft : Nat
  /-- Not told yet, while there is room for telling it early. -/
  early : Array Json := #[]
  earlyErrorBytes : Nat := 0
  earlyOtherBytes : Nat := 0
  /-- Set when Lean's option `maxErrors` ended the file early, as it ends `lean`. -/
  stopped : Bool := false

def MessageReport.shown (r : MessageReport) : Array Json := r.items.filterMap fun item => item.map (·.json)

/-! ## One message -/

/-- The longest prefix of at most `bytes` bytes that ends between two characters. -/
def cutToBytes (text : String) (bytes : Nat) : String := Id.run do
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

def kindBytesMax : Nat := 512

private def fitsBytes : Name → Nat → Bool
  | .anonymous, _ => true
  | .num name _, left => left ≥ 8 && fitsBytes name (left - 8)
  | .str name text, left => text.utf8ByteSize < left && fitsBytes name (left - text.utf8ByteSize - 1)

/-- Lean prints a message without kind as `[anonymous]`; the protocol says `""`. Code of a file may invent kinds, of any length. -/
private def kindText (kind : Name) : String :=
  if kind.isAnonymous then ""
  else if fitsBytes kind kindBytesMax then kind.toString
  else match kind with
    | .str _ text => (fitText text kindBytesMax).1
    | _ => ellipsis

/-- User code may invent positions that no JSON reader takes as a whole number. -/
def positionMax : Nat := 2 ^ 53 - 1

def positionJson (n : Nat) : Json := (min n positionMax : Nat)

private def messageJson (m : Message) (kind : Name) (text : String) : Json :=
  let (endLine, endColumn) : Json × Json := match m.endPos with
    | some e => (positionJson e.line, positionJson e.column)
    | none => (.null, .null)
  Json.mkObj [("severity", severityText m.severity), ("text", text), ("kind", kindText kind), ("line", positionJson m.pos.line),
    ("column", positionJson m.pos.column), ("end_line", endLine), ("end_column", endColumn)]

private def messageText (m : Message) : BaseIO String := do
  let text ← m.data.toString
  return if m.caption.isEmpty then text else s!"{m.caption}:\n{text}"

/-! ## All of them -/

private def MessageReport.count (r : MessageReport) (severity : MessageSeverity) : MessageReport :=
  match severity with
  | .error => { r with errors := r.errors + 1 }
  | .warning => { r with warnings := r.warnings + 1 }
  | .information => { r with infos := r.infos + 1 }

/-- Where the last one is that weighs less, and the report without it on its list. -/
private def MessageReport.lighter? (r : MessageReport) (severity : MessageSeverity) : Option (Nat × MessageReport) :=
  match severity, r.infoPlaces.back?, r.warningPlaces.back? with
  | .information, _, _ => none
  | _, some place, _ => some (place, { r with infoPlaces := r.infoPlaces.pop })
  | .error, none, some place => some (place, { r with warningPlaces := r.warningPlaces.pop })
  | _, _, _ => none

/-- Lets those go that weigh less until there is room, or none is left. -/
private partial def MessageReport.makeRoom (r : MessageReport) (limits : ReportLimits) (severity : MessageSeverity) (bytes : Nat) :
    MessageReport :=
  if r.kept < limits.messagesMax && bytes ≤ r.bytesLeft then r
  else match r.lighter? severity with
    | none => r
    | some (place, r) =>
      let freed := ((r.items.getD place none).map (·.bytes)).getD 0
      let r := { r with items := r.items.setIfInBounds place none, kept := r.kept - 1, bytesLeft := r.bytesLeft + freed
                        truncated := true }
      r.makeRoom limits severity bytes

/-- Notes for telling it early, if that has room. -/
private def MessageReport.noteEarly (r : MessageReport) (m : Message) (kind : Name) (text : String) : MessageReport :=
  let short := (fitText text earlyTextBytesMax).1
  let bytes := short.utf8ByteSize + 256
  if m.severity matches .error then
    if r.earlyErrorBytes + bytes > earlyErrorBytesMax then r
    else { r with early := r.early.push (messageJson m kind short), earlyErrorBytes := r.earlyErrorBytes + bytes }
  else if r.earlyOtherBytes + bytes > earlyOtherBytesMax then r
  else { r with early := r.early.push (messageJson m kind short), earlyOtherBytes := r.earlyOtherBytes + bytes }

private def MessageReport.keep (r : MessageReport) (severity : MessageSeverity) (json : Json) (bytes : Nat) : MessageReport :=
  let place := r.items.size
  let r := { r with items := r.items.push (some { json, bytes }), kept := r.kept + 1, bytesLeft := r.bytesLeft - bytes }
  match severity with
  | .error => r
  | .warning => { r with warningPlaces := r.warningPlaces.push place }
  | .information => { r with infoPlaces := r.infoPlaces.push place }

/-- Adds one message. Silent ones are for editors, and `lean` does not print them; but with a silent error it ends in failure, so
those are shown. -/
def MessageReport.add (r : MessageReport) (limits : ReportLimits) (m : Message) : BaseIO MessageReport := do
  let severity := m.severity
  if m.isSilent && !(severity matches .error) then return r
  let kind := m.data.kind
  let r := { r.count severity with saysSorry := r.saysSorry || kind == `hasSorry }
  if (r.kept ≥ limits.messagesMax || r.bytesLeft == 0) && (r.lighter? severity).isNone then return { r with truncated := true }
  let (text, cut) := fitText (← messageText m) limits.textBytesMax
  let r := (r.noteEarly m kind text).makeRoom limits severity text.utf8ByteSize
  let (text, cutAgain) := fitText text r.bytesLeft
  let r := { r with truncated := r.truncated || cut || cutAgain }
  if r.kept ≥ limits.messagesMax || (cutAgain && text.isEmpty) then return { r with truncated := true }
  return r.keep severity (messageJson m kind text) text.utf8ByteSize

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

end LeanWorker
