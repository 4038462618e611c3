// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { recipe } from "./support.mjs";

const { buildSymbolTable, hashName, headerWords, entryWords } = await import(path.join(recipe, "symbol_table.mjs"));

/** The prober of the runtime, over the given table and memory. */
function runtimeProber(table, memory = Buffer.alloc(0)) {
  const LW = { symbols: new Uint32Array(table.buffer, table.byteOffset, table.length / 4), bytes: () => memory };
  new Function("LW", fs.readFileSync(path.join(recipe, "runtime/symbols.js"), "utf8"))(LW);
  return LW;
}

const names = Array.from({ length: 5000 }, (_, i) => `l_Lean_Meta_name${i}___boxed`);
const symbols = names.map((name, i) => [name, i + 7]);

test("the runtime finds every name that the preparation stored", () => {
  const prober = runtimeProber(buildSymbolTable(symbols));
  for (const [name, value] of symbols) assert.equal(prober.findSymbol(name), value);
});

test("the runtime reads C strings in memory", () => {
  const prober = runtimeProber(buildSymbolTable(symbols), Buffer.from(`xx${names[42]}\0${names[43]}\0`));
  assert.equal(prober.findSymbolAt(2), 49);
  assert.equal(prober.findSymbolAt(3 + names[42].length), 50);
});

test("unknown names are not found", () => {
  const prober = runtimeProber(buildSymbolTable(symbols));
  for (const name of ["", "l_", "main", names[0] + "x"]) assert.equal(prober.findSymbol(name), -1);
});

test("names that share a home slot are probed onwards, round the end", () => {
  const capacity = 8; // for four symbols
  const colliding = [];
  for (let i = 0; colliding.length < 4; i++) if ((hashName(`n${i}`)[0] & (capacity - 1)) === capacity - 1) colliding.push([`n${i}`, i]);
  const table = buildSymbolTable(colliding);
  assert.equal(table.length, 4 * (headerWords + capacity * entryWords));
  const prober = runtimeProber(table);
  for (const [name, value] of colliding) assert.equal(prober.findSymbol(name), value);
});

test("two names with one hash are refused", () => {
  assert.throws(() => buildSymbolTable([["same", 1], ["same", 2]]), /hash of same is taken/);
});
