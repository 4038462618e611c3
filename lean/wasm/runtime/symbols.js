// SPDX-License-Identifier: Apache-2.0
// Name → table slot or data address, by probing lean.sym (layout and hash: symbol_table.mjs).
// Replaces 200,000 JS function objects per thread.

/** The table, read once by the main thread into memory that every worker shares. */
LW.symbolWords = () => {
  if (LW.symbols) return LW.symbols;
  if (!LW.shared.symbols) {
    const file = LW.path.join(__dirname, "lean.sym");
    const size = LW.fs.statSync(file).size;
    LW.shared.symbols = new SharedArrayBuffer(size);
    const descriptor = LW.fs.openSync(file, "r");
    const read = LW.fs.readSync(descriptor, new Uint8Array(LW.shared.symbols), 0, size, 0);
    LW.fs.closeSync(descriptor);
    LW.symbols = new Uint32Array(LW.shared.symbols);
    if (read !== size || LW.symbols[0] !== 0x314d5953) throw new Error(`${file} is damaged: prepare the toolchain again`);
  }
  return (LW.symbols = new Uint32Array(LW.shared.symbols));
};

/** Probes for the name whose bytes `nextByte` yields, 0 at its end. -1 if unknown. */
LW.probeSymbol = (nextByte) => {
  let a = 0x811c9dc5;
  let b = 0x01234567;
  for (let byte = nextByte(); byte !== 0; byte = nextByte()) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b ^ byte, 0x5bd1e995);
    b ^= b >>> 15;
  }
  const low = (a ^ (a >>> 15)) >>> 0 || 1;
  const high = b >>> 0;
  const table = LW.symbolWords();
  const mask = table[1] - 1;
  for (let at = low & mask; ; at = (at + 1) & mask) {
    const word = 4 + at * 3;
    if (table[word] === 0) return -1;
    if (table[word] === low && table[word + 1] === high) return table[word + 2];
  }
};

LW.findSymbol = (name) => {
  let i = 0;
  return LW.probeSymbol(() => (i < name.length ? name.charCodeAt(i++) : 0));
};

/** The same for a C string in wasm memory: this is `dlsym`, called for every constant that the interpreter looks up. */
LW.findSymbolAt = (pointer) => {
  const bytes = LW.bytes();
  let at = pointer;
  return LW.probeSymbol(() => bytes[at++]);
};
