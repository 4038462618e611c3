-- SPDX-License-Identifier: Apache-2.0
import LeanWorker.Stream

/-!
# Seals

The keyed hash beside each request id (`docs/PROTOCOL.md`, section 9), by which the parent knows the host's frames from those that a checked
file wrote. The host alone holds the key: nothing that is handed to user code leads to it.

Interpreted, one hash takes a tenth of a millisecond on the WebAssembly toolchain; so there is one for each request, and none for a row.
-/

namespace LeanWorker

structure SealKey where
  k0 : UInt64
  k1 : UInt64

private def hexDigit? (c : Char) : Option UInt64 :=
  if '0' ≤ c && c ≤ '9' then some (c.toNat - '0'.toNat).toUInt64
  else if 'a' ≤ c && c ≤ 'f' then some (c.toNat - 'a'.toNat + 10).toUInt64
  else none

/-- Eight bytes, the lowest first, of two digits each. -/
private def wordOfHex? : List Char → Option UInt64
  | [] => some 0
  | high :: low :: rest => do
    let byte := (← hexDigit? high) * 16 + (← hexDigit? low)
    return byte ||| (← wordOfHex? rest) <<< 8
  | [_] => none

/-- The key that is written as 32 lower-case hexadecimal digits. -/
def SealKey.ofHex? (text : String) : Option SealKey := do
  let digits := text.toList
  guard (digits.length == 32)
  return { k0 := ← wordOfHex? (digits.take 16), k1 := ← wordOfHex? (digits.drop 16) }

private structure SipState where
  v0 : UInt64
  v1 : UInt64
  v2 : UInt64
  v3 : UInt64

private def sipRounds : Nat → UInt64 → UInt64 → UInt64 → UInt64 → SipState
  | 0, v0, v1, v2, v3 => { v0, v1, v2, v3 }
  | n + 1, v0, v1, v2, v3 =>
    let v0 := v0 + v1
    let v1 := (v1 <<< 13 ||| v1 >>> 51) ^^^ v0
    let v0 := v0 <<< 32 ||| v0 >>> 32
    let v2 := v2 + v3
    let v3 := (v3 <<< 16 ||| v3 >>> 48) ^^^ v2
    let v0 := v0 + v3
    let v3 := (v3 <<< 21 ||| v3 >>> 43) ^^^ v0
    let v2 := v2 + v1
    let v1 := (v1 <<< 17 ||| v1 >>> 47) ^^^ v2
    let v2 := v2 <<< 32 ||| v2 >>> 32
    sipRounds n v0 v1 v2 v3

/-- SipHash-2-4 of the eight bytes of `message`. -/
def SealKey.hash (key : SealKey) (message : UInt64) : UInt64 :=
  -- The second block holds no bytes of the message any more, only its length in the highest byte.
  let length : UInt64 := 0x0800000000000000
  let s := sipRounds 2 (key.k0 ^^^ 0x736f6d6570736575) (key.k1 ^^^ 0x646f72616e646f6d) (key.k0 ^^^ 0x6c7967656e657261)
    (key.k1 ^^^ 0x7465646279746573 ^^^ message)
  let s := sipRounds 2 (s.v0 ^^^ message) s.v1 s.v2 (s.v3 ^^^ length)
  let s := sipRounds 4 (s.v0 ^^^ length) s.v1 (s.v2 ^^^ 0xff) s.v3
  s.v0 ^^^ s.v1 ^^^ s.v2 ^^^ s.v3

/-- What stands in the header's request-id field of a sealed frame. `hash` is that of the id. -/
def sealedField (hash : UInt64) (kind : FrameKind) (requestId : UInt64) : ByteArray :=
  let half := if kind == .response then hash % 4294967296 else hash >>> 32
  littleEndian half.toNat 4 (littleEndian requestId.toNat 4 .empty)

/-- The host's way to seal. -/
structure Sealer where
  key : IO.Ref (Option SealKey)
  /-- The request of the frame before, and the hash of its id. -/
  last : IO.Ref (UInt64 × UInt64)

def Sealer.new : BaseIO Sealer := return { key := ← IO.mkRef none, last := ← IO.mkRef (0, 0) }

/-- Every frame is sealed from now on. -/
def Sealer.use (s : Sealer) (key : SealKey) : BaseIO Unit := do
  s.last.set (0, key.hash 0)
  s.key.set (some key)

private def Sealer.hash (s : Sealer) (key : SealKey) (requestId : UInt64) : BaseIO UInt64 := do
  let (id, hash) ← s.last.get
  if id == requestId then return hash
  let hash := key.hash requestId
  s.last.set (requestId, hash)
  return hash

/-- The header's request-id field: sealed, or plain as long as there is no key. -/
def Sealer.field (s : Sealer) (kind : FrameKind) (requestId : UInt64) : BaseIO ByteArray := do
  match ← s.key.get with
  | none => return littleEndian requestId.toNat 8 .empty
  | some key => return sealedField (← s.hash key requestId) kind requestId

end LeanWorker
