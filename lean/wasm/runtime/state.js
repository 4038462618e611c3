// SPDX-License-Identifier: Apache-2.0
// Injected into lean.js, first. Everything added lives in the one object LW. The files runtime/*.js are plain script text
// inside lean.js: they may use its functions and variables (FS, HEAPU8, _malloc, wasmExports …), but only when called.
//
// Threads: Node's main thread runs its event loop and serves proxied file calls; Lean's `main` and every Lean task run in
// workers ("pthreads"). All of them load this file; LW.isMain tells where we are.
var LW = {
  isMain: require("worker_threads").isMainThread,
  fs: require("fs"),
  path: require("path"),
  toolchainKey: "@TOOLCHAIN_KEY@",
};
LW.sysroot = LW.path.resolve(__dirname, "../..");
LW.executable = LW.path.join(LW.sysroot, "bin/lean");

/** A number from the environment; a value that is none, or out of range, is told once and ignored. */
LW.knob = (name, fallback, min, max) => {
  const text = process.env[name];
  if (text === undefined || text === "") return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  if (LW.isMain) LW.fs.writeSync(2, `lean: ${name}=${text} ignored: not a whole number from ${min} to ${max}\n`);
  return fallback;
};
LW.knobs = {
  poolThreads: LW.knob("LEANWORKER_WASM_POOL", 1, 0, 64),
  taskThreads: LW.knob("LEANWORKER_WASM_THREADS", 2, 1, 64),
  stackMb: LW.knob("LEANWORKER_WASM_STACK_MB", 64, 1, 1024),
  pagesMax: LW.knob("LEANWORKER_WASM_PAGES_MAX", 32768, 512, 32768),
  debug: process.env.LEANWORKER_WASM_DEBUG === "1",
  keepForkMode: process.env.LEANWORKER_WASM_FORK_MODE === "1",
  noImage: process.env.LEANWORKER_WASM_NO_IMAGE === "1",
  noCode: process.env.LEANWORKER_WASM_NO_CODE === "1",
  makeCode: process.env.LEANWORKER_WASM_MAKE_CODE || null,
  makeImage: process.env.LEANWORKER_WASM_MAKE_IMAGE || null,
};

// Shared by all threads, handed to workers with their "load" message: the words below, the stdin ring, the symbol table.
LW.word = { signal: 0, head: 1, tail: 2, ended: 3, full: 4, started: 5, writing: 6, flushing: 7, leaving: 8, never: 9, claimedIn: 10, claimedOut: 11, threads: 12, code: 13 };
LW.ringBytes = 1 << 20;
LW.shareWith = (shared) => {
  LW.shared = shared;
  LW.words = new Int32Array(shared.words);
  LW.ring = new Uint8Array(shared.ring);
};
if (LW.isMain) LW.shareWith({ words: new SharedArrayBuffer(64), ring: new SharedArrayBuffer(LW.ringBytes), symbols: null });

/** The wasm memory as bytes and as 32-bit words; anew after each growth, which may happen in any thread. */
LW.bytes = () => (growMemViews(), HEAPU8);
LW.words32 = () => (growMemViews(), HEAPU32);

/** Runs LW[method](argument) on Node's main thread, without waiting for it. */
LW.tellMain = (method, argument) => {
  if (LW.isMain) LW[method](argument);
  else postMessage({ cmd: "leanworker", method, argument });
};

/** Blocks this thread for good, or for some milliseconds. Not for the main thread. */
LW.sleep = (milliseconds) => Atomics.wait(LW.words, LW.word.never, 0, milliseconds);

LW.debug = (...parts) => {
  if (LW.knobs.debug) LW.fs.writeSync(2, parts.join(" ") + "\n");
};
