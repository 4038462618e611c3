-- SPDX-License-Identifier: Apache-2.0
-- expect: incomplete
-- Tells the environment that it still imports, so that what the file adds passes for imported; and no warning says so.
import Lean.Elab.Command
open Lean Elab Command Term
set_option warn.sorry false
elab "makeKernelEnv" : term => return mkConst (mkPrivateNameCore `Lean.Environment `Lean.Kernel.Environment.mk)
elab "field" i:num env:ident : term => return .proj ``Kernel.Environment i.getNat (← elabTerm env none)
def hide (env : Kernel.Environment) : Kernel.Environment :=
  makeKernelEnv { env.constants with stage₁ := true } (field 1 env) (field 2 env) (field 3 env) (field 4 env) (field 5 env) env.header
run_cmd do
  let type := mkApp3 (mkConst ``Eq [.succ .zero]) (mkConst ``Nat) (mkNatLit 1) (mkNatLit 2)
  let value := mkApp2 (mkConst ``sorryAx [.zero]) type (mkConst ``Bool.true)
  let env := Environment.ofKernelEnv (hide (← getEnv).toKernelEnv)
  match env.addDeclCore 0 (.thmDecl { name := `wrong, levelParams := [], type, value }) none with
  | .ok env => setEnv env
  | .error _ => throwError "the kernel refuses it"
