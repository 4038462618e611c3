// SPDX-License-Identifier: Apache-2.0
// The changes to lean.wasm: few exports, a table slot for every function that had one, no clean-up at exit.
//
// Why: the package exports 201,110 names. lean.js makes a JS object of each, in every thread, which takes 24 s and 3.6 GB,
// and Node 20 refuses more than 100,000. Lean's interpreter needs the names for one thing only, `dlsym`: name → table slot.
// So the functions get slots in the binary, and the names go into a symbol table (symbol_table.mjs).
import { encodeS32, encodeU32, readSections, sectionId, writeModule } from "./wasm_binary.mjs";
import { externalKind, findBody, isUnaryI32, readElements, readExports, readGlobals, readImports, readTableSize } from "./wasm_sections.mjs";

// Names of compiled Lean and C++ code. Nothing in lean.js calls them by name.
const isCompiledCode = (name) => /^(l_|_Z|initialize_|lean_llvm|LLVM)/.test(name);

// `lean::initializer::~initializer()`, in both of its names. When C `main` returns, it frees the modules' data in the wrong
// order and traps about every second time ("memory access out of bounds" after the work was done). The process ends
// anyway, so the destructor does nothing: it returns `this`, as wasm destructors do.
const destructor = "_ZN4lean11initializerD1Ev";
const returnThis = Buffer.from([4, 0x00, 0x20, 0x00, 0x0b]); // size 4; no locals; local.get 0; end

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

function codeSection(bytes, sections, exports, importedFunctions) {
  const entry = exports.find((candidate) => candidate.name === destructor);
  if (!entry) throw new Error(`wasm: no export ${destructor}`);
  const ownIndex = entry.index - importedFunctions;
  if (!isUnaryI32(bytes, sections, ownIndex)) throw new Error(`wasm: ${destructor} has an unexpected type`);
  const section = sections.find((candidate) => candidate.id === sectionId.code);
  const body = findBody(bytes, sections, ownIndex);
  return [bytes.subarray(section.content, body.start), returnThis, bytes.subarray(body.end, section.end)];
}

/** `{wasm, symbols, keptNames, gotNames}` for the bytes of the package's lean.wasm. */
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
  return { wasm: writeModule(bytes, sections, replaced), symbols, keptNames: new Set(kept.map((entry) => entry.name)), slotsAdded: added.length };
}
