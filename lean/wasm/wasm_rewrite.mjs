// SPDX-License-Identifier: Apache-2.0
// The changes to lean.wasm: few exports, a table slot for every exported function, some bodies replaced.
//
// Why: the package exports 201,110 names. lean.js makes a JS object of each, in every thread, which takes 24 s and 3.6 GB,
// and Node 20 refuses more than 100,000. Lean's interpreter needs the names for one thing only, `dlsym`: name → table slot.
// So the functions get slots in the binary, and the names go into a symbol table (symbol_table.mjs).
import { encodeS32, encodeU32, readSections, sectionId, writeModule } from "./wasm_binary.mjs";
import { externalKind, findBody, functionType, readElements, readExports, readGlobals, readImports, readTableSize } from "./wasm_sections.mjs";
import { editBody, edits } from "./wasm_edits.mjs";

// Names of compiled Lean and C++ code. Nothing in lean.js calls them by name.
const isCompiledCode = (name) => /^(l_|_Z|initialize_|lean_llvm|LLVM)/.test(name);

const isKept = (entry, gotNames) =>
  (entry.kind !== externalKind.function && entry.kind !== externalKind.global) || gotNames.has(entry.name) || !isCompiledCode(entry.name);

/** Gives every exported function a table slot. `added` are those that had none, in the order of their new slots. */
function assignSlots(exports, slots, tableSize) {
  const added = [];
  for (const entry of exports) {
    if (entry.kind !== externalKind.function || slots.has(entry.index)) continue;
    slots.set(entry.index, tableSize + added.length);
    added.push(entry.index);
  }
  return added;
}

/** `[name, table slot or data address]` of everything that could be found by name before. */
function collectSymbols(exports, slots, globals, importedGlobals) {
  const symbols = [];
  for (const entry of exports) {
    if (entry.kind === externalKind.function) symbols.push([entry.name, slots.get(entry.index)]);
    if (entry.kind !== externalKind.global) continue;
    const address = globals[entry.index - importedGlobals];
    if (address !== null && address !== undefined) symbols.push([entry.name, address]);
  }
  return symbols;
}

function elementSection(oldSegment, added, tableSize) {
  const indices = [];
  for (const index of added) indices.push(...encodeU32(index));
  const head = [0, 0x41, ...encodeS32(tableSize), 0x0b, ...encodeU32(added.length)]; // active, table 0, i32.const tableSize
  return [Buffer.from([2]), oldSegment, Buffer.from(head), Buffer.from(indices)];
}

/** `[{start, end, chunk}]`, in the order of the code: which bytes each edit replaces. */
function placeEdits(bytes, sections, exports, importedFunctions) {
  const place = (edit) => {
    const entry = exports.find((candidate) => candidate.name === edit.name && candidate.kind === externalKind.function);
    if (!entry) throw new Error(`wasm: no exported function ${edit.name}`);
    const ownIndex = entry.index - importedFunctions;
    const actual = functionType(bytes, sections, ownIndex);
    if (actual !== edit.type) throw new Error(`wasm: ${edit.name} has type ${actual}, expected ${edit.type}`);
    const { start, content, end } = findBody(bytes, sections, ownIndex);
    const body = editBody(edit, bytes.subarray(content, end));
    return { start, end, chunk: Buffer.from([...encodeU32(body.length), ...body]) };
  };
  return edits.map(place).sort((a, b) => a.start - b.start);
}

function codeSection(bytes, sections, exports, importedFunctions) {
  const section = sections.find((candidate) => candidate.id === sectionId.code);
  const chunks = [];
  let position = section.content;
  for (const { start, end, chunk } of placeEdits(bytes, sections, exports, importedFunctions)) {
    chunks.push(bytes.subarray(position, start), chunk);
    position = end;
  }
  return [...chunks, bytes.subarray(position, section.end)];
}

/** `{wasm, symbols, keptNames}` for the bytes of the package's lean.wasm. */
export function rewriteWasm(bytes) {
  const sections = readSections(bytes);
  const imports = readImports(bytes, sections);
  const exports = readExports(bytes, sections);
  const tableSize = readTableSize(bytes, sections);
  const elements = readElements(bytes, sections);
  const added = assignSlots(exports, elements.slots, tableSize);
  const symbols = collectSymbols(exports, elements.slots, readGlobals(bytes, sections), imports.globals);
  const kept = exports.filter((entry) => isKept(entry, imports.gotNames));

  const replaced = new Map([
    [sectionId.table, [Buffer.from([1, 0x70, 0, ...encodeU32(tableSize + added.length)])]],
    [sectionId.export, [Buffer.from(encodeU32(kept.length)), ...kept.map((entry) => bytes.subarray(entry.start, entry.end))]],
    [sectionId.element, elementSection(elements.segment, added, tableSize)],
    [sectionId.code, codeSection(bytes, sections, exports, imports.functions)],
  ]);
  return { wasm: writeModule(bytes, sections, replaced), symbols, keptNames: new Set(kept.map((entry) => entry.name)) };
}
