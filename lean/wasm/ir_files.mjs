// SPDX-License-Identifier: Apache-2.0
// Makes the `.ir` files of the library with the new toolchain itself (ir/GenerateIr.lean says what they are).
import fs from "node:fs";
import path from "node:path";

import { PrepareError } from "./errors.mjs";
import { runLean } from "./lean_run.mjs";
import { recipeFolder } from "./recipe.mjs";

const step = "generate .ir files";
/** Takes 20 s on two slow cores; far beyond that something hangs. */
const patienceMs = 240_000;

/** `[{module: "Init/Core", size}]` of all `.olean` files below the folder. */
function listModules(folder) {
  return fs
    .readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(".olean"))
    .map((name) => ({ module: name.slice(0, -".olean".length), size: fs.statSync(path.join(folder, name)).size }));
}

/** Deals the modules to `parts` lists of about the same total size. */
export function dealBySize(modules, parts) {
  const lists = Array.from({ length: parts }, () => ({ total: 0, modules: [] }));
  for (const { module, size } of [...modules].sort((a, b) => b.size - a.size)) {
    const smallest = lists.reduce((best, list) => (list.total < best.total ? list : best));
    smallest.modules.push(module);
    smallest.total += size;
  }
  return lists.map((list) => list.modules);
}

/** Runs one generator over its share. */
async function generate(sysroot, library, modules) {
  // The generator itself must run without .ir files: that is what the fork's own mode is for.
  // Little of its code is hot enough to be worth optimising: 6 instead of 13 s.
  const env = { LEANWORKER_WASM_FORK_MODE: "1", LEANWORKER_WASM_NODE_FLAGS: "--liftoff-only" };
  const script = path.join(recipeFolder, "ir", "GenerateIr.lean");
  const { ok, output } = await runLean(sysroot, ["-j1", "--run", script, library], { env, input: modules.join("\n") + "\n", patienceMs });
  if (!ok) throw new PrepareError(step, `the generator failed: ${output}`, { file: library });
}

/** Writes all .ir files, with `processes` generators at once; returns how many. */
export async function generateIrFiles(sysroot, processes) {
  const library = path.join(sysroot, "lib/lean");
  const modules = listModules(library);
  await Promise.all(dealBySize(modules, processes).map((share) => generate(sysroot, library, share)));
  const missing = modules.find(({ module }) => !fs.existsSync(path.join(library, `${module}.ir`)));
  if (missing) throw new PrepareError(step, `no .ir file for ${missing.module}`, { file: library });
  return modules.length;
}
