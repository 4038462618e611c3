-- SPDX-License-Identifier: Apache-2.0
import Lean.Data.Json.Printer
import LeanWorker.Wire

/-!
# Streams

What a streaming command gets beside its request: `def command (request : String) (s : LeanWorker.Stream) : IO Unit`. What it sends is on
its way while the function runs; a parent that does not read makes it wait. Any task of the function may use the stream, until the function
returns. Guide: `docs/CAPABILITIES.md`. Bytes: `docs/PROTOCOL.md`, section 6.

The code is shaped by where it runs: every step here is interpreted, at a tenth of a microsecond and more, while functions of Lean's own
library are compiled. So `row` has a short path with constant parts made beforehand, and everything rare is elsewhere.
-/

namespace LeanWorker

/-- The way to the parent for one request. Made by the host. -/
structure Stream where
  wire : Wire
  outbox : IO.Ref Outbox
  /-- The header's request-id field of this request's rows, diagnostics and progress. -/
  idField : ByteArray
  /-- The cap for a row's body. -/
  bodyBytesMax : Nat
  token : IO.CancelToken

namespace Stream

/-! ## For the host -/

/-- A stream for one request; the wire serves it until `close`, and no other one beside it. -/
def «open» (wire : Wire) (idField : ByteArray) (bodyBytesMax : Nat) (token : IO.CancelToken) : BaseIO Stream := do
  let outbox ← IO.mkRef ({} : Outbox)
  wire.outbox.set (some (headerStart .row idField, outbox))
  return { wire, outbox, idField, bodyBytesMax, token }

/-- Nothing is taken from here on, and what waits is sent: the next request may open a stream before this one's response is written.
Returns what the stream has come to. -/
def close (s : Stream) : IO Outbox := do
  let out ← takeOutbox s.outbox
  s.outbox.set { out with room := 0, rest := { out.rest with closed := true } }
  s.wire.send
  return out

/-! ## Cancellation -/

/-- Whether the parent asked this request to end. -/
def cancelled (s : Stream) : BaseIO Bool := s.token.isSet

/-- Throws if the parent asked this request to end. -/
def throwIfCancelled (s : Stream) : IO Unit := do
  if ← s.cancelled then throw (IO.userError "cancelled")

/-! ## Rows -/

/-- What is wrong with a row, if something is. -/
private def rowFault (s : Stream) (name : String) (payload : String) : Option Fault :=
  let nameBytes := name.utf8ByteSize
  let bodyBytes := 10 + nameBytes + payload.utf8ByteSize
  if nameBytes == 0 then some (.malformed "a row needs a stream name; this one is empty")
  else if nameBytes > 255 then some (.malformed s!"a stream name has at most 255 bytes; this one has {nameBytes}")
  else if payload.isEmpty then some (.malformed s!"a row of stream '{name}' has an empty payload; it must be JSON text, at least `null`")
  else if bodyBytes > s.bodyBytesMax then
    some (.tooLarge s!"a row of stream '{name}' has {bodyBytes} bytes, more than `frame_bytes_max.to_parent` ({s.bodyBytesMax})")
  else none

/-- Ends the request with a fault, also if its function catches the exception. -/
private def refuse (s : Stream) (out : Outbox) (fault : Fault) : IO Unit := do
  s.outbox.set { out with room := 0, rest := { out.rest with fault := out.rest.fault.getD fault } }
  throw (IO.userError fault.message)

private def closedText : String := "the stream is closed, because its function has returned"

/-- The lane of that name, and the list without it. -/
private def takeLane (name : String) : List Lane → Option (Lane × List Lane)
  | [] => none
  | lane :: rest =>
    if lane.name == name then some (lane, rest) else (takeLane name rest).map fun (found, others) => (found, lane :: others)

/-- The outbox with another lane as that of the row before. -/
private def changeLane (out : Outbox) (lane : Lane) (others : List Lane) : Outbox :=
  let others := if out.name.isEmpty then others else out.nextLane :: others
  { out with name := lane.name, payloads := [], rest := { out.rest with lane, before := out.waiting, others } }

/-- How many lanes a search may pass: each step is interpreted. -/
private def searchedLanes : Nat := 8

/-- The outbox with no more lanes to search than that. -/
private def settle (out : Outbox) : Outbox :=
  let more := (out.rest.others.drop searchedLanes).foldl (init := out.rest.more) fun more old => more.insert old.name old
  { out with rest := { out.rest with others := out.rest.others.take searchedLanes, more } }

private def switchTo (out : Outbox) (name : String) : Outbox :=
  if out.name == name then out else
  match takeLane name out.rest.others with
  | some (lane, others) => changeLane out lane others
  | none =>
    let lane := (out.rest.more.get? name).getD { name }
    -- Only here does the list grow.
    settle (changeLane { out with rest := { out.rest with more := out.rest.more.erase name } } lane out.rest.others)

/-- What a row takes of the room, besides its payload. No matter how long its name is, this is about right. -/
private def rowOverhead : Nat := 64

private def addRow (s : Stream) (out : Outbox) (name payload : String) : BaseIO Unit := do
  let isFirst := out.isEmpty
  let room := (if isFirst then batchBytes else out.room) - (payload.utf8ByteSize + rowOverhead)
  let out := switchTo out name
  s.outbox.set { out with payloads := payload :: out.payloads, room }
  if isFirst then s.wire.wakeSender

/-- Any row. `out` was taken, and is put back. -/
private partial def slowRow (s : Stream) (out : Outbox) (name payload : String) : IO Unit := do
  if let some fault := out.rest.fault then s.refuse out fault
  else if out.rest.closed then s.outbox.set out; throw (IO.userError closedText)
  else if let some fault := s.rowFault name payload then s.refuse out fault
  else if ← s.cancelled then s.outbox.set out; throw (IO.userError "cancelled")
  else if out.isEmpty || payload.utf8ByteSize + rowOverhead < out.room then s.addRow out name payload
  else
    s.outbox.set out
    s.wire.send
    s.slowRow (← takeOutbox s.outbox) name payload

/-- Sends one row of the stream `name` while the function goes on. `json` is JSON text and passes untouched. Throws when the request was
cancelled, when the function has returned, and for an empty name or payload, a name of more than 255 bytes, and a row over the cap; the
latter four also end the request with an error. -/
def row (s : Stream) (name json : String) : IO Unit := do
  let taken := json.utf8ByteSize + rowOverhead
  let out ← takeOutbox s.outbox
  -- Where there is room the stream is open and without fault; and the name of a row before is a good one.
  if taken < out.room && !json.isEmpty then
    if name == out.name then
      s.outbox.set { out with payloads := json :: out.payloads, room := out.room - taken }
    else match takeLane name out.rest.others with
      | some (lane, others) =>
        let out := changeLane out lane others
        s.outbox.set { out with payloads := [json], room := out.room - taken }
      | none => s.slowRow out name json
  else
    s.slowRow out name json

/-! ## Everything else -/

/-- A text as a JSON string, with its quotes. -/
def jsonString (text : String) : String := (Lean.Json.str text).compress

/-- Something else than a row, at once. -/
private def sendFrame (s : Stream) (kind : FrameKind) (body : String) : IO Unit := do
  let frame := encodeHeader kind s.idField body.utf8ByteSize ++ body.toUTF8
  let out ← takeOutbox s.outbox
  if out.rest.closed then s.outbox.set out; throw (IO.userError closedText)
  if body.utf8ByteSize > s.bodyBytesMax then
    return ← s.refuse out (.tooLarge s!"a diagnostic or progress has {body.utf8ByteSize} bytes, more than `frame_bytes_max.to_parent`")
  s.outbox.set (out.emptied (.frame frame :: out.waiting))
  s.wire.send

/-- Tells the parent something in words. -/
def diagnostic (s : Stream) (code message : String) : IO Unit :=
  s.sendFrame .diagnostic ("{\"code\":" ++ jsonString code ++ ",\"message\":" ++ jsonString message ++ "}")

/-- Tells how far the work is. -/
def progress (s : Stream) (phase : String) (current : Nat) (total? : Option Nat := none) : IO Unit :=
  let total := match total? with | some n => toString n | none => "null"
  s.sendFrame .progress ("{\"phase\":" ++ jsonString phase ++ ",\"current\":" ++ toString current ++ ",\"total\":" ++ total ++ "}")

/-- Progress after the chunk with this index, which counts from 0, of `total` chunks. -/
def chunkProgress (s : Stream) (phase : String) (index total : Nat) : IO Unit :=
  s.progress phase (index + 1) (some total)

/-- What the response will carry besides the counts: JSON text, `null` if there is none. The last one wins. -/
def metadata (s : Stream) (json : String) : IO Unit :=
  s.outbox.modify fun out => { out with rest := { out.rest with metadata := some json } }

/-- Something to send, as a value. -/
inductive Envelope where
  | row (name json : String)
  | diagnostic (code message : String)
  | progress (phase : String) (current : Nat) (total? : Option Nat)
  | metadata (json : String)

def emit (s : Stream) : Envelope → IO Unit
  | .row name json => s.row name json
  | .diagnostic code message => s.diagnostic code message
  | .progress phase current total? => s.progress phase current total?
  | .metadata json => s.metadata json

def emitAll (s : Stream) (envelopes : Array Envelope) : IO Unit := envelopes.forM s.emit

/-- How many chunks of `size` (0 counts as 1) make `items`. -/
def countChunks (items size : Nat) : Nat :=
  let size := max 1 size
  (items + size - 1) / size

end Stream

end LeanWorker
