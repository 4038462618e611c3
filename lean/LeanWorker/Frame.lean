-- SPDX-License-Identifier: Apache-2.0
import LeanWorker.Seal
import LeanWorker.Stream

/-!
# Frames

The 24-byte header of `docs/PROTOCOL.md`, section 1, and the two ends of the connection: `Input` (descriptor 0) and `Output`
(descriptor 3). Nothing else in the host touches these descriptors. A broken connection ends the process here, because no
caller could do anything better with it.
-/

namespace LeanWorker

/-- The kind of a frame from the parent; the kinds of the other direction are as wrong as unknown ones. -/
def FrameKind.ofParent? (code : UInt8) : Option FrameKind :=
  if code == 2 then some .configure
  else if code == 3 then some .request
  else if code == 4 then some .cancel
  else if code == 5 then some .terminate
  else none

/-- A frame from the parent. The body is still bytes: what it must be depends on the kind. -/
structure Frame where
  kind : FrameKind
  requestId : UInt64
  body : ByteArray

/-- Bodies in both directions may not be longer than this until `configure` is answered. -/
def bodyBytesMaxBeforeConfigure : Nat := 65536

/-- The largest cap that `configure` may ask for, in both directions. -/
def bodyBytesMaxLimit : Nat := 268435456

private def readLittleEndian (bytes : ByteArray) (start count : Nat) : Nat := Id.run do
  let mut n := 0
  for i in [0:count] do
    n := n * 256 + (bytes.get! (start + count - 1 - i)).toNat
  return n

/-- Pure decoder of a header from the parent. The checks run in the order that the protocol gives, and none of them needs
the body, so nothing is allocated for a frame that is refused. -/
def decodeHeader (bytes : ByteArray) (bodyBytesMax : Nat) : Except String (FrameKind × UInt64 × Nat) := do
  let version := readLittleEndian bytes 4 2
  let flags := bytes.get! 7
  let bodyBytes := readLittleEndian bytes 16 4
  unless bytes.extract 0 4 == magicAndVersion.extract 0 4 do throw "frame_bad_magic: the header does not begin with LWRK"
  unless version == 1 do throw s!"frame_bad_version: peer speaks version {version}, this host speaks 1"
  let some kind := FrameKind.ofParent? (bytes.get! 6)
    | throw s!"frame_bad_kind: {bytes.get! 6} is not a kind that a parent sends"
  unless flags == 0 do throw s!"frame_bad_flags: flags are {flags}, must be 0"
  unless readLittleEndian bytes 20 4 == 0 do throw "frame_bad_flags: the reserved field must be 0"
  if bodyBytes > bodyBytesMax then throw s!"frame_too_large: {bodyBytes} bytes announced, at most {bodyBytesMax} allowed"
  if (kind == .cancel || kind == .terminate) && bodyBytes != 0 then throw "frame_bad_body: cancel and terminate have no body"
  return (kind, (readLittleEndian bytes 8 8).toUInt64, bodyBytes)

/-! ## Reading -/

/-- Descriptor 0. Owned by the reading loop; only that thread may read. -/
structure Input where
  stream : IO.FS.Stream

/-- An end of the connection that from now on is ours alone, where the launcher offers that (`lean/wasm`); a native toolchain has no such file. -/
private def claimChannel? (name : String) (mode : IO.FS.Mode) : BaseIO (Option IO.FS.Handle) :=
  return (← (IO.FS.Handle.mk ("/dev/leanworker/channel/" ++ name) mode).toBaseIO).toOption

/-- Call it before code of a user runs. -/
def Input.open : IO Input := do
  match ← claimChannel? "in" .read with
  | some handle => return { stream := .ofHandle handle }
  | none => return { stream := ← IO.getStdin }

/-- Reads exactly `count` bytes, or fewer if the file ends before. -/
private partial def Input.readUpTo (input : Input) (count : Nat) (have_ : ByteArray := .empty) : IO ByteArray := do
  if have_.size == count then return have_
  let more ← input.stream.read (count - have_.size).toUSize
  if more.isEmpty then return have_
  -- The usual case is one read that gives everything; it must not copy.
  input.readUpTo count (if have_.isEmpty then more else have_ ++ more)

/-- The next frame, or `none` at a clean end of file. A malformed or truncated frame ends the process. -/
def Input.next (input : Input) (bodyBytesMax : Nat) : IO (Option Frame) := do
  let header ← input.readUpTo headerBytes
  if header.isEmpty then return none
  if header.size < headerBytes then dieOfBrokenConnection "frame_truncated: end of file inside a header"
  match decodeHeader header bodyBytesMax with
  | .error why => dieOfBrokenConnection why
  | .ok (kind, requestId, bodyBytes) =>
    let body ← input.readUpTo bodyBytes
    if body.size < bodyBytes then dieOfBrokenConnection "frame_truncated: end of file inside a body"
    return some { kind, requestId, body }

/-! ## Writing -/

/-- Descriptor 3, with the cap that holds for it. Any thread may write. -/
structure Output where
  wire : Wire
  sealer : Sealer
  /-- The cap for bodies to the parent. -/
  bodyBytesMax : IO.Ref Nat

/-- As `Input.open`. -/
def Output.open : IO Output := do
  let handle ← match ← claimChannel? "out" .write with
    | some handle => pure handle
    | none => IO.FS.Handle.mk "/proc/self/fd/3" .write
  return { wire := ← Wire.open handle, sealer := ← Sealer.new, bodyBytesMax := ← IO.mkRef bodyBytesMaxBeforeConfigure }

/-- Whether a body of that size may be sent. Callers decide what to send instead. -/
def Output.fits (out : Output) (bodyBytes : Nat) : BaseIO Bool :=
  return bodyBytes ≤ (← out.bodyBytesMax.get)

/-- Writes and flushes one frame, after the rows that wait. A failure means that the parent is gone; then the process ends, in
whatever thread. -/
def Output.write (out : Output) (kind : FrameKind) (requestId : UInt64) (body : String) (flags : UInt8 := 0) : IO Unit := do
  let idField ← out.sealer.field kind requestId
  out.wire.send [encodeHeader kind idField body.utf8ByteSize flags, body.toUTF8]

end LeanWorker
