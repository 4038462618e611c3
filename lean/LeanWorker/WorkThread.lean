-- SPDX-License-Identifier: Apache-2.0
import Std.Sync.Mutex
import Init.System.IO

/-!
# The thread that runs Lean

One thread for all requests of the process. A thread per request would cost milliseconds each and, on the WebAssembly toolchain,
memory that never comes back (about 2 MB a request, so that a child was full after some 370).
-/

namespace LeanWorker

/-- Work for the thread. -/
structure Job where
  requestId : UInt64
  token : IO.CancelToken
  /-- The one that code of a user gets hold of. -/
  fileToken : IO.CancelToken
  /-- Must not throw, and must call `WorkThread.finish` before it answers. It is given what puts a thread's settings back. -/
  run : BaseIO Unit → BaseIO Unit

def Job.cancel (job : Job) : BaseIO Unit := do
  -- In this order: where only the other one is set, code of a user did it.
  job.token.set
  job.fileToken.set

structure ThreadState where
  /-- At most one, waiting or running: `in_flight_max`. -/
  job : Option Job := none
  begun : Bool := false
  /-- Which thread takes the next job; older ones leave. -/
  generation : Nat := 0
  task : Option (Task (Except IO.Error Unit)) := none
  /-- What to do while there is no job, the first first. Each piece ends soon once its token is set. -/
  idle : List (IO.CancelToken → BaseIO Unit) := []
  /-- Of the piece that runs. -/
  idleToken : Option IO.CancelToken := none

structure WorkThread where
  state : Std.Mutex ThreadState
  wake : Std.Condvar

def WorkThread.new : BaseIO WorkThread := do
  return { state := ← Std.Mutex.new {}, wake := ← Std.Condvar.new }

/-- What `IO.setStdout` and its like change for a thread, and what Lean counts in it. -/
private structure ThreadSettings where
  stdin : IO.FS.Stream
  stdout : IO.FS.Stream
  stderr : IO.FS.Stream

private def ThreadSettings.read : BaseIO ThreadSettings := do
  -- Code of a user must not read the connection where descriptor 0 is that.
  let nothing := IO.FS.Stream.ofBuffer (← IO.mkRef {})
  return { stdin := nothing, stdout := ← IO.getStdout, stderr := ← IO.getStderr }

private def ThreadSettings.restore (s : ThreadSettings) : BaseIO Unit := do
  discard <| IO.setStdin s.stdin
  discard <| IO.setStdout s.stdout
  discard <| IO.setStderr s.stderr
  IO.setNumHeartbeats 0

private def ThreadState.hasJob (st : ThreadState) : Bool := st.job.isSome && !st.begun

/-- The next work for the thread of that generation: a job before anything idle; `none` when it has been replaced. -/
private def WorkThread.take (thread : WorkThread) (generation : Nat) (settings : ThreadSettings) : BaseIO (Option (BaseIO Unit)) := do
  let ready : ThreadState → Bool := fun st => st.generation != generation || st.hasJob || (st.job.isNone && !st.idle.isEmpty)
  thread.state.atomicallyOnce thread.wake (return ready (← get)) do
    let st ← get
    if st.generation != generation then return none
    if st.hasJob then
      set { st with begun := true, idleToken := none }
      return st.job.map (·.run settings.restore)
    let piece :: idle := st.idle | return some (pure ())
    let token ← IO.CancelToken.new
    set { st with idle, idleToken := token }
    return some (piece token)

private partial def WorkThread.loop (thread : WorkThread) (settings : ThreadSettings) (generation : Nat) : BaseIO Unit := do
  let some work ← thread.take generation settings | return
  settings.restore
  work
  thread.loop settings generation

/-- The thread, which is started if there is none. -/
private def WorkThread.ensure (thread : WorkThread) (st : ThreadState) : BaseIO ThreadState := do
  if st.task.isSome then return st
  let task ← IO.asTask (prio := .dedicated) do thread.loop (← ThreadSettings.read) st.generation
  return { st with task }

/-- Work for the time until the next job, which does not wait for it. -/
def WorkThread.whileIdle (thread : WorkThread) (pieces : List (IO.CancelToken → BaseIO Unit)) : BaseIO Unit := do
  thread.state.atomically do set (← thread.ensure { ← get with idle := pieces })
  thread.wake.notifyAll

/-- Hands the job over; false if one is waiting or running. -/
def WorkThread.start (thread : WorkThread) (job : Job) : BaseIO Bool := do
  let taken ← thread.state.atomically do
    let st ← get
    if st.job.isSome then return false
    if let some token := st.idleToken then token.set
    set (← thread.ensure { st with job, begun := false, idle := [] })
    return true
  if taken then thread.wake.notifyAll
  return taken

/-- The job is over, as far as the next one is concerned: a parent that reads its answer can send the next request at once. -/
def WorkThread.finish (thread : WorkThread) (requestId : UInt64) : BaseIO Unit :=
  thread.state.atomically do
    let st ← get
    if st.job.any (·.requestId == requestId) then set { st with job := none, begun := false }

/-- Ends the job with that id soon, if there is one. Code that asks Lean's tasks (`IO.checkCanceled`) instead of the token learns it from
the thread's own task. That cannot be taken back, so the next job gets a new thread. A job that has not begun sees its token first. -/
def WorkThread.cancel (thread : WorkThread) (requestId : UInt64) : BaseIO Unit :=
  thread.state.atomically do
    let st ← get
    let some job := st.job | return
    if job.requestId != requestId then return
    job.cancel
    unless st.begun do return
    if let some task := st.task then
      IO.cancel task
      set { st with task := none, generation := st.generation + 1 }

def WorkThread.job (thread : WorkThread) : BaseIO (Option Job) :=
  return (← thread.state.atomically get).job

end LeanWorker
