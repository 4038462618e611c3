// SPDX-License-Identifier: Apache-2.0
// Runs the new toolchain's own bin/lean for the preparation.
import { spawn } from "node:child_process";
import path from "node:path";

/**
 * `{ok, output}`, with the last 2000 characters of what it said and, where it failed, how it ended. It is killed after
 * `patienceMs`, and when this process leaves.
 */
export function runLean(sysroot, args, { env = {}, input = "", patienceMs }) {
  const child = spawn(path.join(sysroot, "bin/lean"), args, { env: { ...process.env, LEAN_PATH: "", ...env }, stdio: ["pipe", "pipe", "pipe"] });
  const stop = () => child.kill("SIGKILL");
  process.once("exit", stop);
  const timer = setTimeout(stop, patienceMs);
  return new Promise((resolve) => {
    let output = "";
    const end = (ok, words = "") => {
      process.off("exit", stop);
      clearTimeout(timer);
      resolve({ ok, output: (output + words).trim() });
    };
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output = (output + chunk).slice(-2000)));
    child.stdin.on("error", () => {}); // it died: its exit status says more
    child.stdin.end(input);
    child.on("error", (error) => end(false, error.message));
    child.on("close", (code, signal) => end(code === 0, code === 0 ? "" : `; it ended with ${signal ?? code}`));
  });
}
