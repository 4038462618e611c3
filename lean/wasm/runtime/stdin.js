// SPDX-License-Identifier: Apache-2.0
// Descriptor 0. Node's event loop fills a shared ring of bytes; Lean's threads read from it and sleep when it is empty.
//
// Why not read(0) in the Lean thread: a thread blocked in read(2) cannot be ended, and Node joins all threads at exit.
// Why not emscripten's own: it decodes UTF-8 in pieces of 256 bytes, so that bytes are lost.
// `head` and `tail` count bytes for ever (modulo 2^32); `signal` counts changes, so that no wake-up is missed.

/** Reader side, in a Lean thread: 1…length bytes, or 0 at the end of the input. */
LW.readStdin = (heap, pointer, length) => {
  const { words, word } = LW;
  // Started by the first read: a program that never reads must not take its parent's input.
  if (Atomics.exchange(words, word.started, 1) === 0) LW.tellMain("startStdin");
  for (;;) {
    const seen = Atomics.load(words, word.signal);
    const tail = Atomics.load(words, word.tail);
    const available = (Atomics.load(words, word.head) - tail) | 0;
    if (available > 0) return LW.takeFromRing(heap, pointer, Math.min(available, length), tail);
    if (Atomics.load(words, word.ended) && Atomics.load(words, word.head) === tail) return 0;
    Atomics.wait(words, word.signal, seen);
  }
};

LW.takeFromRing = (heap, pointer, count, tail) => {
  const offset = tail & (LW.ringBytes - 1);
  const first = Math.min(count, LW.ringBytes - offset);
  heap.set(LW.ring.subarray(offset, offset + first), pointer);
  heap.set(LW.ring.subarray(0, count - first), pointer + first);
  Atomics.store(LW.words, LW.word.tail, (tail + count) | 0);
  if (Atomics.exchange(LW.words, LW.word.full, 0)) LW.tellMain("pumpStdin");
  return count;
};

/** Writer side, on the main thread. */
LW.startStdin = () => {
  LW.stdinQueue = [];
  process.stdin.on("data", (chunk) => {
    LW.stdinQueue.push(chunk);
    LW.pumpStdin();
  });
  for (const event of ["end", "error", "close"]) {
    process.stdin.on(event, () => {
      LW.stdinOver = true;
      LW.pumpStdin();
    });
  }
};

LW.putIntoRing = (chunk, head, count) => {
  const offset = head & (LW.ringBytes - 1);
  const first = Math.min(count, LW.ringBytes - offset);
  LW.ring.set(chunk.subarray(0, first), offset);
  LW.ring.set(chunk.subarray(first, count), 0);
  Atomics.store(LW.words, LW.word.head, (head + count) | 0);
  LW.signalReaders();
};

LW.signalReaders = () => {
  Atomics.add(LW.words, LW.word.signal, 1);
  Atomics.notify(LW.words, LW.word.signal);
};

/** Moves what is queued into the ring; pauses the pipe while the ring is full, so that the parent feels the pressure. */
LW.pumpStdin = () => {
  const { words, word, stdinQueue: queue } = LW;
  const free = () => LW.ringBytes - ((Atomics.load(words, word.head) - Atomics.load(words, word.tail)) | 0);
  while (queue.length > 0) {
    if (free() === 0) {
      Atomics.store(words, word.full, 1);
      if (free() === 0) return void process.stdin.pause(); // else the reader was quicker than our flag
    }
    const count = Math.min(free(), queue[0].length);
    LW.putIntoRing(queue[0], Atomics.load(words, word.head), count);
    if (count === queue[0].length) queue.shift();
    else queue[0] = queue[0].subarray(count);
  }
  if (!LW.stdinOver) return void process.stdin.resume();
  Atomics.store(words, word.ended, 1);
  LW.signalReaders();
};
