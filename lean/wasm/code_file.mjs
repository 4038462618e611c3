// SPDX-License-Identifier: Apache-2.0
// Keeps the machine code of a run of training (training/Train.lean) beside the binary; runtime/code.js says what that is. A toolchain
// without it is whole, only slower at first: nothing that goes wrong here ends a preparation.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

import { recipeFolder } from "./recipe.mjs";

const rounds = 2;
/** Takes half a minute on two slow cores. */
const patienceMs = 400_000;

/** Runs bin/lean; `{ok, output}`, with the last words of what it said. */
function runLean(sysroot, args, env) {
  const child = spawn(path.join(sysroot, "bin/lean"), args, { env: { ...process.env, LEAN_PATH: "", ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const stop = () => child.kill("SIGKILL");
  process.once("exit", stop);
  const timer = setTimeout(stop, patienceMs);
  return new Promise((resolve) => {
    let output = "";
    const end = (ok, words = "") => {
      process.off("exit", stop);
      clearTimeout(timer);
      resolve({ ok, output: (output + words).trim() });
    };
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output = (output + chunk).slice(-2000)));
    child.on("error", (error) => end(false, error.message));
    child.on("close", (code, signal) => end(code === 0, code === 0 ? "" : `; it ended with ${signal ?? code}`));
  });
}

/** Writes lean.code and sees that a start takes it. Returns what to tell of it. */
export async function keepCode(sysroot) {
  const file = path.join(sysroot, "libexec/leanworker/lean.code");
  const source = (name) => path.join(recipeFolder, "training", name);
  const arguments_ = ["--run", source("Train.lean"), `${rounds}`, source("Plain.lean"), source("Programs.lean")];
  const made = await runLean(sysroot, arguments_, { LEANWORKER_WASM_MAKE_CODE: file });
  const used = made.ok ? await runLean(sysroot, ["--version"], { LEANWORKER_WASM_DEBUG: "1" }) : made;
  if (used.ok && used.output.includes("with kept machine code")) return `${Math.round(fs.statSync(file).size / 1e6)} MB`;
  fs.rmSync(file, { force: true });
  return `none, starts are slower: ${used.output.split("\n").at(-1)}`;
}
