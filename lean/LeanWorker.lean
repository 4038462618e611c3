-- SPDX-License-Identifier: Apache-2.0
import LeanWorker.Frame
import LeanWorker.Json
import LeanWorker.Session
import LeanWorker.Report
import LeanWorker.WarmUp
import LeanWorker.Host

/-!
# The start of the Lean host

Either serves the connection on descriptors 0 and 3, or, on the WebAssembly toolchain, prepares sessions and has an image made of
the process; a process started from the image goes on in `serve` with these sessions open. The image hook is the only place
that knows of that toolchain. Contract: `docs/PROTOCOL.md`.
-/

open Lean

namespace LeanWorker

/-- Opens a session for each module and warms up. -/
private def prepareImage (start : Sessions) (modules : List String) : IO Sessions := do
  let sessions ← IO.mkRef start
  for module in modules do
    match ← (warmUp sessions #[module]).toBaseIO with
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
  let start : Sessions := { start := ← ProcessState.take }
  match args with
  | "--image" :: modules =>
    let sessions ← prepareImage start modules
    makeImage (serve sessions)
  | [] => serve start
  | _ =>
    IO.eprintln "usage: lean --run Main.lean [--image MODULE…]"
    IO.Process.exit 2

end LeanWorker
