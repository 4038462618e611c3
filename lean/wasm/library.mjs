// SPDX-License-Identifier: Apache-2.0
// Unpacks Lean's library into lib/lean. Runs as a worker thread, beside the rewrite of the binary:
// workerData = {archive: bytes of lean-lib.tar.gz, target: folder}. Posts the number of files.
import fs from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { fileURLToPath } from "node:url";
import zlib from "node:zlib";

import { readTar } from "./tar_reader.mjs";

const chunkBytes = 1 << 20;

function* slices(bytes) {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

/** Writes every entry below `target`; returns how many files. Entries `._*` are macOS attributes, not files of Lean. */
async function unpack(archive, target) {
  const chunks = Readable.from(slices(archive)).pipe(zlib.createGunzip({ chunkSize: chunkBytes }));
  const folders = new Set();
  let files = 0;
  for await (const { name, type, content } of readTar(chunks)) {
    if (type !== "0" || path.basename(name).startsWith("._")) continue;
    const file = path.join(target, name);
    if (!file.startsWith(target + path.sep)) throw new Error(`entry ${name} points outside`);
    const folder = path.dirname(file);
    if (!folders.has(folder)) fs.mkdirSync(folder, { recursive: true });
    folders.add(folder);
    fs.writeFileSync(file, content);
    files++;
  }
  return files;
}

/** Unpacks in a thread of its own; the archive's bytes move there. */
export function unpackLibrary(archive, target) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { archive, target } });
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the unpacking thread ended with ${code}`)));
  });
}

if (!isMainThread && workerData?.archive) parentPort.postMessage(await unpack(workerData.archive, workerData.target));
