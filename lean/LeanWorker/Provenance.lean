-- SPDX-License-Identifier: Apache-2.0
import LeanWorker.Json
import LeanWorker.Axioms

/-!
# What a constant rests on

Follows what a constant uses, through the file and through imported modules, until it reaches the toolchain: whether there is a
`sorry`, which axioms there are besides Lean's own three, and what could not be looked into because it came without a body. What
imported constants rest on is remembered in the session, so each is looked at once.
-/

open Lean

namespace LeanWorker

/-- What a constant rests on besides the kernel and the axioms of Lean's logic. -/
structure Rests where
  /-- A `sorry` that somebody wrote. -/
  saysSorry : Bool := false
  /-- One that Lean put in the place of what it could not elaborate. -/
  failed : Bool := false
  axioms : Array Name := #[]
  /-- Imported constants of no toolchain module whose body is not there. -/
  unseen : Array Name := #[]
  deriving Inhabited

/-- So many names are remembered of each sort, for one constant. -/
def restsNamesMax : Nat := 32

private def addName (names : Array Name) (name : Name) : Array Name :=
  if names.size ≥ restsNamesMax || names.contains name then names else names.push name

def Rests.union (a b : Rests) : Rests :=
  { saysSorry := a.saysSorry || b.saysSorry, failed := a.failed || b.failed
    axioms := b.axioms.foldl addName a.axioms, unseen := b.unseen.foldl addName a.unseen }

private def Rests.isNothing (r : Rests) : Bool :=
  !r.saysSorry && !r.failed && r.axioms.isEmpty && r.unseen.isEmpty

/-- Axioms by which the kernel believes what compiled code computed. -/
def nativeAxioms : List Name := [`Lean.ofReduceBool, `Lean.ofReduceNat, `Lean.trustCompiler]

private def standardAxioms : List Name := [`propext, `Classical.choice, `Quot.sound]

/-- What is known about constants by now. -/
structure Provenance where
  /-- What the session imported. Code of a file can make another environment the current one, with other constants under the same names; what is
  known of imported constants outlives the file, so it is asked of this one only. -/
  base : Option Environment := none
  /-- By the index of the imported module: whether it is none of the toolchain's. Empty: there is none such. -/
  foreign : Array Bool := #[]
  imported : Std.HashMap Name Rests := {}
  /-- Those that the file added. -/
  own : Std.HashMap Name Rests := {}

/-- `files` holds one module of each root with its file. The toolchain's modules are those that lie where `Init` lies. -/
def Provenance.ofFiles (env : Environment) (files : Array (Name × System.FilePath)) : Provenance := Id.run do
  let above (entry : Name × System.FilePath) : Option System.FilePath :=
    entry.1.components.foldl (init := some entry.2) fun folder _ => folder.bind System.FilePath.parent
  let top := (files.find? (·.1.getRoot == `Init)).bind above
  let foreign := (files.filter fun entry => top.isNone || above entry != top).map (·.1.getRoot)
  let base := some (env.setExporting false)
  if foreign.isEmpty then return { base }
  return { base, foreign := env.header.moduleNames.map fun module => foreign.contains module.getRoot }

private def moduleIndex? (p : Provenance) (name : Name) : Option ModuleIdx := p.base.bind (·.getModuleIdxFor? name)

def Provenance.isImported (p : Provenance) (name : Name) : Bool := (moduleIndex? p name).isSome

/-- Whether to look into it: it is the file's own, or of a module that is none of the toolchain's. -/
private def follows (p : Provenance) (name : Name) : Bool :=
  match moduleIndex? p name with
  | none => true
  | some index => p.foreign.getD index false

/-- Whether it comes from an imported module that is none of the toolchain's. -/
def Provenance.isForeign (p : Provenance) (name : Name) : Bool :=
  (moduleIndex? p name).any fun index => p.foreign.getD index false

private def known? (p : Provenance) (name : Name) : Option Rests :=
  match p.own[name]? with
  | some rests => some rests
  | none => p.imported[name]?

private def remember (p : Provenance) (name : Name) (rests : Rests) : Provenance :=
  if p.isImported name then { p with imported := p.imported.insert name rests }
  else { p with own := p.own.insert name rests }

def valueOf? : ConstantInfo → Option Expr
  | .defnInfo v => some v.value
  | .thmInfo v => some v.value
  | .opaqueInfo v => some v.value
  | _ => none

/-- The constants in its type and value. -/
def usedIn (info : ConstantInfo) : Array Name :=
  match valueOf? info with
  | some value => info.type.getUsedConstants ++ value.getUsedConstants
  | none => info.type.getUsedConstants

/-- The same; of an inductive type also those of its constructors, which belong to it. -/
private def constantsIn (env : Environment) (info : ConstantInfo) : Array Name := Id.run do
  let .inductInfo type := info | return usedIn info
  let mut used := usedIn info
  for constructor in type.ctors do
    if let some info := env.find? constructor then used := used ++ info.type.getUsedConstants
  return used.filter fun name => !type.all.contains name

private def sorryIn (info : ConstantInfo) : Rests :=
  let all := match valueOf? info with | some value => [info.type, value] | none => [info.type]
  let failed := all.any (·.hasSyntheticSorry)
  { failed, saysSorry := !failed || all.any (·.hasNonSyntheticSorry) }

/-- What Lean says about a constant without a body: later versions note the axioms of a theorem beside it. -/
private def bodilessRests (env : Environment) (name : Name) : Rests := Id.run do
  let found := foundationsOf env name
  if found.contains name then return { unseen := #[name] }
  let mut rests : Rests := {}
  for base in found do
    if base == ``sorryAx then rests := { rests with saysSorry := true }
    else if !standardAxioms.contains base && isTrueAxiom env base then
      rests := { rests with axioms := addName rests.axioms base }
  return rests

/-- What it rests on by itself, and what it uses. -/
private def look (p : Provenance) (env : Environment) (name : Name) : Rests × Array Name := Id.run do
  let env := if p.isImported name then p.base.getD env else env
  let some info := env.find? name | return ({}, #[])
  let used := constantsIn env info
  let mut rests : Rests := if used.contains ``sorryAx then sorryIn info else {}
  for base in nativeAxioms do
    if used.contains base then rests := { rests with axioms := addName rests.axioms base }
  if info matches .axiomInfo _ then
    rests := rests.union (if isTrueAxiom env name then { axioms := #[name] } else bodilessRests env name)
  return (rests, used)

private inductive Visit where
  | enter (name : Name)
  | leave (name : Name) (rests : Rests) (used : Array Name)

/-- Learns what these constants rest on. Without recursion, for chains of uses may be long. -/
def Provenance.explore (p : Provenance) (env : Environment) (names : Array Name) : Provenance := Id.run do
  let mut p := p
  let mut todo : Array Visit := names.map .enter
  repeat
    let some visit := todo.back? | break
    todo := todo.pop
    match visit with
    | .enter name =>
      if (known? p name).isSome then continue
      let (rests, used) := look p env name
      let used := used.filter (follows p)
      -- Ends cycles. They are there only among unsafe constants, on which nothing rests that the kernel proved.
      p := remember p name rests
      unless used.isEmpty do
        todo := (todo.push (.leave name rests used)) ++ used.map .enter
    | .leave name rests used =>
      let rests := used.foldl (init := rests) fun r use =>
        match known? p use with
        | some more => if more.isNothing then r else r.union more
        | none => r
      unless rests.isNothing do p := remember p name rests
  return p

/-- What `explore` learned about it. -/
def Provenance.restsOf (p : Provenance) (name : Name) : Rests := (known? p name).getD {}

end LeanWorker
