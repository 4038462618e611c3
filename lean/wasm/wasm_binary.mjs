// SPDX-License-Identifier: Apache-2.0
// Reading and writing of the WebAssembly binary format, as far as the rewrite needs it: sections and LEB128 numbers.
// The sections themselves are interpreted in wasm_sections.mjs.

export const sectionId = Object.freeze({
  custom: 0, type: 1, import: 2, function: 3, table: 4, memory: 5, global: 6, export: 7, start: 8, element: 9, code: 10, data: 11,
});

const preambleSize = 8; // "\0asm" and version 1

/** A cursor over bytes. Every method advances `position`. */
export class Reader {
  constructor(bytes, position = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  u8() {
    if (this.position >= this.end) throw new Error(`wasm: read past the end at byte ${this.position}`);
    return this.bytes[this.position++];
  }

  u32() {
    let result = 0;
    let factor = 1;
    for (;;) {
      const byte = this.u8();
      result += (byte & 0x7f) * factor; // no shifts: they would make numbers above 2^31 negative
      if (byte < 0x80) return result;
      factor *= 128;
    }
  }

  s32() {
    let result = 0;
    let shift = 0;
    for (;;) {
      const byte = this.u8();
      result |= (byte & 0x7f) << shift;
      shift += 7;
      if (byte < 0x80) return shift < 32 && byte & 0x40 ? result | (-1 << shift) : result;
    }
  }

  name() {
    const length = this.u32();
    const start = this.position;
    this.skip(length);
    return this.bytes.toString("latin1", start, this.position);
  }

  skip(count) {
    this.position += count;
    if (this.position > this.end) throw new Error(`wasm: skipped past the end at byte ${this.position}`);
  }

  skipLeb() {
    while (this.u8() >= 0x80);
  }
}

/** Unsigned LEB128. */
export function encodeU32(value) {
  const bytes = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest ? low + 128 : low);
  } while (rest);
  return bytes;
}

/** Signed LEB128. */
export function encodeS32(value) {
  const bytes = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const last = (rest === 0 && !(low & 0x40)) || (rest === -1 && low & 0x40);
    bytes.push(last ? low : low | 0x80);
    if (last) return bytes;
  }
}

/** `[{id, start, content, end}]`: `start` is the byte of the id, `content` the first byte after the size. */
export function readSections(bytes) {
  if (bytes.length < preambleSize || bytes.readUInt32LE(0) !== 0x6d736100 || bytes.readUInt32LE(4) !== 1) {
    throw new Error("not a WebAssembly module of version 1");
  }
  const reader = new Reader(bytes, preambleSize);
  const sections = [];
  while (reader.position < bytes.length) {
    const start = reader.position;
    const id = reader.u8();
    const size = reader.u32();
    const content = reader.position;
    reader.skip(size);
    sections.push({ id, start, content, end: reader.position });
  }
  return sections;
}

/** A reader placed on the content of the only section with this id. */
export function sectionReader(bytes, sections, id) {
  const found = sections.filter((section) => section.id === id);
  if (found.length !== 1) throw new Error(`wasm: ${found.length} sections with id ${id}, expected 1`);
  return new Reader(bytes, found[0].content, found[0].end);
}

/** The module again, with the content of the sections in `replaced` (id → list of chunks) exchanged. */
export function writeModule(bytes, sections, replaced) {
  const output = [bytes.subarray(0, preambleSize)];
  for (const section of sections) {
    const chunks = replaced.get(section.id);
    if (!chunks) {
      output.push(bytes.subarray(section.start, section.end));
      continue;
    }
    const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    output.push(Buffer.from([section.id, ...encodeU32(size)]), ...chunks);
  }
  return Buffer.concat(output);
}
