// SPDX-License-Identifier: Apache-2.0
// The changes to lean.js: the generated lines go (88.5 of 89.5 MB), the runtime comes in, the patches are applied.
import fs from "node:fs";
import path from "node:path";

import { applyPatch, applyPatches } from "./patch_engine.mjs";
import { patches } from "./patches.mjs";
import { recipeFolder } from "./recipe.mjs";

// state.js comes first, the others may come in any order.
export const runtimeFiles = ["state.js", "symbols.js", "stdin.js", "stdio.js", "channels.js", "files.js", "facts.js", "threads.js", "exit.js", "image.js", "code.js"];

/** The injected code as one text. */
export function runtimeText(toolchainKey) {
  const parts = runtimeFiles.map((name) => fs.readFileSync(path.join(recipeFolder, "runtime", name), "utf8"));
  return applyPatch(parts.join(""), { name: "toolchain key", find: "@TOOLCHAIN_KEY@", replace: toolchainKey });
}

/**
 * Drops `_x=Module["_x"]=wasmExports["x"];` for every x that is no longer exported, and declares only the variables that
 * are left: one statement of lean.js declares 192,675.
 */
export function dropGeneratedLines(text, keptNames) {
  const variables = new Set(["_main", "wasmTable"]);
  const assignments = /([A-Za-z0-9_$]+)=Module\["[^"]+"\]=wasmExports\["([^"]+)"\](?:\.value)?;/g;
  const shorter = text.replace(assignments, (line, variable, name) => {
    if (!keptNames.has(name)) return "";
    variables.add(variable);
    return line;
  });
  return applyPatch(shorter, {
    name: "declarations",
    find: /var _main,[A-Za-z0-9_$,]*,wasmTable;/g,
    replace: `var ${[...variables].join(",")};`,
  });
}

/** The new lean.js for the package's one. Latin-1 throughout: every byte stays what it is. */
export function rewriteLeanJs(bytes, keptNames, toolchainKey) {
  const slim = dropGeneratedLines(bytes.toString("latin1"), keptNames);
  const runtime = Buffer.from(runtimeText(toolchainKey), "utf8").toString("latin1");
  const withRuntime = applyPatch(slim, {
    name: "runtime",
    find: 'var Module=typeof Module!="undefined"?Module:{};',
    after: `\n${runtime}\n`,
  });
  return Buffer.from(applyPatches(withRuntime, patches), "latin1");
}
