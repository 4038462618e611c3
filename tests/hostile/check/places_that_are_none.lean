-- SPDX-License-Identifier: Apache-2.0
-- expect: has_errors
-- Places beyond all numbers, of a declaration and of a command, and a message of a kind that has no end.
import Lean.Elab.Command
open Lean Elab Command Parser
axiom far : 1 = 2
run_cmd
  let place : DeclarationRange := { pos := ⟨10 ^ 40, 0⟩, charUtf16 := 0, endPos := ⟨10 ^ 40, 0⟩, endCharUtf16 := 0 }
  addDeclarationRanges `far { range := place, selectionRange := place }
def farFn : ParserFn := fun context state =>
  let place : String.Pos.Raw := ⟨10 ^ 40⟩
  let state := symbolFn "far!" context state
  state.popSyntax.pushSyntax (mkNode `farCommand #[.atom (.original ⟨"", ⟨0⟩, ⟨0⟩⟩ place ⟨"", ⟨0⟩, ⟨0⟩⟩ place) "far!"])
@[command_parser] def farParser : Parser := { fn := farFn, info := symbolInfo "far!" }
run_cmd logInfo (.tagged (.mkSimple ("".pushn 'k' 100000)) m!"of a long kind")
far!
