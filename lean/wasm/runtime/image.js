// SPDX-License-Identifier: Apache-2.0
// Start-up image: the wasm memory of a host that has imported everything, written once and loaded by every later start.
//
// Making: under LEANWORKER_WASM_MAKE_IMAGE=<file>, the host opens /dev/leanworker/image/<address of a closure of type
// IO Unit> at a moment when no task runs. The memory is written and the process ends. Using: a new process loads the
// memory before the module is instantiated, and a fresh thread runs the closure. Threads of the old process do not exist
// any more. The environment is that of the new process; Lean's search path is still the old one, to be set by the host.
//
// File: the non-zero pages, one after the other; then JSON about them; then u32 length of the JSON and imageMagic.
LW.imageMagic = "LWIMAGE1";
LW.imagePage = 65536;

// ---- making

/** In the Lean thread that opened the special path: hands over to the main thread and stays here for good. */
LW.requestImage = (closure) => {
  if (!LW.knobs.makeImage || !(closure > 0)) return -44; // no such file: an ordinary start
  LW.tellMain("writeImage", closure);
  for (;;) LW.sleep(Infinity);
};

/** `[start, length]` of each run of pages that are not all zero. */
LW.usedRuns = (memory) => {
  const zero = Buffer.alloc(LW.imagePage);
  const runs = [];
  let last = null;
  for (let at = 0; at < memory.length; at += LW.imagePage) {
    if (memory.subarray(at, at + LW.imagePage).equals(zero)) continue;
    if (last && last[0] + last[1] === at) last[1] += LW.imagePage;
    else runs.push((last = [at, LW.imagePage]));
  }
  return runs;
};

LW.writeFully = (descriptor, bytes) => {
  for (let done = 0; done < bytes.length; ) done += LW.fs.writeSync(descriptor, bytes, done, Math.min(bytes.length - done, 1 << 26));
};

/** Main thread: writes the image, then ends the process. Failures (a full disk) end it with 1 and a message. */
LW.writeImage = (closure) => {
  const file = LW.knobs.makeImage;
  try {
    const memory = Buffer.from(LW.bytes().buffer);
    const runs = LW.usedRuns(memory);
    const host = LW.hostStamp(LW.path.dirname(file));
    const about = { toolchain: LW.toolchainKey, bytes: memory.length, closure, runs, host };
    const json = Buffer.from(JSON.stringify(about));
    const tail = Buffer.alloc(4 + LW.imageMagic.length);
    tail.writeUInt32LE(json.length, 0);
    tail.write(LW.imageMagic, 4, "latin1");
    const descriptor = LW.fs.openSync(file, "w");
    for (const [start, length] of runs) LW.writeFully(descriptor, memory.subarray(start, start + length));
    LW.writeFully(descriptor, Buffer.concat([json, tail]));
    LW.fs.closeSync(descriptor);
    process.reallyExit(0);
  } catch (error) {
    LW.fs.writeSync(2, `lean: cannot write the image ${file}: ${error.message}\n`);
    process.reallyExit(1);
  }
};

/** What the image was made from: name, size and time of the host's files. Moving the folder keeps all three. */
LW.hostStamp = (folder) => {
  const list = (relative) =>
    LW.fs.readdirSync(LW.path.join(folder, relative), { withFileTypes: true }).flatMap((entry) => {
      const name = LW.path.join(relative, entry.name);
      if (entry.isDirectory()) return list(name);
      return /\.(lean|olean|ir)$/.test(name) ? [name] : [];
    });
  return list("").sort().map((name) => {
    const { size, mtimeMs } = LW.fs.statSync(LW.path.join(folder, name));
    return `${name} ${size} ${Math.floor(mtimeMs / 1000)}`;
  });
};

// ---- using

/** The image's description if file and host belong together; else the reason why not, as a string. */
LW.readImageHead = (file, descriptor) => {
  const tail = Buffer.alloc(4 + LW.imageMagic.length);
  const size = LW.fs.fstatSync(descriptor).size;
  if (size >= tail.length) LW.fs.readSync(descriptor, tail, 0, tail.length, size - tail.length);
  if (tail.toString("latin1", 4) !== LW.imageMagic) return "it is incomplete";
  const json = Buffer.alloc(tail.readUInt32LE(0));
  LW.fs.readSync(descriptor, json, 0, json.length, size - tail.length - json.length);
  const about = JSON.parse(json.toString());
  const pageBytes = about.runs.reduce((sum, run) => sum + run[1], 0);
  if (pageBytes + json.length + tail.length !== size) return "it is incomplete";
  if (about.toolchain !== LW.toolchainKey) return "it was made by another toolchain";
  if (about.host.join() !== LW.hostStamp(LW.path.dirname(file)).join()) return "the host was compiled anew since";
  if (about.bytes / LW.imagePage > LW.knobs.pagesMax) return "it needs more memory than LEANWORKER_WASM_PAGES_MAX";
  return about;
};

/** `lean --run X.lean` starts from X.image, if that is there. */
LW.findImage = () => {
  const [option, source] = process.argv.slice(2);
  if (option !== "--run" || !source?.endsWith(".lean") || LW.knobs.noImage || LW.knobs.makeImage) return null;
  const file = source.replace(/lean$/, "image");
  let descriptor;
  try {
    descriptor = LW.fs.openSync(file, "r");
  } catch {
    return null;
  }
  let about;
  try {
    about = LW.readImageHead(file, descriptor);
  } catch (error) {
    about = error.message;
  }
  if (typeof about === "object") return { ...about, descriptor };
  LW.fs.closeSync(descriptor);
  LW.fs.writeSync(2, `lean: not starting from ${file}: ${about}\n`);
  return null;
};
LW.image = LW.isMain ? LW.findImage() : null;

LW.initialBytes = () => (LW.image ? LW.image.bytes : 16777216);

/** Begins to load the image into the new memory, in Node's thread pool, while V8 compiles. LW.imageLoaded tells when done. */
LW.loadImage = () => {
  if (!LW.image) return;
  const piece = 1 << 24;
  const reads = [];
  let offset = 0;
  for (const [start, length] of LW.image.runs) {
    for (let done = 0; done < length; done += piece) {
      reads.push(LW.readPiece(start + done, Math.min(piece, length - done), offset + done));
    }
    offset += length;
  }
  LW.imageLoaded = Promise.all(reads).then(() => LW.fs.closeSync(LW.image.descriptor));
};

LW.readPiece = (address, length, offset) =>
  new Promise((resolve, reject) => {
    LW.fs.read(LW.image.descriptor, HEAPU8, address, length, offset, (error, read) => {
      if (error || read === 0) reject(error ?? new Error("the image became shorter"));
      else resolve(read === length ? undefined : LW.readPiece(address + read, length - read, offset + read));
    });
  });

/** Compiles and instantiates. The image must be in memory first: the module's start function looks at a flag there. */
LW.instantiate = async (file, imports) => {
  const binary = LW.fs.readFileSync(file);
  LW.beginTraining(binary);
  LW.module = LW.moduleWithCode(binary) ?? (await WebAssembly.compile(binary));
  await LW.imageLoaded;
  return { module: LW.module, instance: await WebAssembly.instantiate(LW.module, imports) };
};

/** Instead of the C++ constructors, which the image has behind it, only emscripten's record of the main thread. */
LW.constructorName = () => (LW.image ? "_emscripten_init_main_thread" : "__wasm_call_ctors");

/** Main thread, everything loaded: gives the closure to run, after renewing what belongs to this process. */
LW.resumeImage = () => {
  wasmExports["__emscripten_environ_constructor"]();
  return LW.image.closure;
};
