-- SPDX-License-Identifier: Apache-2.0
import Lean.AddDecl
import Lean.Util.CollectAxioms

/-!
# Axioms

Lean's own search for axioms, in the spelling that all supported versions share. A source of two modules: the host and `extract`.
-/

open Lean

namespace LeanWorker

/-- What Lean finds at the end of all that `name` uses: axioms, and whatever the toolchain ships without a body. -/
def foundationsOf (env : Environment) (name : Name) : Array Name :=
  let _ : MonadEnv (StateM Environment) := { getEnv := get, modifyEnv := fun change => modify change }
  Id.run ((collectAxioms name : StateM Environment (Array Name)).run' env)

/-- Whether it was declared as an axiom. Theorems and definitions without a body look like axioms, and are none. -/
def isTrueAxiom (env : Environment) (name : Name) : Bool :=
  match getOriginalConstKind? env name with
  | some .axiom => true
  | some _ => false
  | none => true

end LeanWorker
