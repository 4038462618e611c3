// SPDX-License-Identifier: Apache-2.0
// Start-up image: made by prepare-host, used by `lean --run Main.lean`, refused when it does not fit. Needs LEANWORKER_TEST_SYSROOT.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { before, after, describe, test } from "node:test";

import { folderWith, lean, needsToolchain, run, startLean, sysroot } from "./support.mjs";

const host = `
namespace Host
def serve (words : List String) : IO Unit := do
  let stdin ← IO.getStdin
  IO.println s!"words {words}"
  IO.println s!"pid {← IO.Process.getPID} env {← IO.getEnv "LEAN_WASM_TEST"} cwd {← IO.currentDir}"
  let line ← stdin.getLine
  let task ← IO.asTask (prio := .dedicated) (return line.length)
  IO.println s!"line of {← IO.ofExcept task.get}"
  if line.startsWith "throw" then throw (IO.userError "as asked")
  if line.startsWith "exit" then IO.Process.exit 9

unsafe def main (args : List String) : IO Unit := do
  let go := serve args
  if args.head? == some "--image" then
    let request := s!"/dev/leanworker/image/{ptrAddrUnsafe go}"
    let _ ← (IO.FS.Handle.mk request .read).toBaseIO
  go
end Host
`;
const mainFile = "import Host\nunsafe def main (args : List String) : IO Unit := Host.main args\n";

const prepareHost = (args, options) => run(path.join(sysroot ?? "", "libexec/leanworker/prepare-host"), args, options);

describe("start-up image", { skip: needsToolchain.skip }, () => {
  let prepared;
  const cleaners = [];
  before(async () => {
    if (!sysroot) return;
    prepared = folderWith({ after: (clean) => cleaners.push(clean) }, { "Host.lean": host, "Main.lean": mainFile });
    assert.equal((await lean(["-o", "Host.olean", "Host.lean"], { cwd: prepared })).code, 0);
    const { code, stderr } = await prepareHost([prepared], { env: { LEAN_WASM_TEST: "image time" } });
    assert.equal(code, 0, stderr.toString());
  });
  after(() => cleaners.forEach((clean) => clean()));

  /** A copy of the prepared host, elsewhere, with all times kept: as if it had been moved. */
  function moved(t) {
    const folder = path.join(folderWith(t, {}), "moved");
    fs.cpSync(prepared, folder, { recursive: true, preserveTimestamps: true });
    return folder;
  }

  const runHost = (folder, input, env) => lean(["--run", path.join(folder, "Main.lean"), "now"], { input, env: { LEAN_PATH: folder, ...env } });

  test("only the image is left beside the host", needsToolchain, () => {
    assert.deepEqual(fs.readdirSync(prepared).sort(), ["Host.lean", "Host.olean", "Main.image", "Main.lean"]);
  });

  test("a moved host starts from its image, in the present process, folder and environment", needsToolchain, async (t) => {
    const folder = moved(t);
    const { child, ended } = startLean(["--run", path.join(folder, "Main.lean"), "now"], { cwd: folder, env: { LEAN_WASM_TEST: "now" } });
    child.stdin.end("twelve chars");
    const { code, stdout, stderr } = await ended;
    assert.equal(stderr.toString(), "");
    assert.deepEqual(stdout.toString().split("\n"), ["words [--image, Init]", `pid ${child.pid} env (some now) cwd ${folder}`, "line of 12", ""]);
    assert.equal(code, 0);
  });

  test("exit codes after an image start", needsToolchain, async () => {
    assert.equal((await runHost(prepared, "exit\n")).code, 9);
    const thrown = await runHost(prepared, "throw\n");
    assert.equal(thrown.code, 1);
    assert.match(thrown.stderr.toString(), /as asked/);
  });

  test("the image can be switched off", needsToolchain, async () => {
    const { code, stdout } = await runHost(prepared, "", { LEANWORKER_WASM_NO_IMAGE: "1" });
    assert.equal(code, 0);
    assert.match(stdout.toString(), /^words \[now\]/);
  });

  const damages = [
    ["a host compiled anew", (folder) => fs.appendFileSync(path.join(folder, "Main.lean"), "-- edited\n"), /the host was compiled anew since/],
    ["a cut image", (folder) => fs.truncateSync(path.join(folder, "Main.image"), 1 << 20), /it is incomplete/],
    ["an empty image", (folder) => fs.truncateSync(path.join(folder, "Main.image"), 0), /it is incomplete/],
    ["another toolchain", (folder) => replaceKey(path.join(folder, "Main.image")), /it was made by another toolchain/],
  ];
  for (const [what, damage, reason] of damages) {
    test(`${what}: one line on stderr and an ordinary start`, needsToolchain, async (t) => {
      const folder = moved(t);
      damage(folder);
      const { code, stdout, stderr } = await runHost(folder, "x");
      assert.equal(code, 0);
      assert.match(stdout.toString(), /^words \[now\]/);
      assert.match(stderr.toString(), reason);
      assert.equal(stderr.toString().split("\n").length, 2);
    });
  }

  function replaceKey(file) {
    const { key } = JSON.parse(fs.readFileSync(path.join(sysroot, "toolchain.json"), "utf8"));
    const bytes = fs.readFileSync(file);
    bytes.write("0".repeat(key.length), bytes.lastIndexOf(key));
    fs.writeFileSync(file, bytes);
  }

  test("prepare-host fails on a host that asks for nothing, and on no host", needsToolchain, async (t) => {
    const silent = folderWith(t, { "Main.lean": "def main : IO Unit := return\n" });
    const { code, stderr } = await prepareHost([silent]);
    assert.equal(code, 1);
    assert.match(stderr.toString(), /ended with status 0 before it asked for one/);
    assert.deepEqual(fs.readdirSync(silent), ["Main.lean"]);
    assert.equal((await prepareHost([])).code, 2);
  });
});
