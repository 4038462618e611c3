-- SPDX-License-Identifier: Apache-2.0
import Std.Sync.Mutex
import Std.Data.TreeMap.Basic

/-!
# The wire

The write end of the connection (descriptor 3) and the bytes of a frame's header (`docs/PROTOCOL.md`, section 1). It is the bottom
of both the host and `LeanWorker.Stream`, so it imports no more than it must: a capability that streams imports it
too (35 modules besides `Init`, 0.1 s).
A connection that cannot be written any more ends the process here, because no caller could do anything better with it.
-/

namespace LeanWorker

/-- The kinds of section 2. -/
inductive FrameKind where
  | hello | configure | request | cancel | terminate | row | diagnostic | progress | response | log
  deriving BEq

def FrameKind.code : FrameKind → UInt8
  | .hello => 1 | .configure => 2 | .request => 3 | .cancel => 4 | .terminate => 5
  | .row => 16 | .diagnostic => 17 | .progress => 18 | .response => 19 | .log => 20

def headerBytes : Nat := 24

/-- Exit code for a connection that cannot be used any more. -/
def brokenConnection : UInt8 := 3

/-- Says why on descriptor 2 and leaves. Does not return. Lean's ordinary exit can wait for ever for a thread that works. -/
def dieOfBrokenConnection {α : Type} (why : String) : IO α := do
  try IO.eprintln s!"lean host: {why}"; (← IO.getStderr).flush catch _ => pure ()
  IO.Process.forceExit brokenConnection

/-- Appends the `count` low bytes of `n`. -/
def littleEndian (n : Nat) (count : Nat) (bytes : ByteArray) : ByteArray := Id.run do
  let mut bytes := bytes
  let mut rest := n
  for _ in [0:count] do
    bytes := bytes.push rest.toUInt8
    rest := rest >>> 8
  return bytes

def magicAndVersion : ByteArray := ⟨#[0x4C, 0x57, 0x52, 0x4B, 1, 0]⟩

/-- Bits of a header's flags, which only a `response` may have. -/
def flagError : UInt8 := 1
/-- This child asks to be replaced before its next request. -/
def flagRetire : UInt8 := 2

/-- The part of a header before the length of the body. `idField` is the sealed request id: what is handed to user code has no more than that. -/
def headerStart (kind : FrameKind) (idField : ByteArray) (flags : UInt8 := 0) : ByteArray :=
  ((magicAndVersion.push kind.code).push flags) ++ idField

/-- The eight bytes of each small number. Made once per process, and part of its start-up image. -/
initialize smallNumbers : Array ByteArray ← do
  let mut all := #[]
  for high in [0:16] do
    let rest := littleEndian high 7 .empty
    for low in [0:256] do all := all.push (ByteArray.empty.push low.toUInt8 ++ rest)
  return all

/-- Encoder of a header. -/
def encodeHeader (kind : FrameKind) (idField : ByteArray) (bodyBytes : Nat) (flags : UInt8 := 0) : ByteArray :=
  -- The length has four bytes, and four reserved ones follow that are zero.
  let start := headerStart kind idField flags
  if h : bodyBytes < smallNumbers.size then start ++ smallNumbers[bodyBytes] else littleEndian bodyBytes 8 start

/-! ## Frames that wait -/

/-- Why a request must end in an error, whatever its function does. -/
inductive Fault where
  | malformed (why : String)
  | tooLarge (why : String)

def Fault.message : Fault → String
  | .malformed why | .tooLarge why => why

private def tailOf (name : String) (block : Nat) : ByteArray :=
  littleEndian name.utf8ByteSize 2 (littleEndian block 7 .empty) ++ name.toUTF8

/-- One stream of a request. Rows whose sequences differ in the lowest byte only are a block. -/
structure Lane where
  name : String
  /-- The sequence of the next row, or of the oldest one of those that come with it. -/
  first : Nat := 0
  block : Nat := 0
  /-- What follows the lowest byte of the sequence in the rows of the block, up to their payloads. -/
  tail : ByteArray := tailOf name 0

/-- The lane after so many rows. -/
def Lane.advance (lane : Lane) (rows : Nat) : Lane :=
  let first := lane.first + rows
  let block := first / 256
  if block == lane.block then { lane with first } else { lane with first, block, tail := tailOf lane.name block }

/-- What waits for the pipe. Rows are framed when they leave, because then it happens many at a time and in place. -/
inductive Waiting where
  /-- A whole frame. -/
  | frame (bytes : ByteArray)
  /-- Rows of one stream, the newest first. -/
  | rows (lane : Lane) (payloads : List String)

/-- The part of an outbox that few rows touch. -/
structure OutboxRest where
  /-- The stream of the row before. -/
  lane : Lane := { name := "" }
  /-- What came before the rows in the outbox itself, the newest first. -/
  before : List Waiting := []
  /-- The other streams that were used last, so that going to and fro between a few is cheap. -/
  others : List Lane := []
  /-- The streams besides. -/
  more : Std.TreeMap String Lane := {}
  closed : Bool := false
  fault : Option Fault := none
  metadata : Option String := none

/-- What a stream has come to. Every row makes a new one, so it is small. -/
structure Outbox where
  /-- The stream of the row before, and rows of it that wait, the newest first. -/
  name : String := ""
  payloads : List String := []
  /-- Bytes that may still wait; 0 while nothing waits, and after the last row. -/
  room : Nat := 0
  rest : OutboxRest := {}

/-- Takes the outbox out of its place; whoever else comes spins until it is put back. So it must be put back, within a few steps. -/
@[inline] private unsafe def takeOutboxUnsafe (place : IO.Ref Outbox) : BaseIO Outbox := place.take

@[implemented_by takeOutboxUnsafe]
opaque takeOutbox (place : IO.Ref Outbox) : BaseIO Outbox := place.get

def Outbox.isEmpty (out : Outbox) : Bool := out.payloads.isEmpty && out.rest.before.isEmpty

/-- Everything that waits, the newest first. -/
def Outbox.waiting (out : Outbox) : List Waiting :=
  if out.payloads.isEmpty then out.rest.before else .rows out.rest.lane out.payloads :: out.rest.before

/-- The stream of the row before, after the rows that wait. -/
def Outbox.nextLane (out : Outbox) : Lane := out.rest.lane.advance out.payloads.length

/-- The outbox with nothing in it but `before`, which holds what was there. -/
def Outbox.emptied (out : Outbox) (before : List Waiting := []) : Outbox :=
  { out with payloads := [], room := 0, rest := { out.rest with lane := out.nextLane, before } }

/-- The write end of the connection. Any thread may write; whole frames, one at a time. -/
structure Wire where
  handle : IO.FS.Handle
  /-- Held while bytes go to the pipe, which may take as long as the parent likes. -/
  writing : Std.BaseMutex
  /-- The outbox of the request that streams, if one does, and the header of its rows up to their length. -/
  outbox : IO.Ref (Option (ByteArray × IO.Ref Outbox))
  /-- Guards only the sleep of the thread that sends late. -/
  sleeping : Std.BaseMutex
  wake : Std.Condvar

def Wire.open (handle : IO.FS.Handle) : BaseIO Wire := do
  return { handle, writing := ← Std.BaseMutex.new, outbox := ← IO.mkRef none, sleeping := ← Std.BaseMutex.new, wake := ← Std.Condvar.new }

/-- How long a row may wait for others to go with it, and how many bytes may wait. -/
def waitMs : UInt32 := 1
def batchBytes : Nat := 32768

/-! ## Encoding what waits -/

/-- `all ++ more` in one call instead of three: the bounds are cut to what is there. -/
@[inline] private def append (all more : ByteArray) : ByteArray :=
  more.copySlice 0 all 0x3fffffff 0x3fffffff false

/-- Rows of one block. Each call is looked up by the interpreter (0.3 µs), so there are as few as possible for each row. -/
private def appendBlock (start tail : ByteArray) (overhead : Nat) (numbers : Array ByteArray) : List String → Nat → ByteArray → ByteArray
  | [], _, all => all
  | payload :: rest, sequence, all =>
    let body := overhead + payload.utf8ByteSize
    let all := if h : body < numbers.size then append (append all start) numbers[body] else littleEndian body 8 (append all start)
    appendBlock start tail overhead numbers rest (sequence + 1) (append (append (all.push sequence.toUInt8) tail) payload.toUTF8)

/-- Rows of one stream, the oldest first. -/
private partial def appendRows (start : ByteArray) (lane : Lane) (payloads : List String) (all : ByteArray) : ByteArray :=
  if let [_] := payloads then appendBlock start lane.tail (10 + lane.name.utf8ByteSize) smallNumbers payloads lane.first all else
  let (block, rest) := payloads.splitAt (256 - lane.first % 256)
  let all := appendBlock start lane.tail (10 + lane.name.utf8ByteSize) smallNumbers block lane.first all
  if rest.isEmpty then all else appendRows start (lane.advance block.length) rest all

private def appendWaiting (start : ByteArray) (all : ByteArray) : Waiting → ByteArray
  | .frame bytes => all ++ bytes
  | .rows lane payloads => appendRows start lane payloads.reverse all

/-- Takes the bytes of what waits. -/
private def Wire.takeBytes (wire : Wire) : BaseIO ByteArray := do
  let some (start, outbox) ← wire.outbox.get | return .empty
  let out ← takeOutbox outbox
  outbox.set out.emptied
  if out.isEmpty then return .empty
  return out.waiting.reverse.foldl (appendWaiting start) (.emptyWithCapacity (2 * batchBytes))

/-- Writes and flushes what waits, and then `last`: the parts of one frame. -/
def Wire.send (wire : Wire) (last : List ByteArray := []) : IO Unit := do
  wire.writing.lock
  let waiting ← wire.takeBytes
  try
    unless waiting.isEmpty do wire.handle.write waiting
    for part in last do wire.handle.write part
    wire.handle.flush
  catch e => dieOfBrokenConnection s!"descriptor 3 cannot be written: {e}"
  wire.writing.unlock

/-- A first frame came to wait. -/
def Wire.wakeSender (wire : Wire) : BaseIO Unit := do
  -- With the lock: the thread may have looked already, and not sleep yet.
  wire.sleeping.lock
  wire.wake.notifyOne
  wire.sleeping.unlock

private def Wire.waitForFrames (wire : Wire) : BaseIO Unit := do
  wire.sleeping.lock
  let waiting ← match ← wire.outbox.get with
    | some (_, outbox) => pure !(← outbox.get).isEmpty
    | none => pure false
  -- Awake without a frame does no harm: then nothing is sent.
  unless waiting do wire.wake.wait wire.sleeping
  wire.sleeping.unlock

/-- Sends what has waited for `waitMs`, for ever. For a thread of its own. -/
partial def Wire.sendLate (wire : Wire) : IO Unit := do
  wire.waitForFrames
  IO.sleep waitMs
  wire.send
  wire.sendLate

end LeanWorker
