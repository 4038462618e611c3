// SPDX-License-Identifier: Apache-2.0
// Reading and writing of the process's own descriptors by the thread that asks, byte for byte.
// Emscripten's own terminal layer decodes text, buffers lines and runs on the main thread.
//
// A descriptor opened as /proc/self/fd/N gets the number descriptorBase + N, a claimed one (channels.js) channelBase + N; facts.js has
// one of its own in between.
LW.descriptorBase = 1 << 20;
LW.channelBase = 1 << 21;
LW.isOwnDescriptor = (fd) => fd <= 2 || fd >= LW.descriptorBase;
LW.realDescriptor = (fd) => (fd >= LW.channelBase ? fd - LW.channelBase : fd >= LW.descriptorBase ? fd - LW.descriptorBase : fd);

/** WASI error numbers, which this libc uses as errno. */
LW.errorNumber = (error) => ({ EPIPE: 64, EBADF: 8, ENOSPC: 51, EISDIR: 31, EINVAL: 28 })[error.code] ?? 29;

LW.readOwn = (number, heap, pointer, length) => {
  if (number === LW.factsDescriptor) return LW.readFacts(heap, pointer, length);
  const fd = LW.realDescriptor(number);
  if (fd !== 0) return LW.fs.readSync(fd, heap, pointer, length, null);
  // Standard input is empty for everybody but the owner of the channel.
  return LW.isClaimed("claimedIn") && number < LW.channelBase ? 0 : LW.readStdin(heap, pointer, length);
};

/** Writes all of it. Blocks like write(2): a slow parent is felt as a blocked thread. */
LW.writeOwn = (number, heap, pointer, length) => {
  const fd = LW.realDescriptor(number);
  if (fd === 0) throw Object.assign(new Error("descriptor 0 is not for writing"), { code: "EBADF" });
  if (fd === 2 && LW.isForkChatter(heap, pointer, length)) return length;
  const busy = LW.isLeaver ? LW.word.flushing : LW.word.writing; // exit.js must know who is stuck in a full pipe
  let done = 0;
  while (done < length) {
    Atomics.add(LW.words, busy, 1);
    try {
      if (!LW.isLeaver && Atomics.load(LW.words, LW.word.leaving)) break;
      done += LW.fs.writeSync(fd, heap, pointer + done, length - done);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error; // somebody made the shared end non-blocking
      LW.sleep(1);
    } finally {
      Atomics.sub(LW.words, busy, 1);
    }
  }
  return length;
};

/** fd_read / fd_write over a list of buffers; returns an error number, 0 if all went well. */
LW.transfer = (operation, fd, vector, count, resultPointer) => {
  const heap = LW.bytes();
  const words = LW.words32();
  let total = 0;
  for (let i = 0; i < count; i++) {
    const pointer = words[(vector + 8 * i) >> 2];
    const length = words[(vector + 8 * i + 4) >> 2];
    if (length === 0) continue;
    let moved;
    try {
      moved = operation(fd, heap, pointer, length);
    } catch (error) {
      return LW.errorNumber(error);
    }
    total += moved;
    if (moved < length) break;
  }
  words[resultPointer >> 2] = total;
  return 0;
};

// The fork reports its progress on descriptor 2 with `IO.eprintln`: "[DEBUG:x] …" lines. A FIND line is followed by lines
// that begin with "  - /", a FINALIZE line by one that begins with "  mainModule? = ". Only in that place are those dropped.
LW.chatterAfter = { FIND: /^ {2}- \//, FINALIZE: /^ {2}mainModule\? = / };
LW.isForkChatter = (heap, pointer, length) => {
  if (LW.knobs.debug) return false;
  const start = String.fromCharCode(...heap.subarray(pointer, pointer + Math.min(length, 20)));
  if (LW.chatterExpected?.test(start)) return true;
  const head = /^\[DEBUG:([I-N]|IMPORT|GO|FIND|FINALIZE)\] /.exec(start);
  LW.chatterExpected = head ? LW.chatterAfter[head[1]] : undefined;
  return head !== null;
};
