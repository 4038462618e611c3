// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import zlib from "node:zlib";

import { folderWith, recipe, run, temporaryFolder } from "./support.mjs";

const { toolchainKey, verifyInput, verifyNode, pinnedInputs } = await import(path.join(recipe, "recipe.mjs"));
const { readTar } = await import(path.join(recipe, "tar_reader.mjs"));
const { dealBySize } = await import(path.join(recipe, "ir_files.mjs"));

const prepare = (args) => run(process.execPath, [path.join(recipe, "prepare.mjs"), ...args]);

test("the key changes when a recipe file or an input changes, not with documentation", (t) => {
  const folder = temporaryFolder(t);
  fs.cpSync(recipe, folder, { recursive: true });
  const before = toolchainKey(pinnedInputs, folder);
  assert.match(before, /^[0-9a-f]{16}$/);
  assert.equal(before, toolchainKey());
  fs.appendFileSync(path.join(folder, "README.md"), "more words");
  assert.equal(toolchainKey(pinnedInputs, folder), before);
  fs.appendFileSync(path.join(folder, "runtime/exit.js"), "\n");
  const edited = toolchainKey(pinnedInputs, folder);
  assert.notEqual(edited, before);
  assert.notEqual(toolchainKey({ ...pinnedInputs, "lean.js": "0" }, folder), edited);
});

test("a damaged input is named, with both checksums", () => {
  assert.throws(() => verifyInput("lean.js", Buffer.from("x")), (error) => {
    assert.match(error.message, /lean\.js has sha256 2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881, expected 0baaafd5d088d288/);
    assert.match(error.advice, /download/);
    return true;
  });
});

test("an old node is refused", () => {
  assert.throws(() => verifyNode("v18.19.0", "some/node"), /18\.19\.0 is too old, 20/);
  assert.doesNotThrow(() => verifyNode("20.0.0", "some/node"));
});

for (const [what, args, message] of [
  ["no options", [], /--package is missing/],
  ["no cache", ["--package", "p"], /--cache is missing/],
  ["an unknown option", ["--package", "p", "--cache", "c", "--nonsense"], /nonsense/],
  ["a stray argument", ["--package", "p", "--cache", "c", "x"], /x/],
]) {
  test(`usage error: ${what}`, async () => {
    const { code, stdout, stderr } = await prepare(args);
    assert.equal(code, 2);
    assert.equal(stdout.length, 0);
    assert.match(stderr.toString(), message);
    assert.match(stderr.toString(), /usage: prepare\.mjs/);
  });
}

test("a missing package and a wrong one fail with 1, name the step and leave nothing behind", async (t) => {
  const cache = temporaryFolder(t);
  const absent = await prepare(["--package", path.join(cache, "absent.tgz"), "--cache", cache]);
  assert.equal(absent.code, 1);
  assert.match(absent.stderr.toString(), /failed in step "read package".*\n {2}file: .*absent\.tgz\n {2}what to do: fetch it/);

  const wrong = folderWith(t, { "lean.js": "x", "lean.wasm": "y", "lean-lib.tar.gz": "z" });
  const { code, stderr } = await prepare(["--package", wrong, "--cache", cache]);
  assert.equal(code, 1);
  assert.match(stderr.toString(), /failed in step "verify inputs": lean\.js has sha256/);
  assert.deepEqual(fs.readdirSync(path.join(cache, "toolchains")), []);
});

test("a file that is no archive is told as a damaged download", async (t) => {
  const folder = folderWith(t, { "p.tgz": "this is no gzip", "q.tgz": zlib.gzipSync("this is no tar") });
  for (const name of ["p.tgz", "q.tgz"]) {
    const { code, stderr } = await prepare(["--package", path.join(folder, name), "--cache", folder]);
    assert.equal(code, 1);
    assert.match(stderr.toString(), /cannot unpack.*\n.*\n.*download is damaged/);
  }
});

/** One tar entry; the header has only what the reader looks at. */
function entry(name, content, type = "0") {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(content.length.toString(8).padStart(11, "0"), 124);
  header.write(type, 156);
  return Buffer.concat([header, Buffer.from(content), Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

test("an archive is read from chunks of any size, long names included", async () => {
  const longName = "long/".repeat(30) + "name";
  const record = ` path=${longName}\n`;
  const archive = Buffer.concat([
    entry("a", "alpha"), entry("folder/", "", "5"), entry("empty", ""),
    entry("pax", `${record.length + 3}${record}`, "x"), entry("cut", "x".repeat(1000)), entry("b", "beta"), Buffer.alloc(1024),
  ]);
  for (const size of [1, 100, 512, 5000]) {
    const chunks = (async function* () {
      for (let at = 0; at < archive.length; at += size) yield archive.subarray(at, at + size);
    })();
    const names = [];
    for await (const { name, content } of readTar(chunks)) names.push([name, content.length]);
    assert.deepEqual(names, [["a", 5], ["folder/", 0], ["empty", 0], [longName, 1000], ["b", 4]]);
  }
});

test("modules are dealt evenly", () => {
  const sizes = [9, 7, 6, 5, 5, 4, 2];
  const [a, b] = dealBySize(sizes.map((size, i) => ({ module: String(i), size })), 2);
  const total = (list) => list.reduce((sum, name) => sum + sizes[name], 0);
  assert.equal(a.length + b.length, sizes.length);
  assert.ok(Math.abs(total(a) - total(b)) <= 2);
});
