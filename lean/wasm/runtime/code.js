// SPDX-License-Identifier: Apache-2.0
// Machine code that is kept: what V8's optimising compiler made during a run of training is written once and taken by every later
// start. Otherwise each process compiles every function anew when it is first called, and its first files take ten times as long.
//
// V8 offers this to programs that embed it (browsers keep the code of pages); Node passes it on only as functions of V8's own tests, whose
// syntax must be allowed, which it is for the two calls alone. V8 refuses code of another version, processor or set of flags; then, and
// where these functions are missing, a start compiles as it would without.
//
// File: V8's bytes, u32 length of them, codeMagic. V8 trusts that they are whole.
LW.codeFile = LW.path.join(__dirname, "lean.code");
LW.codeMagic = "LWCODE01";
/** Almost all that runs in the training is optimised and kept. What ran there and is not kept, V8 compiles anew, plainly, before a start goes on:
 * with a budget of 500000 instead, a start costs 0.5 s more of processor time and 30 MB. */
LW.trainingBudget = 2000;

LW.flag = (text) => require("v8").setFlagsFromString(text);

/** Calls a function of V8's tests. Throws where it does not exist. */
LW.native = (name, ...args) => {
  LW.flag("--allow-natives-syntax");
  try {
    const names = args.map((_, i) => `a${i}`).join();
    return new Function(names, `return %${name}(${names})`)(...args);
  } finally {
    LW.flag("--no-allow-natives-syntax");
  }
};

// ---- making

/** Before anything is compiled. The flags of an ordinary start are back when the code is written: V8 compares them. */
LW.beginTraining = (binary) => {
  if (!LW.knobs.makeCode) return;
  LW.flag(`--wasm-tiering-budget=${LW.trainingBudget}`);
  LW.functionsTrained = LW.functionsIn(binary);
};

/** How many functions a binary defines: the first number in its section 3. */
LW.functionsIn = (binary) => {
  let at = 8;
  const number = () => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = binary[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  while (at < binary.length) {
    const section = binary[at++];
    const end = number() + at;
    if (section === 3) return number();
    at = end;
  }
  return 0;
};

/** V8's bytes end with what is left of each function's budget, and a start goes on from there: it would spend seconds on optimising what the
 * training called a few times. Gives each the usual budget, if the bytes look like that: most functions never ran. */
LW.renewBudgets = (code, functions, usual) => {
  const from = code.length - 4 * functions;
  const left = Array.from({ length: from > 0 ? functions : 0 }, (_, i) => code.readInt32LE(from + 4 * i));
  const untouched = left.filter((budget) => budget === LW.trainingBudget).length;
  const known = untouched > functions / 2 && left.every((budget) => budget <= LW.trainingBudget);
  if (!known) return LW.debug("this V8 keeps no budgets where they are looked for");
  left.forEach((_, i) => code.writeInt32LE(usual, from + 4 * i));
};

/** Main thread, at the end of a training that went well: gives the exit status. */
LW.endTraining = (status) => {
  if (!LW.knobs.makeCode || status !== 0) return status;
  try {
    const usual = process.execArgv.findLast((flag) => flag.startsWith("--wasm-tiering-budget="));
    if (!usual) throw new Error("node was started without the usual flags");
    LW.flag(usual);
    const code = Buffer.from(LW.native("SerializeWasmModule", LW.module));
    LW.renewBudgets(code, LW.functionsTrained, Number(usual.split("=")[1]));
    const tail = Buffer.alloc(4 + LW.codeMagic.length);
    tail.writeUInt32LE(code.length, 0);
    tail.write(LW.codeMagic, 4, "latin1");
    LW.fs.writeFileSync(LW.knobs.makeCode, Buffer.concat([code, tail]));
    return 0;
  } catch (error) {
    LW.fs.writeSync(2, `lean: cannot keep machine code in ${LW.knobs.makeCode}: ${error.message}\n`);
    return 1;
  }
};

// ---- using

/** `length` bytes of the file from `position` on, in memory of their own; null if there are fewer. */
LW.readExactly = (descriptor, length, position) => {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const read = LW.fs.readSync(descriptor, bytes, done, length - done, position + done);
    if (read === 0) return null;
    done += read;
  }
  return bytes;
};

/** V8's bytes in the file; null if it is none of ours or incomplete. */
LW.readCode = (file) => {
  const descriptor = LW.fs.openSync(file, "r");
  try {
    const length = LW.fs.fstatSync(descriptor).size - 4 - LW.codeMagic.length;
    const tail = length > 0 && LW.readExactly(descriptor, 4 + LW.codeMagic.length, length);
    if (!tail || Buffer.from(tail.buffer).toString("latin1", 4) !== LW.codeMagic) return null;
    if (new DataView(tail.buffer).getUint32(0, true) !== length) return null;
    return LW.readExactly(descriptor, length, 0)?.buffer ?? null;
  } finally {
    LW.fs.closeSync(descriptor);
  }
};

/** The module with the kept code; null if there is none, or V8 does not take it. */
LW.moduleWithCode = (binary) => {
  if (LW.knobs.makeCode || LW.knobs.noCode) return null;
  try {
    const code = LW.readCode(LW.codeFile);
    const module = code && LW.native("DeserializeWasmModule", code, binary);
    // V8 has its own copies; these would stay until the next collection, which is not soon.
    for (const buffer of module ? [code, binary.buffer] : []) LW.native("ArrayBufferDetach", buffer);
    Atomics.store(LW.words, LW.word.code, module ? 1 : 0);
    LW.debug(module ? "with kept machine code" : "the kept machine code is not taken");
    return module || null;
  } catch (error) {
    LW.debug("no kept machine code:", error.message);
    return null;
  }
};
