// SPDX-License-Identifier: Apache-2.0
// Functions of lean.wasm whose code is changed. An edit gives either a whole new `body`, or bytes to `find` exactly once in
// the old body and what to `replace` them with. Code is: locals, instructions, end (0x0b).
import { encodeS32 } from "./wasm_binary.mjs";

/** Where runtime/threads.js stores the process id: below 1024, where the linker puts nothing. */
export const pidAddress = 64;
const loadPid = [/* i32.const */ 0x41, ...encodeS32(pidAddress), /* i32.load */ 0x28, 0x02, 0x00];

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
];

/** The new body for an edit, without the size that precedes it in the binary. */
export function editBody(edit, oldBody) {
  if (edit.body) return Buffer.from(edit.body);
  const find = Buffer.from(edit.find);
  const at = oldBody.indexOf(find);
  if (at < 0 || oldBody.indexOf(find, at + 1) >= 0) throw new Error(`wasm: the code to edit in ${edit.name} is not there exactly once`);
  return Buffer.concat([oldBody.subarray(0, at), Buffer.from(edit.replace), oldBody.subarray(at + find.length)]);
}
