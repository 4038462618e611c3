// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";

import { recipe } from "./support.mjs";

const { encodeS32, encodeU32, Reader, readSections, sectionId, writeModule } = await import(path.join(recipe, "wasm_binary.mjs"));
const { findBody, functionType, readElements, readExports, readGlobals, readTableSize } = await import(path.join(recipe, "wasm_sections.mjs"));
const { editBody } = await import(path.join(recipe, "wasm_edits.mjs"));

// (func (export "five") (result i32) i32.const 5), in slot 1 of a table of 2, and an exported global with value -3
const tiny = Buffer.from([
  0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
  1, 5, 1, 0x60, 0, 1, 0x7f,
  3, 2, 1, 0,
  4, 4, 1, 0x70, 0, 2,
  6, 6, 1, 0x7f, 0, 0x41, 0x7d, 0x0b,
  7, 12, 2, 4, 0x66, 0x69, 0x76, 0x65, 0, 0, 1, 0x67, 3, 0,
  9, 7, 1, 0, 0x41, 1, 0x0b, 1, 0,
  10, 6, 1, 4, 0, 0x41, 5, 0x0b,
]);

test("numbers survive writing and reading", () => {
  for (const value of [0, 1, 63, 64, 127, 128, 16383, 16384, 2 ** 31, 2 ** 32 - 1]) {
    assert.equal(new Reader(Buffer.from(encodeU32(value))).u32(), value);
  }
  for (const value of [0, 1, -1, 63, 64, -64, -65, 8191, 8192, 2 ** 31 - 1, -(2 ** 31)]) {
    assert.equal(new Reader(Buffer.from(encodeS32(value))).s32(), value);
  }
});

test("a module is read and written back byte for byte", () => {
  assert.ok(WebAssembly.validate(tiny));
  const sections = readSections(tiny);
  assert.deepEqual(sections.map((section) => section.id), [1, 3, 4, 6, 7, 9, 10]);
  assert.deepEqual(writeModule(tiny, sections, new Map()), tiny);
  const same = new Map(sections.map(({ id, content, end }) => [id, [tiny.subarray(content, end)]]));
  assert.deepEqual(writeModule(tiny, sections, same), tiny);
});

test("exports, globals, table, elements and types are understood", () => {
  const sections = readSections(tiny);
  assert.deepEqual(readExports(tiny, sections).map(({ name, kind, index }) => [name, kind, index]), [["five", 0, 0], ["g", 3, 0]]);
  assert.deepEqual(readGlobals(tiny, sections), [-3]);
  assert.equal(readTableSize(tiny, sections), 2);
  assert.deepEqual([...readElements(tiny, sections).slots], [[0, 1]]);
  assert.equal(functionType(tiny, sections, 0), "() -> (i32)");
});

test("a replaced body runs", () => {
  const sections = readSections(tiny);
  const { start, content, end } = findBody(tiny, sections, 0);
  const body = editBody({ name: "five", find: [0x41, 5], replace: [0x41, 42] }, tiny.subarray(content, end));
  const code = sections.find((section) => section.id === sectionId.code);
  const chunks = [tiny.subarray(code.content, start), Buffer.from([body.length]), body, tiny.subarray(end, code.end)];
  const edited = writeModule(tiny, sections, new Map([[sectionId.code, chunks]]));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(edited));
  assert.equal(exports.five(), 42);
});

test("an edit refuses code that is absent or there twice", () => {
  const edit = { name: "f", find: [1, 2], replace: [3] };
  assert.throws(() => editBody(edit, Buffer.from([0, 0])), /not there exactly once/);
  assert.throws(() => editBody(edit, Buffer.from([1, 2, 1, 2])), /not there exactly once/);
});

test("what is no module, or a cut one, is refused", () => {
  assert.throws(() => readSections(Buffer.from("hello, world")), /not a WebAssembly module/);
  assert.throws(() => readSections(tiny.subarray(0, tiny.length - 2)), /past the end/);
});
