// SPDX-License-Identifier: Apache-2.0
// Used by toolchain_cache.test.mjs: one preparation without the work. argv: cache folder, key.
// Builds, says "built", waits for a byte on stdin, publishes, prints the path.
import fs from "node:fs";
import path from "node:path";

import { recipe } from "./support.mjs";

const { cachePlaces, makeBuildFolder, pointLink, publish, writeRecord } = await import(path.join(recipe, "toolchain_cache.mjs"));
const places = cachePlaces(process.argv[2], process.argv[3]);
const build = makeBuildFolder(places);
fs.writeFileSync(path.join(build, "content"), "x");
writeRecord(build, places.key, ["content"]);
process.stdout.write("built\n");
fs.readSync(0, Buffer.alloc(1));
const final = publish(build, places);
pointLink(places);
process.stdout.write(`${final}\n`);
