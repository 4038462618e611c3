// SPDX-License-Identifier: Apache-2.0
// The symbol file lean.sym: an open-addressed hash table from symbol name to table slot or data address.
// Names are not stored, only 64 bits of hash; two known names with equal hashes are refused here, at preparation.
// runtime/symbols.js probes it and must hash alike (a test compares them).
//
//   u32 magic, u32 capacity (power of two), u32 count, u32 0, then capacity × { u32 hash low (0 = free), u32 hash high, u32 value }

export const magic = 0x314d5953; // "SYM1"
export const headerWords = 4;
export const entryWords = 3;

/** 64 bits of hash as `[low, high]`, low never 0. Two FNV-like lanes over the bytes of the name. */
export function hashName(name) {
  let a = 0x811c9dc5;
  let b = 0x01234567;
  for (let i = 0; i < name.length; i++) {
    const byte = name.charCodeAt(i);
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b ^ byte, 0x5bd1e995);
    b ^= b >>> 15;
  }
  return [(a ^ (a >>> 15)) >>> 0 || 1, b >>> 0];
}

/** Smallest power of two that leaves the table at most half full, so that probes stay short. */
const capacityFor = (count) => 2 ** Math.ceil(Math.log2(Math.max(2, count * 2)));

/** The content of lean.sym for `[name, value]` pairs. */
export function buildSymbolTable(symbols) {
  const capacity = capacityFor(symbols.length);
  const words = new Uint32Array(headerWords + capacity * entryWords);
  words.set([magic, capacity, symbols.length, 0]);
  for (const [name, value] of symbols) {
    const [low, high] = hashName(name);
    let at = low & (capacity - 1);
    for (; ; at = (at + 1) & (capacity - 1)) {
      const word = headerWords + at * entryWords;
      if (words[word] === 0) break;
      if (words[word] === low && words[word + 1] === high) throw new Error(`symbol table: the hash of ${name} is taken`);
    }
    words.set([low, high, value], headerWords + at * entryWords);
  }
  return Buffer.from(words.buffer);
}
