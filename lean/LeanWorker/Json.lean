-- SPDX-License-Identifier: Apache-2.0
import Lean.Data.Json.Parser
import Lean.Data.Json.Printer

/-!
# Request errors and typed access to JSON

Every error that a request can end with is a `RequestError`; its code is one of section 5 of `docs/PROTOCOL.md`. The readers
below name the member that they did not like.
-/

open Lean (Json JsonNumber)

namespace LeanWorker

/-- The codes of section 5 that this host uses. -/
inductive ErrorCode where
  | badRequest | unknownOp | busy | ioError | importFailed | capabilityFailed | commandNotFound | commandTypeMismatch | cancelled
  | outputTooLarge | rowMalformed | resultMalformed | leanException | nearMemoryLimit | notBelieved | internal
  deriving BEq

def ErrorCode.toString : ErrorCode → String
  | .badRequest => "bad_request" | .unknownOp => "unknown_op" | .busy => "busy" | .ioError => "io_error"
  | .importFailed => "import_failed" | .capabilityFailed => "capability_failed" | .commandNotFound => "command_not_found"
  | .commandTypeMismatch => "command_type_mismatch" | .cancelled => "cancelled" | .outputTooLarge => "output_too_large"
  | .rowMalformed => "row_malformed" | .resultMalformed => "result_malformed" | .leanException => "lean_exception"
  | .nearMemoryLimit => "near_memory_limit" | .notBelieved => "not_believed" | .internal => "internal"

/-- What a request ends with when it has no result. -/
structure RequestError where
  code : ErrorCode
  message : String

/-- The body of an error response. -/
def RequestError.toBody (e : RequestError) : String :=
  (Json.mkObj [("code", e.code.toString), ("message", e.message)]).compress

/-- Work for one request. An `IO` error that nothing caught becomes `lean_exception`. -/
abbrev RequestIO := EIO RequestError

instance : MonadLift IO RequestIO where
  monadLift act := act.toEIO fun e => { code := .leanException, message := toString e }

def cancelledError : RequestError := { code := .cancelled, message := "ended by cancel" }

/-- Throws `cancelled` if the parent asked for it. -/
def throwIfCancelled (token : IO.CancelToken) : RequestIO Unit := do
  if ← token.isSet then throw cancelledError

/-! ## Text to JSON -/

def jsonDepthMax : Nat := 512

private def isOpening (c : Char) : Bool := c == '[' || c == '{'
private def isClosing (c : Char) : Bool := c == ']' || c == '}'

private def occurrences (text pattern : String) : Nat := (text.splitOn pattern).length - 1

/-- The depth after `text`, which holds no string literal, or `none` if it goes over the limit on the way.
`splitOn` is compiled while the loop is interpreted, so the loop is only for texts that may go over the limit. -/
private def depthAfter (text : String) (depth : Nat) : Option Nat := Id.run do
  let openings := occurrences text "[" + occurrences text "{"
  if depth + openings ≤ jsonDepthMax then
    return some (depth + openings - (occurrences text "]" + occurrences text "}"))
  let mut depth := depth
  for c in text.toList do
    if isOpening c then depth := depth + 1 else if isClosing c then depth := depth - 1
    if depth > jsonDepthMax then return none
  return some depth

private def endsInOddBackslashes (text : String) : Bool :=
  (text.toList.reverse.takeWhile (· == '\\')).length % 2 == 1

/-- Digits that the exponent of a number may have. Lean keeps numbers exact, so `1e99999999` would be written out in full. -/
def exponentDigitsMax : Nat := 4

private def hasHugeExponent (text : String) : Bool :=
  let tails := ((text.splitOn "e").drop 1) ++ ((text.splitOn "E").drop 1)
  tails.any fun tail =>
    let digits := ((tail.toList.take (exponentDigitsMax + 2)).dropWhile fun c => c == '+' || c == '-').takeWhile Char.isDigit
    digits.length > exponentDigitsMax

/-- What makes a text dangerous for Lean's JSON parser, which is recursive and exact without any limit: deep nesting would
overflow the stack and a huge exponent fill the memory, and both kill the process. So this must run first. Looks only at what
is outside of strings. -/
private def danger? (text : String) : Option String := Id.run do
  let mut depth := 0
  let mut inString := false
  for piece in text.splitOn "\"" do
    if inString then
      inString := piece.endsWith "\\" && endsInOddBackslashes piece
    else
      inString := true
      if piece == "," || piece == ":" then continue
      let some d := depthAfter piece depth | return some s!"nests deeper than {jsonDepthMax} levels"
      depth := d
      if hasHugeExponent piece then return some s!"has a number whose exponent has more than {exponentDigitsMax} digits"
  return none

/-- What hinders this text from being JSON, as the rest of a sentence about it. -/
def notJson? (text : String) : Option String :=
  match danger? text with
  | some why => some why
  | none => match Json.parse text with
    | .error why => some s!"is not JSON: {why}"
    | .ok _ => none

/-- The body of a `request` or `configure` as text. -/
def bodyText (body : ByteArray) : Except RequestError String := do
  let some text := String.fromUTF8? body | throw { code := .badRequest, message := "the body is not UTF-8" }
  return text

/-- Parses the body of a `request` or `configure`. -/
def parseBody (text : String) : Except RequestError Json := do
  let bad message := RequestError.mk .badRequest message
  if let some why := danger? text then throw (bad s!"the body {why}")
  match Json.parse text with
  | .error why => throw (bad s!"the body is not JSON: {why}")
  | .ok (.obj members) => return .obj members
  | .ok _ => throw (bad "the body must be a JSON object")

/-! ## Members as they were spelled -/

section
open Std.Internal.Parsec Std.Internal.Parsec.String

private def here : Parser String.Pos.Raw := fun it => .success it it.2.offset

/-- The members of an object from the first name on, the last one first: name, and where its value begins and ends. -/
private partial def spelledMembers (found : List (String × String.Pos.Raw × String.Pos.Raw)) :
    Parser (List (String × String.Pos.Raw × String.Pos.Raw)) := do
  ws
  skipChar '"'
  let name ← Json.Parser.str
  ws
  skipChar ':'
  ws
  let start ← here
  let _ ← Json.Parser.anyCore
  let found := (name, start, ← here) :: found
  if (← any) == ',' then spelledMembers found else return found

/-- The text of a member of an object that `parseBody` took, spelled as it came. The blanks behind it may be there too. -/
def rawMember? (text name : String) : Option String :=
  match (do ws; skipChar '{'; spelledMembers []).run text with
  | .ok found => (found.find? (·.1 == name)).map fun (_, start, stop) => start.extract text stop
  | .error _ => none

end

/-! ## Typed members -/

/-- One JSON type: how it is called in messages, and how it is read. -/
structure Reader (α : Type) where
  expected : String
  read : Json → Option α

def string : Reader String := ⟨"a string", fun | .str s => some s | _ => none⟩
def bool : Reader Bool := ⟨"true or false", fun | .bool b => some b | _ => none⟩
def object : Reader Json := ⟨"an object", fun | .obj m => some (.obj m) | _ => none⟩

private def natural? : Json → Option Nat
  | .num { mantissa := .ofNat n, exponent := 0 } => some n
  | _ => none

/-- A whole number within bounds, both included. -/
def natural (least most : Nat) : Reader Nat :=
  ⟨s!"a whole number from {least} to {most}", fun j => (natural? j).filter fun n => least ≤ n && n ≤ most⟩

def strings : Reader (Array String) :=
  ⟨"an array of strings", fun | .arr items => items.mapM string.read | _ => none⟩

/-- The member `name` of `j`, `none` if there is none. `inside` is the path to `j`, such as `"limits."`, for the message. -/
def member? (j : Json) (name : String) (reader : Reader α) (inside := "") : Except RequestError (Option α) :=
  match j.getObjVal? name with
  | .error _ => .ok none
  | .ok value => match reader.read value with
    | some a => .ok (some a)
    | none => .error { code := .badRequest, message := s!"member `{inside}{name}` must be {reader.expected}" }

/-- The member `name` of `j`, which must be there. -/
def member (j : Json) (name : String) (reader : Reader α) (inside := "") : Except RequestError α := do
  let some a ← member? j name reader inside
    | throw { code := .badRequest, message := s!"member `{inside}{name}` is missing; it must be {reader.expected}" }
  return a

/-- An array of texts as JSON. -/
def jsonStrings (items : Array String) : Json := .arr (items.map Json.str)

end LeanWorker
