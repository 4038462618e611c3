// SPDX-License-Identifier: Apache-2.0
// Machine code that is kept from a training run: taken by a start, and refused without harm. Needs LEANWORKER_TEST_SYSROOT.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";

import { folderWith, needsToolchain, run, sysroot, temporaryFolder } from "./support.mjs";

const home = "libexec/leanworker";

/** The toolchain under test in another folder: its big files are links, and the code is a copy. */
function copyOfToolchain(t) {
  const folder = temporaryFolder(t);
  fs.mkdirSync(path.join(folder, home), { recursive: true });
  fs.mkdirSync(path.join(folder, "bin"));
  fs.symlinkSync(path.join(sysroot, "lib"), path.join(folder, "lib"));
  fs.copyFileSync(path.join(sysroot, "bin/lean"), path.join(folder, "bin/lean"));
  for (const name of ["lean.js", "main.cjs", "lean.code"]) fs.copyFileSync(path.join(sysroot, home, name), path.join(folder, home, name));
  for (const name of ["lean.wasm", "lean.sym", "node-path"]) fs.symlinkSync(path.join(sysroot, home, name), path.join(folder, home, name));
  return folder;
}

const version = (folder, env) => run(path.join(folder, "bin/lean"), ["--version"], { env: { LEANWORKER_WASM_DEBUG: "1", ...env } });

describe("kept machine code", { skip: needsToolchain.skip }, () => {
  test("an ordinary start takes it and says nothing", needsToolchain, async () => {
    const { code, stderr } = await version(sysroot);
    assert.equal(code, 0);
    assert.match(stderr.toString(), /with kept machine code/);
    assert.equal((await version(sysroot, { LEANWORKER_WASM_DEBUG: "" })).stderr.toString(), "");
  });

  test("it can be switched off, and V8 refuses it under other flags", needsToolchain, async () => {
    const off = await version(sysroot, { LEANWORKER_WASM_NO_CODE: "1" });
    assert.equal(off.code, 0);
    assert.doesNotMatch(off.stderr.toString(), /machine code/);
    const other = await version(sysroot, { LEANWORKER_WASM_NODE_FLAGS: "--wasm-tiering-budget=77777" });
    assert.equal(other.code, 0);
    assert.match(other.stderr.toString(), /the kept machine code is not taken/);
  });

  const damages = [
    ["cut", (file) => fs.truncateSync(file, fs.statSync(file).size >> 1)],
    ["cut by one byte", (file) => fs.truncateSync(file, fs.statSync(file).size - 1)],
    ["empty", (file) => fs.truncateSync(file, 0)],
    ["gone", (file) => fs.rmSync(file)],
    ["longer", (file) => fs.appendFileSync(file, "x")],
    ["none of V8's", (file) => fs.writeFileSync(file, "y".repeat(100) + "d\0\0\0LWCODE01")],
    ["a folder", (file) => (fs.rmSync(file), fs.mkdirSync(file))],
  ];
  test("damaged code is not taken, and the start is an ordinary one", needsToolchain, async (t) => {
    const folder = copyOfToolchain(t);
    const file = path.join(folder, home, "lean.code");
    for (const [what, damage] of damages) {
      fs.rmSync(file, { recursive: true, force: true });
      fs.copyFileSync(path.join(sysroot, home, "lean.code"), file);
      damage(file);
      const { code, stdout, stderr } = await version(folder);
      assert.equal(code, 0, what);
      assert.match(stdout.toString(), /Lean \(version/, what);
      assert.doesNotMatch(stderr.toString(), /with kept machine code/, what);
    }
  });

  test("V8 does not go on optimising what the training called", needsToolchain, () => {
    const file = fs.readFileSync(path.join(sysroot, home, "lean.code"));
    const tail = 12;
    // Before that, such a budget was at most 2000 for each of some 150000 functions.
    for (const back of [1, 2, 3, 1000, 50000, 100000]) assert.equal(file.readInt32LE(file.length - tail - 4 * back), 30000000);
  });

  test("a binary that V8 refuses is told in one line, without a line of the program", needsToolchain, async (t) => {
    const folder = copyOfToolchain(t);
    fs.rmSync(path.join(folder, home, "lean.wasm"));
    fs.writeFileSync(path.join(folder, home, "lean.wasm"), "no wasm at all");
    const { code, stderr } = await version(folder, { LEANWORKER_WASM_DEBUG: "" });
    const lines = stderr.toString().trim().split("\n");
    assert.equal(code, 126, stderr.toString().slice(0, 2000));
    assert.match(lines.at(-1), /^lean: .*(wasm|magic)/i);
    assert.ok(stderr.length < 2000, `${stderr.length} bytes`);
  });

  test("a training that fails leaves none", needsToolchain, async (t) => {
    const folder = folderWith(t, { "Fails.lean": "def main : IO UInt32 := return 3\n" });
    const file = path.join(folder, "code");
    const env = { LEANWORKER_WASM_MAKE_CODE: file };
    const { code } = await run(path.join(sysroot, "bin/lean"), ["--run", path.join(folder, "Fails.lean")], { env });
    assert.equal(code, 3);
    assert.equal(fs.existsSync(file), false);
  });

  test("a place that cannot be written is told", needsToolchain, async (t) => {
    const folder = folderWith(t, { "Works.lean": "def main : IO Unit := return\n" });
    const env = { LEANWORKER_WASM_MAKE_CODE: path.join(folder, "no/such/place") };
    const { code, stderr } = await run(path.join(sysroot, "bin/lean"), ["--run", path.join(folder, "Works.lean")], { env });
    assert.equal(code, 1);
    assert.match(stderr.toString(), /cannot keep machine code/);
  });
});
