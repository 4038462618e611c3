-- SPDX-License-Identifier: Apache-2.0
import Lean.Meta.Basic
import LeanWorker.Stream

/-!
# Commands of a capability

The two types that a command may have, and the attribute `@[worker_command "short name"]`, which gives a declaration a name that does not
change when the code moves, and refuses one that could not be run. A capability whose commands are asked for by their full
names needs neither this module nor, unless it streams, any other of this package. Guide: `docs/CAPABILITIES.md`.
-/

open Lean

namespace LeanWorker

/-- The ways to run a command. -/
inductive CommandKind where
  | json | streaming
  deriving BEq

private def arrows (arguments : List Expr) (result : Expr) : Expr :=
  arguments.foldr (fun argument rest => mkForall `a .default argument rest) (mkApp (mkConst ``IO) result)

def CommandKind.type : CommandKind → Expr
  | .json => arrows [mkConst ``String] (mkConst ``String)
  | .streaming => arrows [mkConst ``String, mkConst ``Stream] (mkConst ``Unit)

/-- As users write it. -/
def CommandKind.typeText : CommandKind → String
  | .json => "String → IO String"
  | .streaming => "String → LeanWorker.Stream → IO Unit"

def allowedTypes : String := s!"`{CommandKind.json.typeText}` or `{CommandKind.streaming.typeText}`"

/-- How a declaration of this type is run; `none` if it is no command. Its type need only unfold to one of the two. -/
def commandKind? (type : Expr) : MetaM (Option CommandKind) := do
  for kind in [CommandKind.json, .streaming] do
    if type.eqv kind.type then return some kind
  -- Only an environment that knows the stream's type can have a command of that type.
  let kinds := if (← getEnv).contains ``Stream then [CommandKind.json, .streaming] else [.json]
  kinds.findM? fun kind => Meta.isDefEq type kind.type

/-- Short names with their declarations. -/
initialize commandExtension : SimplePersistentEnvExtension (String × Name) (Array (String × Name)) ←
  registerSimplePersistentEnvExtension
    { addEntryFn := Array.push, addImportedFn := fun _ => #[], asyncMode := .sync }

/-- `@[worker_command "short name"]`: the declaration is a command of its module, and can be asked for by this name too. -/
syntax (name := workerCommand) "worker_command" ppSpace str : attr

private def addCommand (declName : Name) (stx : Syntax) : AttrM Unit := do
  let some short := stx[1].isStrLit? | throwError "`worker_command` needs a name, as in `@[worker_command \"decls\"]`"
  if short.isEmpty then throwError "the name of a command must not be empty"
  let type := (← getConstInfo declName).type
  unless (← (commandKind? type).run').isSome do
    throwError "`{declName}` cannot be a command: its type is{indentExpr type}\nand must be {allowedTypes}"
  if let some (_, other) := (commandExtension.getEntries (← getEnv)).find? (·.1 == short) then
    throwError "`{other}` is already the command '{short}' of this module"
  modifyEnv (commandExtension.addEntry · (short, declName))

initialize
  registerBuiltinAttribute
    { name := `workerCommand
      descr := "a command that leanworker can run, with the short name that follows"
      applicationTime := .afterTypeChecking
      add := fun declName stx _ => addCommand declName stx }

end LeanWorker
