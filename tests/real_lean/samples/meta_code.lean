import Lean
open Lean Elab Command Meta

elab "#hello " n:ident : command => logInfo m!"hello {n.getId}"
#hello world
elab "my_fail" : tactic => throwError "my_fail always fails"
example : True := by my_fail
#eval show MetaM Unit from do
  let e ← mkAppM ``Nat.add #[mkNatLit 1, mkNatLit 2]
  logInfo m!"{e} : {← inferType e}"
  logWarning "careful"
initialize counter : IO.Ref Nat ← IO.mkRef 0
register_option my.opt : Bool := { defValue := true }
