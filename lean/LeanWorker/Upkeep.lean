-- SPDX-License-Identifier: Apache-2.0
import LeanWorker.Session

/-!
# Upkeep

What is done around each request, so that it does not depend on those before it; and when this process should be replaced, because it
cannot be put back to what it was, or is about to be full.
-/

open Lean (Json SearchPath searchPathRef)

namespace LeanWorker

/-! ## What the process uses -/

structure Usage where
  threads : Nat
  memoryBytes : Nat
  /-- What it may use; `none`: nobody said. -/
  memoryBytesMax : Option Nat
  /-- It began with machine code that an earlier process left: nothing need be warmed up. -/
  machineCode : Bool := false

/-- The launcher of the WebAssembly toolchain knows best (`lean/wasm/runtime/facts.js`). -/
private def factsOfLauncher : IO Usage := do
  let line ← (← IO.FS.Handle.mk "/dev/leanworker/facts" .read).getLine
  let json ← IO.ofExcept (Json.parse line)
  let number name := IO.ofExcept ((json.getObjVal? name) >>= Json.getNat?)
  let machineCode := ((json.getObjVal? "machine_code") >>= Json.getBool?).toOption.getD false
  return { threads := ← number "threads", memoryBytes := ← number "memory_bytes", memoryBytesMax := some (← number "memory_bytes_max"), machineCode }

private def factsOfSystem : IO Usage := do
  let pages := (((← IO.FS.readFile "/proc/self/statm").splitOn " ")[1]?).bind (·.toNat?)
  return { threads := (← System.FilePath.readDir "/proc/self/task").size, memoryBytes := pages.getD 0 * 4096, memoryBytesMax := none }

/-- Nothing is known where there is neither. -/
def Usage.read (memoryBytesMax : Option Nat := none) : BaseIO (Option Usage) := do
  let usage ← match ← factsOfLauncher.toBaseIO with
    | .ok usage => pure (some usage)
    | .error _ => pure (← factsOfSystem.toBaseIO).toOption
  return usage.map fun u => { u with memoryBytesMax := memoryBytesMax.orElse fun _ => u.memoryBytesMax }

/-- How much of its limit it uses, in percent. -/
def Usage.percent (u : Usage) : Nat :=
  match u.memoryBytesMax with
  | some most => if most == 0 then 0 else u.memoryBytes * 100 / most
  | none => 0

/-- From here on a process asks to be replaced: an import may take a fifth of all there is, and an elaboration another one. -/
def retirePercent : Nat := 60

/-- From here on what fails may fail for want of memory. -/
def doubtPercent : Nat := 80

def Usage.memoryText (u : Usage) : String :=
  let mib (bytes : Nat) := bytes / 1048576
  s!"{mib u.memoryBytes} of {mib (u.memoryBytesMax.getD 0)} MiB of memory are used"

/-! ## Work that a request left behind -/

/-- Whether so many threads of Lean's task pool are idle: as many tasks run at the same time, at once. Each does `restore` on its thread. -/
private def poolIsIdle (threads : Nat) (waitMs : Nat) (restore : BaseIO Unit) : BaseIO Bool := do
  let lock ← Std.BaseMutex.new
  let open_ ← Std.Condvar.new
  let arrived ← IO.mkRef (0 : Nat)
  let released ← IO.mkRef false
  for _ in [0:threads] do
    discard <| BaseIO.asTask do
      restore
      lock.lock
      arrived.modify (· + 1)
      unless ← released.get do open_.wait lock
      lock.unlock
  let begin ← IO.monoNanosNow
  let mut all := false
  repeat
    all := (← arrived.get) ≥ threads
    let waited := (← IO.monoNanosNow) - begin
    if all || waited ≥ waitMs * 1000000 then break
    -- They mostly come within a tenth of a millisecond, and any sleep takes more than a whole one.
    if waited > 500000 then IO.sleep 1
  lock.lock
  released.set true
  open_.notifyAll
  lock.unlock
  return all

/-! ## Around requests -/

/-- What the process had at its start. -/
structure Upkeep where
  start : ProcessState
  folder : Option System.FilePath
  threads : Nat
  machineCode : Bool
  /-- The memory limit that `configure` gave. -/
  memoryBytesMax : IO.Ref (Option Nat)
  /-- Requests that ran Lean. -/
  served : IO.Ref Nat
  /-- Of the process. -/
  seed : Nat

def Upkeep.new (start : ProcessState) : IO Upkeep := do
  let usage ← Usage.read
  let randomSeed : IO Nat := return (← IO.getRandomBytes 7).foldl (init := 0) fun n byte => n * 256 + byte.toNat
  return { start
           threads := (usage.map (·.threads)).getD 0
           machineCode := usage.any (·.machineCode)
           folder := (← IO.currentDir.toBaseIO).toOption
           memoryBytesMax := ← IO.mkRef none
           served := ← IO.mkRef 0
           seed := ← randomSeed }

/-- A seed that no request had before. -/
private def Upkeep.newRandomSeed (u : Upkeep) : BaseIO Unit := do
  IO.stdGenRef.set (mkStdGen (u.seed + 1000003 * (← u.served.get)))

/-- Before a request: registries, search path, current folder as at the start; a random seed of its own, as a new process has it. -/
def Upkeep.prepare (u : Upkeep) (path : SearchPath) : BaseIO Unit := do
  u.served.modify (· + 1)
  useProcessState u.start path
  if let some folder := u.folder then discard <| (IO.Process.setCurrentDir folder).toBaseIO
  u.newRandomSeed

/-- After a request: puts back what it changed, and does not wait for the next one to do so. What code of a file hid in a registry or a stream is
freed now, and work that only waited for that begins while it is looked for. `restoreThread` puts the thread's settings back. -/
def Upkeep.putBack (u : Upkeep) (sessions : Sessions) (restoreThread : BaseIO Unit) : BaseIO Unit := do
  for session in sessions.opened do session.process.restoreModules
  u.start.restore
  restoreThread

/-- Time for tasks that are about to end. -/
private def leaveMs : Nat := 200

/-- Whether something of the requests so far still runs. `own` threads are the host's; `usage` was read just now, since reading it takes
three calls to the system, each through another thread where that is WebAssembly. -/
private partial def Upkeep.workIsLeft (u : Upkeep) (own : Nat) (restoreThread : BaseIO Unit) (usage : Option Usage) (untilMs : Nat) :
    BaseIO Bool := do
  let extra (usage : Option Usage) : Nat := (usage.map (·.threads)).getD 0 - u.threads - own
  let others := extra usage
  if others == 0 then return false
  -- Idle threads of the task pool stay for good, and only those can take a task.
  if (← poolIsIdle others 20 restoreThread) && extra (← Usage.read) ≤ others then return false
  if (← IO.monoMsNow) ≥ untilMs then return true
  IO.sleep 2
  u.workIsLeft own restoreThread (← Usage.read) untilMs

/-- After `putBack`: why this process should be replaced before the next request. `own` threads are the host's. -/
def Upkeep.retire? (u : Upkeep) (own : Nat) (sessions : Sessions) (restoreThread : BaseIO Unit) : BaseIO (Option String) := do
  if let some why := sessions.retire then return some why
  let usage ← Usage.read (← u.memoryBytesMax.get)
  if let some usage := usage then
    if usage.percent ≥ retirePercent then return some usage.memoryText
  if ← u.workIsLeft own restoreThread usage ((← IO.monoMsNow) + leaveMs) then return some "a request left tasks or threads that still run"
  if ← u.start.registriesChanged then return some "work that a request left behind changed Lean's registries"
  return none

/-- Whether a few more files can be opened. -/
private def canOpenFiles : BaseIO Bool := do
  let mut handles := #[]
  for _ in [0:8] do
    match ← (IO.FS.Handle.mk "/proc/self/stat" .read).toBaseIO with
    | .ok handle => handles := handles.push handle
    | .error (.resourceExhausted ..) => return false
    | .error _ => break
  -- Uses the handles, so that all are open until here.
  return handles.size ≤ 8

/-- Why an answer is not to be believed. -/
structure Doubt where
  code : ErrorCode
  why : String

/-- What the answer of a process that did other work before may come from, instead of from its own file. Lean's registries should be as in `state`.
`saysWrong`: it says that something is wrong, which a want of memory or of files may cause. -/
def Upkeep.doubt? (u : Upkeep) (state : Option ProcessState) (saysWrong : Bool) : BaseIO (Option Doubt) := do
  if (← u.served.get) ≤ 1 then return none
  let before := s!"and {(← u.served.get) - 1} requests ran before"
  if let some state := state then
    if ← state.registriesChanged then return some ⟨.notBelieved, s!"Lean's registries changed under it, {before}"⟩
  unless saysWrong do return none
  unless ← canOpenFiles do return some ⟨.notBelieved, s!"too many files are open, {before}"⟩
  let some usage ← Usage.read (← u.memoryBytesMax.get) | return none
  if usage.percent < doubtPercent then return none
  return some ⟨.nearMemoryLimit, s!"{usage.memoryText}, {before}"⟩

end LeanWorker
