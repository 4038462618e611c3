-- SPDX-License-Identifier: Apache-2.0
import LeanWorker.Frame
import LeanWorker.Json
import LeanWorker.Session
import LeanWorker.Report
import LeanWorker.Check
import LeanWorker.Host

/-!
# The start of the Lean host

Either serves the connection on descriptors 0 and 3, or, on the WebAssembly toolchain, prepares sessions and has an image made of
the process; a process started from the image goes on in `serve` with these sessions open. The image hook is the only place
that knows of that toolchain. Contract: `docs/PROTOCOL.md`.
-/

open Lean

namespace LeanWorker

/-- What is elaborated before an image is made, so that the code paths of a first check are already initialised in it. -/
private def warmUpSource : String :=
  "theorem warm (a b : Nat) (h : a = b) : b + 0 = a := by simp [h]\n\
   def f (n : Nat) : Nat := match n with | 0 => 1 | n + 1 => f n\n\
   example (x : Nat) : x < x + 1 := by omega\n\
   example : 2 < 3 := by decide\n\
   example : 1 = 2 := rfl\n\
   #eval f 1 + 1\n\
   #check warm\n"

/-- Opens a session for each module and warms up. -/
private def prepareImage (modules : List String) : IO Sessions := do
  let sessions ← IO.mkRef ({} : Sessions)
  let context : CheckContext := { sessions, token := ← IO.CancelToken.new, progress := fun _ _ _ => pure () }
  for module in modules do
    let request := Json.mkObj [("source", warmUpSource), ("imports", jsonStrings #[module]), ("axioms", true)]
    match ← (runCheck context request).toBaseIO with
    | .ok _ => pure ()
    | .error e => throw (IO.userError s!"cannot open a session for {module}: {e.message}")
  sessions.get

/-- Asks the WebAssembly launcher for an image of this process, in which `action` will run. The launcher ends this process when
the image is written. A native toolchain has no such file, and then there is no image. -/
private unsafe def makeImage (action : IO Unit) : IO Unit := do
  let request := s!"/dev/leanworker/image/{ptrAddrUnsafe action}"
  match ← (IO.FS.Handle.mk request .read).toBaseIO with
  | .error e => IO.eprintln s!"lean host: this toolchain makes no images: {e}"
  | .ok _ =>
    IO.sleep 600000
    IO.eprintln "lean host: no image was made within 600 s"
    -- Never reached, but keeps the closure alive while the image is made.
    action
  IO.Process.exit 4

/-- The start of the process: `lean --run Main.lean`, or `… --image Init` to make an image with these sessions open. -/
unsafe def hostMain (args : List String) : IO Unit := do
  if (← searchPathRef.get).isEmpty then initSearchPath (← findSysroot)
  match args with
  | "--image" :: modules =>
    let sessions ← prepareImage modules
    makeImage (serve sessions)
  | [] => serve {}
  | _ =>
    IO.eprintln "usage: lean --run Main.lean [--image MODULE…]"
    IO.Process.exit 2

end LeanWorker
