// SPDX-License-Identifier: Apache-2.0
// The steps that turn the package into a toolchain, in the folder given. prepare.mjs moves that to its place.
import fs from "node:fs";
import path from "node:path";

import { keepCode } from "./code_file.mjs";
import { asPrepareError, PrepareError } from "./errors.mjs";
import { generateIrFiles } from "./ir_files.mjs";
import { rewriteLeanJs } from "./lean_js.mjs";
import { unpackLibrary } from "./library.mjs";
import { readPackage } from "./package_reader.mjs";
import { pinnedInputs, recipeFolder, verifyInput } from "./recipe.mjs";
import { buildSymbolTable } from "./symbol_table.mjs";
import { writeRecord } from "./toolchain_cache.mjs";
import { rewriteWasm } from "./wasm_rewrite.mjs";

const diskBytesNeeded = 700e6;
const generators = 2; // more do not fit into the memory of small machines (0.5 GB each)

/** The files whose sizes toolchain.json records. */
export const recordedFiles = [
  "bin/lean", "libexec/leanworker/main.cjs", "libexec/leanworker/lean.js", "libexec/leanworker/lean.wasm", "libexec/leanworker/lean.sym",
  "libexec/leanworker/prepare-host", "lib/lean/Init.olean", "lib/lean/Init.ir", "lib/lean/Lean.olean", "lib/lean/Lean.ir",
];

/** Runs one step and tells how long it took. */
export async function runStep(log, name, action) {
  const start = performance.now();
  try {
    const detail = await action();
    log(`${name}: ${typeof detail === "string" ? detail + ", " : ""}${((performance.now() - start) / 1000).toFixed(2)} s`);
    return detail;
  } catch (error) {
    throw asPrepareError(name, error);
  }
}

function checkDisk(folder) {
  const { bavail, bsize } = fs.statfsSync(folder);
  if (bavail * bsize >= diskBytesNeeded) return;
  throw new PrepareError("check disk", `only ${Math.round((bavail * bsize) / 1e6)} MB are free, ${diskBytesNeeded / 1e6} MB are needed`, {
    file: folder,
    advice: "free some space, or pass another --cache",
  });
}

function installLauncher(home, sysroot, node) {
  const copy = (from, to, mode) => {
    fs.copyFileSync(path.join(recipeFolder, "launcher", from), to);
    fs.chmodSync(to, mode);
  };
  fs.mkdirSync(path.join(sysroot, "bin"));
  copy("lean.sh", path.join(sysroot, "bin/lean"), 0o755);
  copy("main.cjs", path.join(home, "main.cjs"), 0o644);
  copy("prepare-host.sh", path.join(home, "prepare-host"), 0o755);
  fs.writeFileSync(path.join(home, "node-path"), `${node}\n`);
}

/** Rewrites binary and script; synchronous work of some seconds, while the library is unpacked by another thread. */
function rewriteProgram(inputs, home, key) {
  const { wasm, symbols, keptNames } = rewriteWasm(inputs.get("lean.wasm"));
  fs.writeFileSync(path.join(home, "lean.wasm"), wasm);
  fs.writeFileSync(path.join(home, "lean.sym"), buildSymbolTable(symbols));
  fs.writeFileSync(path.join(home, "lean.js"), rewriteLeanJs(inputs.get("lean.js"), keptNames, key));
  return `${symbols.length} symbols, ${keptNames.size} exports left`;
}

/** Builds the toolchain in `sysroot`, an empty folder. */
export async function buildToolchain({ source, sysroot, key, node, log }) {
  const home = path.join(sysroot, "libexec/leanworker");
  fs.mkdirSync(home, { recursive: true });
  await runStep(log, "check disk", () => checkDisk(sysroot));
  let inputs;
  await runStep(log, "read package", async () => void (inputs = await readPackage(source, Object.keys(pinnedInputs))));
  await runStep(log, "verify inputs", () => inputs.forEach((content, name) => verifyInput(name, content)));

  const unpacking = runStep(log, "unpack library", async () => {
    return `${await unpackLibrary(inputs.get("lean-lib.tar.gz"), path.join(sysroot, "lib/lean"))} files`;
  });
  unpacking.catch(() => {}); // awaited below; a failure of the rewrite must not leave this one unhandled
  await runStep(log, "rewrite lean.wasm and lean.js", () => rewriteProgram(inputs, home, key));
  installLauncher(home, sysroot, node);
  await unpacking;
  await runStep(log, "generate .ir files", async () => `${await generateIrFiles(sysroot, generators)} files`);
  await runStep(log, "keep machine code", () => keepCode(sysroot));
  writeRecord(sysroot, key, recordedFiles);
}
