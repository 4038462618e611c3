// SPDX-License-Identifier: Apache-2.0
// Leaving: always through the main thread, always with the right status, always soon.
//
// Exit codes for deaths that C would report by signal: 133 trap or abort, 134 stack overflow, 137 out of memory.

/** Ends the process; any thread. Does not return, except on the main thread in rare cases of failure. */
LW.exit = (status) => {
  if (LW.isMain) return LW.leaveNow(status & 255);
  LW.isLeaver = true;
  LW.tellMain("leave", status & 255); // first, for the flush may wait for a lock that is never given back
  try {
    _fflush(0);
  } catch {
    // What could not be flushed is lost, the status is not.
  }
  LW.tellMain("leaveNow", status & 255);
  for (;;) LW.sleep(Infinity);
};

/**
 * Main thread. The leaver's own flush may take as long as its reader needs, as in any program. But it may also wait for
 * a stream that another thread holds while stuck in write(2): that is not waited for beyond the grace time.
 */
LW.graceMs = 250;
LW.leave = (status) => {
  const isFlushing = () => Atomics.load(LW.words, LW.word.flushing) !== 0;
  setTimeout(() => (isFlushing() ? LW.leave(status) : LW.leaveNow(status)), LW.graceMs);
};

/**
 * Node joins every thread when it exits, and a thread stuck in write(2) on a full pipe never ends. After the grace
 * time what it wrote is read back from the pipe by ourselves: nobody else does. Where that is impossible, SIGKILL.
 */
LW.leaveNow = (status) => {
  Atomics.store(LW.words, LW.word.leaving, 1); // no new write begins
  if (Atomics.load(LW.words, LW.word.writing) === 0) process.reallyExit(LW.endTraining(status));
  LW.leavingSince ??= Date.now();
  const waited = Date.now() - LW.leavingSince;
  if (waited > LW.graceMs) LW.drainPipes();
  if (waited > 4 * LW.graceMs) process.kill(process.pid, "SIGKILL");
  setTimeout(LW.leaveNow, 5, status);
};

LW.drainPipes = () => {
  const { O_RDONLY, O_NONBLOCK } = LW.fs.constants;
  for (const fd of [1, 2, 3]) {
    try {
      if (!LW.fs.fstatSync(fd).isFIFO()) continue;
      const reader = LW.fs.openSync(`/proc/self/fd/${fd}`, O_RDONLY | O_NONBLOCK);
      while (LW.fs.readSync(reader, Buffer.alloc(1 << 16)) > 0);
    } catch {
      // Empty for now, or not ours to read.
    }
  }
};

/**
 * The exit status of C `main`. The fork takes the boxed UInt32 that Lean returns for a tagged number and shifts it, so
 * we get half the address of an object: a constructor of 16 bytes without fields, with the value at offset 8. It was
 * freed just before, which overwrites only its first word. Small numbers come from C++ itself and are meant as they are.
 */
LW.statusOfMain = (result) => {
  if (result < 4096) return result;
  const bytes = LW.bytes();
  const object = result * 2;
  const isBox = object + 16 <= bytes.length && bytes[object + 4] === 16 && bytes[object + 5] === 0 && bytes[object + 6] === 0 && bytes[object + 7] === 0;
  return isBox ? bytes[object + 8] : 1;
};

/** The exit status of an `IO` action by its result object: an error is shown and gives 1, as for `main`. */
LW.statusOfAction = (result) => {
  if (result & 1 || LW.bytes()[result + 7] !== 1) return 0;
  wasmExports["lean_io_result_show_error"](result);
  return 1;
};

/** The text of a C++ exception that nobody caught, as far as it can be found. */
LW.describeException = (pointer) => {
  let text = "C++ exception";
  try {
    const words = LW.words32();
    const type = new ExceptionInfo(pointer).get_type();
    text += " " + UTF8ToString(words[(type + 4) >> 2]);
    if (!/ N4lean/.test(text)) return text;
    // lean::throwable: a vtable pointer, then a std::string, whose last byte tells short from long.
    const string = pointer + 4;
    const last = LW.bytes()[string + 11];
    const isLong = (last & 128) !== 0;
    text += ": " + (isLong ? UTF8ToString(words[string >> 2], Math.min(400, words[(string + 4) >> 2])) : UTF8ToString(string, last));
  } catch {
    // The memory may be damaged; say what is known.
  }
  return text;
};

LW.statusOfFailure = (text) => {
  if (/call stack|deep recursion/.test(text)) return 134;
  return /out of bounds|memory/.test(text) ? 137 : 133;
};

/** Any exception that reached the top of a thread. */
LW.fatal = (error) => {
  const text = typeof error === "number" ? LW.describeException(error) : String(error?.message ?? error);
  const trace = error?.stack ? String(error.stack).split("\n").slice(1, 5).join("\n") + "\n" : "";
  try {
    LW.fs.writeSync(2, `FATAL(lean thread): ${text}\n${trace}`);
  } catch {
    // Nobody reads descriptor 2.
  }
  if (LW.isMain) LW.leaveNow(LW.statusOfFailure(text));
  else LW.exit(LW.statusOfFailure(text));
};
