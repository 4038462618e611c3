// SPDX-License-Identifier: Apache-2.0
// What the sections of lean.wasm say: imports, types, tables, globals, exports, elements, function bodies.
import { sectionId, sectionReader } from "./wasm_binary.mjs";

export const externalKind = Object.freeze({ function: 0, table: 1, memory: 2, global: 3, tag: 4 });

const skipLimits = (reader) => {
  const flags = reader.u8();
  reader.skipLeb();
  if (flags & 1) reader.skipLeb();
};

const skipImportDescription = {
  [externalKind.function]: (reader) => reader.skipLeb(),
  [externalKind.table]: (reader) => (reader.u8(), skipLimits(reader)),
  [externalKind.memory]: skipLimits,
  [externalKind.global]: (reader) => reader.skip(2),
  [externalKind.tag]: (reader) => (reader.u8(), reader.skipLeb()),
};

/** How many functions and globals are imported, and the names that the dynamic linker of lean.js fills in (`GOT.*`). */
export function readImports(bytes, sections) {
  const reader = sectionReader(bytes, sections, sectionId.import);
  const result = { functions: 0, globals: 0, gotNames: new Set() };
  for (let count = reader.u32(); count > 0; count--) {
    const module = reader.name();
    const name = reader.name();
    const kind = reader.u8();
    skipImportDescription[kind](reader);
    if (kind === externalKind.function) result.functions++;
    if (kind === externalKind.global) result.globals++;
    if (module.startsWith("GOT.")) result.gotNames.add(name);
  }
  return result;
}

const opcode = { end: 0x0b, globalGet: 0x23, i32Const: 0x41, i64Const: 0x42, f32Const: 0x43, f64Const: 0x44 };

/** The value of a constant expression if it is a plain i32, else null. */
function readConstant(reader) {
  let value = null;
  const code = reader.u8();
  if (code === opcode.i32Const) value = reader.s32();
  else if (code === opcode.globalGet || code === opcode.i64Const) reader.skipLeb();
  else if (code === opcode.f32Const) reader.skip(4);
  else if (code === opcode.f64Const) reader.skip(8);
  else throw new Error(`wasm: constant expression with opcode ${code}`);
  if (reader.u8() !== opcode.end) throw new Error("wasm: constant expression of more than one instruction");
  return value;
}

/** Initial values of the module's own globals; null for mutable ones and for anything but an i32. */
export function readGlobals(bytes, sections) {
  const reader = sectionReader(bytes, sections, sectionId.global);
  const values = [];
  for (let count = reader.u32(); count > 0; count--) {
    reader.u8();
    const mutable = reader.u8() === 1;
    const value = readConstant(reader);
    values.push(mutable ? null : value);
  }
  return values;
}

/** `[{name, kind, index, start, end}]`; start and end delimit the entry's bytes, to copy it unchanged. */
export function readExports(bytes, sections) {
  const reader = sectionReader(bytes, sections, sectionId.export);
  const entries = [];
  for (let count = reader.u32(); count > 0; count--) {
    const start = reader.position;
    const name = reader.name();
    const kind = reader.u8();
    const index = reader.u32();
    entries.push({ name, kind, index, start, end: reader.position });
  }
  return entries;
}

/** Initial size of the only table. */
export function readTableSize(bytes, sections) {
  const reader = sectionReader(bytes, sections, sectionId.table);
  if (reader.u32() !== 1 || reader.u8() !== 0x70) throw new Error("wasm: expected exactly one table of functions");
  reader.u8();
  return reader.u32();
}

/** Function index → table slot of the only element segment, and the segment's own bytes. */
export function readElements(bytes, sections) {
  const reader = sectionReader(bytes, sections, sectionId.element);
  if (reader.u32() !== 1) throw new Error("wasm: expected exactly one element segment");
  const start = reader.position;
  if (reader.u32() !== 0) throw new Error("wasm: expected an active element segment of table 0");
  const offset = readConstant(reader);
  const slots = new Map();
  const count = reader.u32();
  for (let i = 0; i < count; i++) {
    const index = reader.u32();
    if (!slots.has(index)) slots.set(index, offset + i);
  }
  return { slots, segment: bytes.subarray(start, reader.end) };
}

const valueTypes = { 0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64" };
const readValueTypes = (reader) => Array.from({ length: reader.u32() }, () => valueTypes[reader.u8()] ?? "other");

function readFunctionType(reader) {
  if (reader.u8() !== 0x60) throw new Error("wasm: expected a function type");
  return `(${readValueTypes(reader).join(" ")}) -> (${readValueTypes(reader).join(" ")})`;
}

/** The type of function `ownIndex` (counted from the first own function) as text: "(i32 i64) -> (i32)". */
export function functionType(bytes, sections, ownIndex) {
  const functions = sectionReader(bytes, sections, sectionId.function);
  functions.u32();
  for (let i = 0; i < ownIndex; i++) functions.skipLeb();
  const typeIndex = functions.u32();
  const types = sectionReader(bytes, sections, sectionId.type);
  types.u32();
  for (let i = 0; i < typeIndex; i++) readFunctionType(types);
  return readFunctionType(types);
}

/** The body of function `ownIndex`: `start` is where its size is written, `content` where its code begins. */
export function findBody(bytes, sections, ownIndex) {
  const reader = sectionReader(bytes, sections, sectionId.code);
  reader.u32();
  for (let i = 0; ; i++) {
    const start = reader.position;
    const size = reader.u32();
    const content = reader.position;
    reader.skip(size);
    if (i === ownIndex) return { start, content, end: reader.position };
  }
}
