// SPDX-License-Identifier: Apache-2.0
// Keeps the machine code of a run of training (training/Train.lean) beside the binary; runtime/code.js says what that is. A toolchain
// without it is whole, only slower at first: nothing that goes wrong here ends a preparation.
import fs from "node:fs";
import path from "node:path";

import { runLean } from "./lean_run.mjs";
import { recipeFolder } from "./recipe.mjs";

const rounds = 2;
/** Takes three quarters of a minute on two slow cores. */
const patienceMs = 400_000;

/** Writes lean.code and sees that a start takes it. Returns what to tell of it. */
export async function keepCode(sysroot) {
  const file = path.join(sysroot, "libexec/leanworker/lean.code");
  const source = (name) => path.join(recipeFolder, "training", name);
  const arguments_ = ["--run", source("Train.lean"), `${rounds}`, source("Plain.lean"), source("Programs.lean")];
  const made = await runLean(sysroot, arguments_, { env: { LEANWORKER_WASM_MAKE_CODE: file }, patienceMs });
  const used = made.ok ? await runLean(sysroot, ["--version"], { env: { LEANWORKER_WASM_DEBUG: "1" }, patienceMs }) : made;
  if (used.ok && used.output.includes("with kept machine code")) return `${Math.round(fs.statSync(file).size / 1e6)} MB`;
  fs.rmSync(file, { force: true });
  return `none, starts are slower: ${used.output.split("\n").at(-1)}`;
}
