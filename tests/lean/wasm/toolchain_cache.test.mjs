// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { recipe, run, seen, start, temporaryFolder } from "./support.mjs";

const cacheModule = await import(path.join(recipe, "toolchain_cache.mjs"));
const { cachePlaces, isComplete, makeBuildFolder, pointLink, publish, removeStaleBuilds, writeRecord } = cacheModule;
const { toolchainKey } = await import(path.join(recipe, "recipe.mjs"));

const key = "0123456789abcdef";
const publisher = path.join(recipe, "../../tests/lean/wasm/publisher.mjs");

function built(places, content = "x") {
  const build = makeBuildFolder(places);
  fs.writeFileSync(path.join(build, "content"), content);
  writeRecord(build, places.key, ["content"]);
  return build;
}

test("many preparations at once give one toolchain and leave nothing else", async (t) => {
  const cache = temporaryFolder(t);
  const runs = Array.from({ length: 6 }, () => start(process.execPath, [publisher, cache, key]));
  await Promise.all(runs.map(({ child }) => seen(child.stdout, "built")));
  for (const { child } of runs) child.stdin.end("."); // all have built: now they race
  const ends = await Promise.all(runs.map(({ ended }) => ended));
  const { final, toolchains } = cachePlaces(cache, key);
  for (const { code, stdout, stderr } of ends) {
    assert.equal(code, 0, stderr.toString());
    assert.equal(stdout.toString(), `built\n${final}\n`);
  }
  assert.deepEqual(fs.readdirSync(toolchains).sort(), [path.basename(final), "npm"]);
  assert.equal(fs.readlinkSync(path.join(toolchains, "npm")), path.basename(final));
  assert.ok(isComplete(final, key));
});

test("a killed preparation is cleaned away by the next, a living one is not", async (t) => {
  const cache = temporaryFolder(t);
  const places = cachePlaces(cache, key);
  const { child, ended } = start(process.execPath, [publisher, cache, key]);
  await seen(child.stdout, "built");
  const later = Date.now() + 31 * 60 * 1000;
  assert.deepEqual(removeStaleBuilds(places, later), []);
  child.kill("SIGKILL");
  await ended;
  assert.deepEqual(removeStaleBuilds(places), [], "in another container a living process may have a number that is free here");
  assert.equal(removeStaleBuilds(places, later).length, 1);
  assert.deepEqual(fs.readdirSync(places.toolchains), []);
});

test("a toolchain counts as complete only with its record, key and sizes", (t) => {
  const places = cachePlaces(temporaryFolder(t), key);
  const folder = built(places);
  assert.ok(isComplete(folder, key));
  assert.ok(!isComplete(folder, "another"));
  fs.appendFileSync(path.join(folder, "content"), "y");
  assert.ok(!isComplete(folder, key));
  fs.rmSync(path.join(folder, "toolchain.json"));
  assert.ok(!isComplete(folder, key));
});

test("a damaged toolchain in the final place is exchanged", (t) => {
  const places = cachePlaces(temporaryFolder(t), key);
  publish(built(places), places);
  fs.writeFileSync(path.join(places.final, "content"), "");
  publish(built(places, "good"), places);
  assert.equal(fs.readFileSync(path.join(places.final, "content"), "utf8"), "good");
  assert.deepEqual(fs.readdirSync(places.toolchains), [path.basename(places.final)]);
});

test("the link is moved to the newer toolchain", (t) => {
  const cache = temporaryFolder(t);
  for (const name of ["aaaa", "bbbb"]) {
    const places = cachePlaces(cache, name);
    publish(built(places), places);
    pointLink(places);
    assert.equal(fs.realpathSync(places.link), places.final);
  }
});

test("what is prepared already is printed at once, without the package", async (t) => {
  const cache = temporaryFolder(t);
  const places = cachePlaces(cache, toolchainKey());
  publish(built(places), places);
  const prepare = path.join(recipe, "prepare.mjs");
  const { code, stdout, stderr } = await run(process.execPath, [prepare, "--package", "no-such-file", "--cache", cache]);
  assert.equal(code, 0, stderr.toString());
  assert.equal(stdout.toString(), `${places.final}\n`);
  assert.equal(fs.realpathSync(places.link), places.final);
});
