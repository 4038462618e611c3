// SPDX-License-Identifier: Apache-2.0
// Helpers for the tests that run a prepared toolchain.
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

export const recipe = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "../../../lean/wasm");
export const sysroot = process.env.LEANWORKER_TEST_SYSROOT;

/** Options for tests that need a toolchain. */
export const needsToolchain = { skip: sysroot ? false : "LEANWORKER_TEST_SYSROOT is not set: no prepared toolchain to test", timeout: 300_000 };

/** A folder that is removed when the test ends. */
export function temporaryFolder(t) {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "lean-wasm-test-")));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder with the given files. */
export function folderWith(t, files) {
  const folder = temporaryFolder(t);
  for (const [name, content] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), content);
  return folder;
}

async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Starts a program; `ended` resolves to `{code, signal, stdout, stderr, third}`, the latter three as Buffers. */
export function start(program, args, { cwd, env = {} } = {}) {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => {}); // a child that died early is judged by its exit
  const exit = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal }));
  });
  const output = Promise.all([child.stdio[1], child.stdio[2], child.stdio[3]].map(collect));
  const ended = Promise.all([exit, output]).then(([end, [stdout, stderr, third]]) => ({ ...end, stdout, stderr, third }));
  return { child, ended };
}

/** Runs a program to its end, with `input` as all of its standard input. */
export function run(program, args, { input = "", ...options } = {}) {
  const { child, ended } = start(program, args, options);
  child.stdin.end(input);
  return ended;
}

export const lean = (args, options) => run(path.join(sysroot, "bin/lean"), args, options);
export const startLean = (args, options) => start(path.join(sysroot, "bin/lean"), args, options);

/** Resolves when the stream has delivered `text`; rejects if it ends before. */
export function seen(stream, text) {
  let sofar = "";
  return new Promise((resolve, reject) => {
    stream.on("data", (chunk) => {
      sofar += chunk.toString("latin1");
      if (sofar.includes(text)) resolve();
    });
    stream.on("end", () => reject(new Error(`the stream ended without ${JSON.stringify(text)}: ${sofar.slice(-300)}`)));
  });
}
