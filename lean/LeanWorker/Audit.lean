-- SPDX-License-Identifier: Apache-2.0
import Lean.Elab.Command
import Lean.Replay
import LeanWorker.Provenance

/-!
# What commands take back

An `example` leaves nothing in the environment, and other commands may take back what they declared; the messages about it may
have been swallowed. So each command's info trees are asked for what it declared, and what did not stay is looked at where it was.
-/

open Lean Elab

namespace LeanWorker

/-- A declaration, and the environment that has it. -/
private structure Made where
  name : Name
  env : Environment

/-- What one command's info trees tell. -/
private structure Seen where
  made : Array Made := #[]
  /-- It sets `debug.skipKernelTC`. -/
  skipsKernel : Bool := false

/-- The name of a declaration stands beside its terms and tactics, not below them, so those are left out: trees can be large. -/
private partial def see (env : Option Environment) (seen : Seen) : InfoTree → Seen
  | .context (.commandCtx context) tree => see context.env seen tree
  | .context _ tree => see env seen tree
  | .hole _ => seen
  | .node info children => match info, env with
    | .ofTermInfo term, some env => match term.isBinder, term.expr with
      | true, .const name _ => { seen with made := seen.made.push { name, env } }
      | _, _ => seen
    | .ofTacticInfo _, _ | .ofTermInfo _, _ | .ofPartialTermInfo _, _ => seen
    | .ofOptionInfo option, _ => if option.optionName == `debug.skipKernelTC then { seen with skipsKernel := true } else seen
    | _, _ => children.foldl (see env) seen

/-- Something that a command declared and took back. -/
structure TakenBack where
  name : Name
  /-- Where the command begins. -/
  line : Nat

structure Audit where
  provenance : Provenance := {}
  /-- What the commands so far declared, in order, as far as it stayed. -/
  declared : Array Name := #[]
  /-- Declarations with a `sorry` that nobody was told of. -/
  hiddenSorries : Array TakenBack := #[]
  /-- Declarations that failed without an error that is told. -/
  hiddenErrors : Array TakenBack := #[]
  /-- The file may have told Lean to leave the kernel out. -/
  skipsKernel : Bool := false

/-- Those of `declared` that are gone. An environment that is put back lacks what was declared last, so one look is enough. -/
private def vanished (declared : Array Name) (after : Environment) : Array Name :=
  match declared.back? with
  | some last => if after.contains last then #[] else declared.filter fun name => !after.contains name
  | none => #[]

private def takenBackOf (a : Audit) (made : Array Made) (before after : Environment) : Audit × Array Made :=
  let gone := vanished a.declared after
  let a := if gone.isEmpty then a else
    { a with declared := a.declared.filter fun name => !gone.contains name, provenance := { a.provenance with own := {} } }
  let (stays, taken) := made.partition fun m => after.contains m.name
  ({ a with declared := stays.foldl (init := a.declared) fun all m => all.push m.name }, taken ++ gone.map ({ name := ·, env := before }))

/-- What is known about constants that stay is kept; about those taken back it is not, since their names may come again. -/
private def judgeTaken (p : Provenance) (taken : Made) (after : Environment) : Provenance × Rests :=
  let used := match taken.env.find? taken.name with
    | some info => usedIn info
    | none => #[]
  let p := p.explore after (used.filter after.contains)
  let there := p.explore taken.env #[taken.name]
  ({ p with imported := there.imported }, there.restsOf taken.name)

private def says (log : MessageLog) (what : Message → Bool) : Bool := log.toList.any what

/-- Looks at what a command did. `log` is what is told of it. -/
def Audit.command (a : Audit) (line : Nat) (before : Environment) (state : Command.State) (log : MessageLog) : Audit := Id.run do
  let seen := state.infoState.trees.foldl (see none) {}
  let options := (state.scopes.head?.map (·.opts)).getD {}
  let mut a := { a with skipsKernel := a.skipsKernel || seen.skipsKernel || debug.skipKernelTC.get options }
  let (next, taken) := takenBackOf a seen.made before state.env
  a := next
  for made in taken do
    let (provenance, rests) := judgeTaken a.provenance made (state.env.setExporting false)
    a := { a with provenance }
    let entry : TakenBack := { name := made.name, line }
    if rests.saysSorry && !says log (·.kind == `hasSorry) then a := { a with hiddenSorries := a.hiddenSorries.push entry }
    if rests.failed && !says log (·.severity matches .error) then a := { a with hiddenErrors := a.hiddenErrors.push entry }
  return a

/-! ## The kernel once more -/

/-- Words that a file needs to get a declaration past the kernel. -/
private def waysAroundKernel : List String := ["skipKernelTC", "addDeclCore", "WithoutChecking"]

def mentionsWayAroundKernel (source : String) : Bool :=
  waysAroundKernel.any fun words => (source.splitOn words).length > 1

/-- Hands all that the file added to the kernel once more, and says what it thinks of the first one that it refuses. -/
def recheck (imported : Environment) (added : Array (Name × ConstantInfo)) : IO (Option String) := do
  let constants : Std.HashMap Name ConstantInfo := added.foldl (init := {}) fun all (name, info) => all.insert name info
  let heartbeats ← IO.getNumHeartbeats
  IO.setNumHeartbeats 0
  let result ← ((imported.setExporting false).replay constants).toBaseIO
  IO.setNumHeartbeats heartbeats
  match result with
  | .ok _ => return none
  | .error e => return some (toString e)

end LeanWorker
