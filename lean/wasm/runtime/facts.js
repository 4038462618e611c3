// SPDX-License-Identifier: Apache-2.0
// What Lean cannot know of itself here: how many of its threads run, how much memory it has taken and may take, whether it began with kept machine code, as one line of JSON,
// read from the special path /dev/leanworker/facts. (In /proc, a thread that ended stays: Node keeps its worker for the next one. And
// the resident memory is mostly Node's own.)
LW.factsPath = "/dev/leanworker/facts";
LW.factsDescriptor = LW.descriptorBase + (1 << 19); // no descriptor is as large

/** In the thread that opens the path. */
LW.openFacts = () => {
  const facts = {
    threads: Atomics.load(LW.words, LW.word.threads),
    memory_bytes: LW.bytes().length,
    memory_bytes_max: LW.knobs.pagesMax * LW.imagePage,
    machine_code: Atomics.load(LW.words, LW.word.code) !== 0,
  };
  LW.factsLeft = Buffer.from(JSON.stringify(facts) + "\n");
  return LW.factsDescriptor;
};

LW.readFacts = (heap, pointer, length) => {
  const part = LW.factsLeft.subarray(0, length);
  heap.set(part, pointer);
  LW.factsLeft = LW.factsLeft.subarray(part.length);
  return part.length;
};

/** On the main thread when a thread is asked for, and in the thread after its start routine. */
LW.countThread = (change) => Atomics.add(LW.words, LW.word.threads, change);
