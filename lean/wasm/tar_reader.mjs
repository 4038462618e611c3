// SPDX-License-Identifier: Apache-2.0
// Reads a tar archive from a stream of chunks. Own code instead of the `tar` program: nothing is written twice,
// macOS extension headers make no noise, and errors keep their codes.

const blockSize = 512;

const text = (block, offset, length) => {
  const field = block.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? length : end);
};
const octal = (block, offset, length) => Number.parseInt(text(block, offset, length).trim() || "0", 8);

function parseHeader(block) {
  const prefix = text(block, 257, 5) === "ustar" ? text(block, 345, 155) : "";
  const name = text(block, 0, 100);
  return { name: prefix ? `${prefix}/${name}` : name, size: octal(block, 124, 12), type: String.fromCharCode(block[156] || 48) };
}

/** The `path` of a pax extension header ("27 path=some/name\n" records), or null. */
export function paxPath(content) {
  let offset = 0;
  while (offset < content.length) {
    const space = content.indexOf(32, offset);
    const length = Number.parseInt(content.toString("latin1", offset, space), 10);
    if (!(length > 0)) break;
    const record = content.toString("utf8", space + 1, offset + length - 1);
    if (record.startsWith("path=")) return record.slice(5);
    offset += length;
  }
  return null;
}

/** Collects exactly the bytes asked for out of chunks of any size. */
class ChunkReader {
  constructor(chunks) {
    this.iterator = chunks[Symbol.asyncIterator]();
    this.rest = Buffer.alloc(0);
  }

  async read(length) {
    const parts = [];
    let missing = length;
    while (missing > 0) {
      if (this.rest.length === 0) {
        const { value, done } = await this.iterator.next();
        if (done) break;
        this.rest = value;
      }
      const part = this.rest.subarray(0, missing);
      this.rest = this.rest.subarray(part.length);
      missing -= part.length;
      parts.push(part);
    }
    return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }
}

/** Yields `{name, type, content}` for every entry; `type` is "0" for a file and "5" for a folder. */
export async function* readTar(chunks) {
  const reader = new ChunkReader(chunks);
  let longName = null;
  for (;;) {
    const block = await reader.read(blockSize);
    if (block.length < blockSize) throw new Error("the archive ends early");
    if (block.every((byte) => byte === 0)) return;
    const { name, size, type } = parseHeader(block);
    const content = await reader.read(size);
    if (content.length < size) throw new Error(`the archive ends inside ${name}`);
    await reader.read((blockSize - (size % blockSize)) % blockSize);
    if (type === "x") longName = paxPath(content) ?? longName;
    else if (type === "L") longName = text(content, 0, content.length);
    else if (type !== "g") {
      yield { name: longName ?? name, type, content };
      longName = null;
    }
  }
}
