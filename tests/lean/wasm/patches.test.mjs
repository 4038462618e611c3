// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";

import { recipe } from "./support.mjs";

const { applyPatch, applyPatches } = await import(path.join(recipe, "patch_engine.mjs"));
const { patches } = await import(path.join(recipe, "patches.mjs"));
const { dropGeneratedLines, runtimeText } = await import(path.join(recipe, "lean_js.mjs"));

test("a patch replaces, or inserts before or after", () => {
  assert.equal(applyPatch("abc", { name: "p", find: "b", replace: "$&x" }), "a$&xc");
  assert.equal(applyPatch("abc", { name: "p", find: "b", before: "x" }), "axbc");
  assert.equal(applyPatch("abc", { name: "p", find: "b", after: "x" }), "abxc");
  assert.equal(applyPatch("abab", { name: "p", find: /a/g, count: 2, replace: "x" }), "xbxb");
});

for (const [text, matched] of [["xyz", 0], ["abb", 2]]) {
  test(`a patch that matches ${matched} times is refused`, () => {
    assert.throws(() => applyPatch(text, { name: "the patch", find: "b", replace: "" }), {
      message: `patch "the patch" matched ${matched} times, expected 1`,
      step: "patch lean.js",
      file: "lean.js",
    });
  });
}

test("a counted patch refuses any other count", () => {
  assert.throws(() => applyPatch("aaa", { name: "p", find: /a/g, count: 2, replace: "" }), /matched 3 times, expected 2/);
});

test("every patch has a name of its own, a reason and one kind of change", () => {
  assert.equal(new Set(patches.map((patch) => patch.name)).size, patches.length);
  for (const patch of patches) {
    assert.ok(patch.why, patch.name);
    assert.equal(["before", "after", "replace"].filter((kind) => patch[kind] !== undefined).length, 1, patch.name);
  }
});

test("another lean.js is refused", () => {
  assert.throws(() => applyPatches("var Module={};", patches), /matched 0 times/);
});

test("generated lines of dropped exports go, their variables too", () => {
  const text = 'var _main,_a,_b,___c,wasmTable;_a=Module["_a"]=wasmExports["a"];_b=Module["_b"]=wasmExports["b"];___c=Module["___c"]=wasmExports["__c"].value;run()';
  assert.equal(
    dropGeneratedLines(text, new Set(["b", "__c"])),
    'var _main,wasmTable,_b,___c;_b=Module["_b"]=wasmExports["b"];___c=Module["___c"]=wasmExports["__c"].value;run()',
  );
});

test("the injected code is a script that parses, and carries the key", () => {
  const text = runtimeText("00112233aabbccdd");
  assert.match(text, /toolchainKey: "00112233aabbccdd"/);
  assert.doesNotThrow(() => new Function("require", "__dirname", text));
});
