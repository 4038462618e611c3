// SPDX-License-Identifier: Apache-2.0
// Functions of lean.wasm whose code is changed. An edit gives either a whole new `body`, or bytes to `find` exactly once in
// the old body and what to `replace` them with. Code is: locals, instructions, end (0x0b).
import { encodeS32, encodeU32 } from "./wasm_binary.mjs";

/** Where runtime/threads.js stores the process id: below 1024, where the linker puts nothing. */
export const pidAddress = 64;
const loadPid = [/* i32.const */ 0x41, ...encodeS32(pidAddress), /* i32.load */ 0x28, 0x02, 0x00];

// `pthread_mutex_unlock(mutex)` and `pthread_cond_signal(context + 40)`, by function index; results dropped.
const unlockContext = [/* local.get 2 */ 0x20, 2, /* call */ 0x10, ...encodeU32(143000), /* drop */ 0x1a];
const signalContext = [/* local.get 0 */ 0x20, 0, /* i32.const 40 */ 0x41, 40, /* i32.add */ 0x6a, /* call */ 0x10, ...encodeU32(142967), 0x1a];

export const edits = [
  {
    // `lean::initializer::~initializer()`. When C `main` returns, it frees the modules' data in the wrong order and traps
    // about every second time ("memory access out of bounds", after all work was done). The process ends anyway.
    name: "_ZN4lean11initializerD1Ev",
    type: "(i32) -> (i32)",
    body: [0x00, /* local.get 0: wasm destructors return `this` */ 0x20, 0x00, 0x0b],
  },
  {
    // The libc of emscripten knows no processes and answers 42.
    name: "getpid",
    type: "() -> (i32)",
    body: [0x00, ...loadPid, 0x0b],
  },
  {
    // The optimizer put that 42 into the wrapper that the interpreter calls: `i32.const 42; i32.store offset=8`.
    name: "l_IO_Process_getPID___boxed",
    type: "(i32) -> (i32)",
    find: [0x41, 42, 0x36, 0x02, 0x08],
    replace: [...loadPid, 0x36, 0x02, 0x08],
  },
  {
    // The main thread ends a file call that a Lean thread waits for: lock, "done", unlock, signal. The condition lies on the waiting
    // thread's stack, and a waiter that comes to look between unlock and signal sees "done" and returns: the signal then reads and
    // writes whatever the Lean thread has put there since. Seen under load as "operation does not support unaligned accesses" in
    // 1 of 60 starts, and as a main thread that waits for ever for a lock that is none, with all file calls behind it. Signalled
    // before the unlock, the waiter cannot be gone.
    name: "emscripten_proxy_finish",
    type: "(i32) -> ()",
    find: [...unlockContext, ...signalContext],
    replace: [...signalContext, ...unlockContext],
  },
];

/** The new body for an edit, without the size that precedes it in the binary. */
export function editBody(edit, oldBody) {
  if (edit.body) return Buffer.from(edit.body);
  const find = Buffer.from(edit.find);
  const at = oldBody.indexOf(find);
  if (at < 0 || oldBody.indexOf(find, at + 1) >= 0) throw new Error(`wasm: the code to edit in ${edit.name} is not there exactly once`);
  return Buffer.concat([oldBody.subarray(0, at), Buffer.from(edit.replace), oldBody.subarray(at + find.length)]);
}
