// SPDX-License-Identifier: Apache-2.0
// A prepared toolchain must behave like a native Lean. Needs LEANWORKER_TEST_SYSROOT.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { folderWith, lean, needsToolchain, recipe, run, seen, startLean, sysroot } from "./support.mjs";

const toolTest = (name, body) => test(name, needsToolchain, body);

// Compiled once: elaborating it takes seconds, and every test runs it.
const program = `
namespace Program
partial def deep (n : Nat) : Nat := if n == 0 then 0 else deep (n + 1) + n % 7

def inTask (act : IO Unit) : IO Unit := do
  let task ← IO.asTask (prio := .dedicated) act
  IO.ofExcept task.get

partial def spin (n : Nat) : IO Unit := do
  if n == 0 then return
  spin (n + 1)

partial def copy (input : IO.FS.Stream) (output : IO.FS.Handle) : IO Unit := do
  let bytes ← input.read 1000
  if bytes.isEmpty then return
  output.write bytes
  output.flush
  copy input output

/-- What comes of opening each, and of reading what opens. -/
def tell (paths : List String) (mode : IO.FS.Mode) : IO Unit := do
  for path in paths do
    let answer ← try
      let handle ← IO.FS.Handle.mk path mode
      if mode matches .read then pure s!"{(← handle.read 10).size} bytes"
      else do { handle.write "forged".toUTF8; handle.flush; pure "written" }
    catch _ => pure "refused"
    IO.println s!"{path}: {answer}"

def main (args : List String) : IO UInt32 := do
  match args with
  | "channels" :: paths =>
    let input ← IO.FS.Handle.mk "/dev/leanworker/channel/in" .read
    let output ← IO.FS.Handle.mk "/dev/leanworker/channel/out" .write
    tell paths .read
    tell paths .write
    inTask do IO.println s!"stdin in a task: {(← (← IO.getStdin).getLine).length} {(← (← IO.getStdin).read 9).size}"
    copy (.ofHandle input) output
    return 0
  | ["return", n] => return n.toNat!.toUInt32
  | ["throw"] => throw (IO.userError "thrown on purpose")
  | ["exit"] => IO.Process.exit 7
  | ["exit in a task"] => inTask (IO.Process.exit 7); return 0
  | ["panic"] => IO.println s!"continued with {(#[] : Array Nat)[args.length]!}"; return 0
  | ["deep"] => inTask do { let n ← IO.monoMsNow; IO.println s!"{deep (n + 1)}" }; return 0
  | ["deep on main"] => IO.println s!"{deep args.length}"; return 0
  | ["copy"] => copy (← IO.getStdin) (← IO.FS.Handle.mk "/proc/self/fd/3" .write); return 0
  | ["spin"] => IO.println "spinning"; (← IO.getStdout).flush; spin 1; return 0
  | ["look"] =>
    IO.println s!"{← IO.FS.readFile "/proc/self/stat"}"
    IO.println s!"pid {← IO.Process.getPID}"
    IO.println s!"env {← IO.getEnv "LEAN_WASM_TEST"} {← IO.getEnv "USER"}"
    IO.println s!"app {← IO.appPath}"
    IO.println ((← IO.FS.readFile "/proc/self/status").takeWhile (· != '\\n'))
    IO.println s!"statm {((← IO.FS.readFile "/proc/self/statm").splitOn " ").length}"
    return 0
  | ["stderr"] => IO.eprintln "  - /mine"; IO.eprintln "[DEBUG:mine] stays"; return 0
  | ["blocked"] =>
    let out ← IO.FS.Handle.mk "/proc/self/fd/3" .write
    let _ ← IO.asTask (prio := .dedicated) do
      IO.println "writing"
      (← IO.getStdout).flush
      out.write (ByteArray.mk (Array.replicate 1000000 0))
    let _ ← (← IO.getStdin).getLine
    IO.Process.exit 5
  | _ => return 99
end Program
`;
const mainFile = "import Program\ndef main (args : List String) : IO UInt32 := Program.main args\n";

let compiled;
const cleaners = [];
before(async () => {
  if (!sysroot) return;
  compiled = folderWith({ after: (clean) => cleaners.push(clean) }, { "Program.lean": program, "Main.lean": mainFile });
  assertEnd(await lean(["-o", "Program.olean", "Program.lean"], { cwd: compiled }), 0);
});
after(() => cleaners.forEach((clean) => clean()));

const startProgram = (args, env = {}) => startLean(["--run", path.join(compiled, "Main.lean"), ...args], { cwd: compiled, env: { LEAN_PATH: compiled, ...env } });

function runProgram(args, input = "") {
  const { child, ended } = startProgram(args);
  child.stdin.end(input);
  return ended;
}

function assertEnd(result, code) {
  assert.deepEqual([result.code, result.signal], [code, null], result.stderr.toString().slice(0, 500));
}

toolTest("--version and --print-prefix, also through a symbolic link", async (t) => {
  const version = await lean(["--version"]);
  assertEnd(version, 0);
  assert.match(version.stdout.toString(), /^Lean \(version 4\.28\.0.*, wasm32-unknown-emscripten, .*\)\n$/);
  assert.equal(version.stderr.length, 0);

  const folder = folderWith(t, {});
  fs.symlinkSync(path.join(sysroot, "bin/lean"), path.join(folder, "linked"));
  const prefix = await run(path.join(folder, "linked"), ["--print-prefix"], { cwd: folder });
  assertEnd(prefix, 0);
  assert.equal(prefix.stdout.toString(), fs.realpathSync(sysroot) + "\n");
});

toolTest("a right file gives 0, a wrong one 1, an absent one 1, a wrong option 1", async (t) => {
  const cwd = folderWith(t, { "right.lean": "theorem t : 1 = 1 := rfl\n", "wrong.lean": "theorem t : 1 = 2 := rfl\n" });
  const right = await lean(["right.lean"], { cwd });
  assertEnd(right, 0);
  assert.equal(right.stdout.toString() + right.stderr.toString(), "");
  const wrong = await lean(["--json", "wrong.lean"], { cwd });
  assertEnd(wrong, 1);
  for (const line of wrong.stdout.toString().trim().split("\n")) assert.equal(JSON.parse(line).severity, "error");
  assertEnd(await lean(["absent.lean"], { cwd }), 1);
  assertEnd(await lean(["--no-such-option"], { cwd }), 1);
  assert.deepEqual(fs.readdirSync(cwd).sort(), ["right.lean", "wrong.lean"]); // no default.profraw
});

toolTest("-o writes a module that another file imports; umask holds", async (t) => {
  const cwd = folderWith(t, { "A.lean": "def a := 41\n", "B.lean": "import A\n#eval a + 1\n" });
  assertEnd(await lean(["-o", "A.olean", "A.lean"], { cwd }), 0);
  assert.equal(fs.statSync(path.join(cwd, "A.olean")).mode & 0o777, 0o666 & ~process.umask());
  const result = await lean(["-DmaxRecDepth=300", "B.lean"], { cwd, env: { LEAN_PATH: cwd } });
  assertEnd(result, 0);
  assert.equal(result.stdout.toString(), "42\n");
});

toolTest("--stdin reads the file from standard input", async () => {
  const result = await lean(["--stdin"], { input: "#eval 6 * 7\n" });
  assertEnd(result, 0);
  assert.equal(result.stdout.toString(), "42\n");
});

toolTest("the exit status is what main returns, throws or exits with", async () => {
  const main = runProgram;
  for (const code of [0, 1, 42, 255]) assertEnd(await main(["return", String(code)]), code);
  const thrown = await main(["throw"]);
  assertEnd(thrown, 1);
  assert.equal(thrown.stderr.toString(), "uncaught exception: thrown on purpose\n");
  assertEnd(await main(["exit"]), 7);
  assertEnd(await main(["exit in a task"]), 7);
});

toolTest("a panic is told on stderr and the program goes on", async () => {
  const result = await runProgram(["panic"]);
  assertEnd(result, 0);
  assert.equal(result.stdout.toString(), "continued with 0\n");
  assert.match(result.stderr.toString(), /index out of bounds/);
});

toolTest("deep recursion ends a task's process with 134, and on the main thread with Lean's own error", async () => {
  const main = runProgram;
  const inTask = await main(["deep"]);
  assertEnd(inTask, 134);
  assert.match(inTask.stderr.toString(), /^FATAL\(lean thread\): .*deep recursion was detected/);
  const onMain = await main(["deep on main"]);
  assertEnd(onMain, 1);
  assert.match(onMain.stderr.toString(), /^deep recursion was detected/);
});

toolTest("all byte values pass from descriptor 0 to descriptor 3 unchanged, more than the ring holds", async () => {
  const input = Buffer.alloc(3 << 20, Buffer.from(Array.from({ length: 256 }, (_, i) => i)));
  const result = await runProgram(["copy"], input);
  assertEnd(result, 0);
  assert.ok(result.third.equals(input));
  assert.equal(result.stdout.toString() + result.stderr.toString(), "");
});

toolTest("a claimed channel is its owner's alone, whatever the spelling of the path", async (t) => {
  const folder = folderWith(t, {});
  fs.symlinkSync("/proc/self/fd/3", path.join(folder, "out"));
  fs.symlinkSync("/dev/stdin", path.join(folder, "in"));
  fs.symlinkSync("/proc", path.join(folder, "proc"));
  const hidden = ["/dev/leanworker/channel/in", "/dev/leanworker/channel/out", "/dev/leanworker/channel/other", "/dev/leanworker/channel/toString"];
  const to3 = ["/proc/self/fd/3", "/proc/self/fd/03", "/dev/fd/3", "/proc/self/../self/fd/3", "/proc/thread-self/fd/3", "//proc//self/fd//3",
    `/proc/${process.pid}/fd/0`, "/proc/self/task/../fd/3", "/proc/self/root/proc/self/fd/3", "/proc/self/fd/4", "/proc/self/fd/10", path.join(folder, "out"), path.join(folder, "proc/self/fd/3")];
  const memories = ["/proc/self/mem", "/proc/thread-self/mem", `/proc/${process.ppid}/mem`, path.join(folder, "proc/self/mem"), "/proc/self/root/proc/self/mem"];
  const refused = [...hidden, ...to3, ...memories];
  const empty = ["/dev/stdin", "/proc/self/fd/0", "/dev/fd/0", "/dev/tty", "//dev/stdin", "/dev/../dev/stdin", path.join(folder, "in")];
  const input = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
  const result = await runProgram(["channels", ...refused, ...empty], input);
  assertEnd(result, 0);
  const lines = result.stdout.toString().split("\n");
  for (const name of refused) assert.deepEqual(lines.filter((line) => line.startsWith(`${name}:`)), [`${name}: refused`, `${name}: refused`]);
  for (const name of empty) assert.ok(lines.includes(`${name}: 0 bytes`), name);
  assert.ok(lines.includes("stdin in a task: 0 0"));
  assert.ok(result.third.equals(input), "every byte went to the owner, and nothing else came out");
});

toolTest("the process sees its real id, environment and path", async () => {
  const { child, ended } = startProgram(["look"], { LEAN_WASM_TEST: "välue", USER: undefined });
  child.stdin.end();
  const result = await ended;
  assertEnd(result, 0);
  const [stat, , pid, env, app, status, statm] = result.stdout.toString().split("\n");
  assert.equal(stat.split(" ")[0], String(child.pid));
  assert.equal(pid, `pid ${child.pid}`);
  assert.equal(env, "env (some välue) none");
  assert.equal(app, `app ${path.join(fs.realpathSync(sysroot), "bin/lean")}`);
  assert.match(status, /^Name:/);
  assert.equal(statm, "statm 7");
});

toolTest("stderr keeps lines that only look like the fork's chatter", async () => {
  const result = await runProgram(["stderr"]);
  assert.equal(result.stderr.toString(), "  - /mine\n[DEBUG:mine] stays\n");
});

for (const signal of ["SIGTERM", "SIGINT"]) {
  toolTest(`${signal} ends a busy process`, async () => {
    const { child, ended } = startProgram(["spin"]);
    await seen(child.stdout, "spinning");
    child.kill(signal);
    const result = await ended;
    assert.deepEqual([result.code, result.signal], [null, signal]);
  });
}

toolTest("standard input that nobody reads is left to others", async () => {
  const script = '"$0" --version >/dev/null; cat';
  const result = await run("/bin/sh", ["-c", script, path.join(sysroot, "bin/lean")], { input: "for cat\n" });
  assert.equal(result.stdout.toString(), "for cat\n");
});

toolTest("a thread stuck in a pipe that nobody reads does not hold up the exit", async () => {
  const { child, ended } = startProgram(["blocked"]);
  child.stdio[3].pause();
  await seen(child.stdout, "writing");
  const exited = new Promise((resolve) => child.on("exit", (code, signal) => resolve({ code, signal })));
  child.stdin.end(); // the main thread now exits, whether or not the task is in write(2) already
  const { code, signal } = await exited;
  assert.ok(code === 5 || signal === "SIGKILL", `${code} ${signal}`);
  child.stdio[3].resume();
  await ended;
});

toolTest("no node, or none that is new enough, gives 127 and a message", async (t) => {
  const folder = folderWith(t, { "node-path": "/no/such/node\n" });
  fs.mkdirSync(path.join(folder, "bin"));
  fs.mkdirSync(path.join(folder, "libexec/leanworker"), { recursive: true });
  fs.copyFileSync(path.join(sysroot, "bin/lean"), path.join(folder, "bin/lean"));
  fs.copyFileSync(path.join(sysroot, "libexec/leanworker/main.cjs"), path.join(folder, "libexec/leanworker/main.cjs"));
  fs.renameSync(path.join(folder, "node-path"), path.join(folder, "libexec/leanworker/node-path"));
  const none = await run("/bin/sh", [path.join(folder, "bin/lean")], { env: { PATH: "/nonexistent" } });
  assertEnd(none, 127);
  assert.match(none.stderr.toString(), /no node found/);

  const old = await run(process.execPath, ["-e", `
    Object.defineProperty(process, "versions", { value: { node: "18.1.0" } });
    require(${JSON.stringify(path.join(folder, "libexec/leanworker/main.cjs"))});`]);
  assertEnd(old, 127);
  assert.match(old.stderr.toString(), /is Node 18\.1\.0; Node 20 or newer is needed/);
});

// The interleaving that this is about came in one of some 1,000,000 file calls under load; see wasm_edits.mjs. So the code is looked at.
toolTest("the end of a file call is signalled while its caller cannot be gone", async () => {
  const { encodeU32, readSections } = await import(path.join(recipe, "wasm_binary.mjs"));
  const { findBody, readExports, readImports } = await import(path.join(recipe, "wasm_sections.mjs"));
  const bytes = fs.readFileSync(path.join(sysroot, "libexec/leanworker/lean.wasm"));
  const sections = readSections(bytes);
  const exports = readExports(bytes, sections);
  const indexOf = (name) => exports.find((entry) => entry.name === name).index;
  const { content, end } = findBody(bytes, sections, indexOf("emscripten_proxy_finish") - readImports(bytes, sections).functions);
  const callOf = (name) => bytes.subarray(content, end).indexOf(Buffer.from([0x10, ...encodeU32(indexOf(name))]));
  assert.ok(callOf("pthread_mutex_lock") > 0);
  assert.ok(callOf("pthread_cond_signal") > callOf("pthread_mutex_lock"));
  assert.ok(callOf("pthread_mutex_unlock") > callOf("pthread_cond_signal"));
});
