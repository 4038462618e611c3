-- SPDX-License-Identifier: Apache-2.0
-- What tactic authors and tools do; elaborated as if after `import Lean`.
open Lean Meta Elab Term Tactic Command

namespace TrainingMeta

syntax (name := leave) "leave" : tactic
@[tactic leave] def evalLeave : Tactic := fun _ => do
  let goal ← getMainGoal
  goal.withContext do
    let type ← instantiateMVars (← goal.getType)
    for decl in ← getLCtx do
      if !decl.isImplementationDetail && (← isDefEq decl.type type) then
        goal.assign decl.toExpr
        replaceMainGoal []
        return
    throwError "nothing fits {type}"

example (p q : Prop) (_ : q) (h : p) : p := by leave

elab "#count " id:ident : command => do
  let env ← getEnv
  let name ← liftCoreM <| realizeGlobalConstNoOverloadWithInfo id
  if let some info := env.find? name then
    logInfo m!"{info.name} : {info.type}, {info.type.getUsedConstants.size} constants"

#count Nat.add_comm

def names : MetaM (Array Name) := do
  let mut found := #[]
  for (name, info) in (← getEnv).constants.map₁.toList.take 2000 do
    if info matches .thmInfo _ && !name.isInternal then
      found := found.push name
  return found.qsort Name.lt

#eval show MetaM Unit from do
  let found ← names
  for name in found.toList.take 30 do
    let info ← getConstInfo name
    let text ← ppExpr info.type
    let json := Json.mkObj [("name", toString name), ("type", text.pretty), ("levels", toJson info.levelParams.length)]
    let back ← ofExcept (Json.parse json.compress)
    if back.getObjVal? "name" matches .error _ then throwError "lost"

#eval show MetaM Unit from do
  let e ← mkAppM ``Nat.add #[mkNatLit 1, mkNatLit 2]
  let r ← whnf e
  unless ← isDefEq r (mkNatLit 3) do throwError "no"
  let (_, type) := (r, ← inferType e)
  logInfo m!"{type} {← reduce e}"

run_cmd
  for i in [0:5] do
    let name := mkIdent (.mkSimple s!"made{i}")
    elabCommand (← `(theorem $name : $(quote i) + 0 = $(quote i) := rfl))

structure Config where
  size : Nat := 3
  name : String := ""
  tags : Array String := #[]
  deriving ToJson, FromJson, Repr

#eval toJson ({ size := 1, tags := #["a"] } : Config)
#eval show IO Unit from do
  let config : Config ← IO.ofExcept (Json.parse "{\"size\": 4, \"name\": \"x\", \"tags\": []}" >>= fromJson?)
  IO.println (repr config)
#eval ((Std.HashMap.emptyWithCapacity : Std.HashMap String Nat).insert "a" 1 |>.toList)
end TrainingMeta
