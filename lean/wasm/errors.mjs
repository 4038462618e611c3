// SPDX-License-Identifier: Apache-2.0
// The errors that the preparation reports to a person, and how it reports them.

/** A failure with everything a person needs: the step, the file concerned and what to do about it. */
export class PrepareError extends Error {
  constructor(step, message, { file = null, advice = null, cause = undefined } = {}) {
    super(message, { cause });
    this.name = "PrepareError";
    this.step = step;
    this.file = file;
    this.advice = advice;
  }
}

/** A wrong command line: exit code 2. */
export class UsageError extends Error {}

// What a bare system error means for somebody who prepares a toolchain.
const adviceByCode = {
  ENOSPC: "the disk is full: free about 1 GB below the cache folder, or pass another --cache",
  EDQUOT: "the disk quota is used up: free about 1 GB below the cache folder, or pass another --cache",
  EACCES: "no permission: pass a --cache folder that this user may write to",
  EPERM: "no permission: pass a --cache folder that this user may write to",
  EROFS: "the file system is read-only: pass a --cache folder that can be written to",
  ENOENT: "the file is missing: check --package and --cache",
  EMFILE: "too many open files: raise `ulimit -n`",
};

/** Turns whatever a step threw into a PrepareError that names the step. */
export function asPrepareError(step, error) {
  if (error instanceof PrepareError || error instanceof UsageError) return error;
  const advice = adviceByCode[error?.code] ?? null;
  return new PrepareError(step, error?.message ?? String(error), { file: error?.path ?? null, advice, cause: error });
}

/** The lines printed for an error; the last one says what to do. */
export function describe(error) {
  const lines = [`failed in step "${error.step}": ${error.message}`];
  if (error.file) lines.push(`  file: ${error.file}`);
  if (error.advice) lines.push(`  what to do: ${error.advice}`);
  return lines.join("\n");
}
