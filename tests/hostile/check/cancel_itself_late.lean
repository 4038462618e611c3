-- SPDX-License-Identifier: Apache-2.0
-- expect: has_errors
-- Cancels its own elaboration when that is over, while what it declared is looked at.
import Lean.Elab.Command
open Lean Elab Command
theorem wrong : 1 = 2 := rfl
run_cmd liftCoreM do
  let place : DeclarationRange := { pos := ⟨1, 0⟩, charUtf16 := 0, endPos := ⟨1, 0⟩, endCharUtf16 := 0 }
  for i in [0:2000] do
    let name := Name.mkSimple s!"t{i}"
    addDecl (.thmDecl { name, levelParams := [], type := mkConst ``True, value := mkConst ``True.intro })
    addDeclarationRanges name { range := place, selectionRange := place }
run_cmd do
  let some token := (← read).cancelTk? | return
  discard <| IO.asTask (prio := .dedicated) do
    IO.sleep 5
    token.set
