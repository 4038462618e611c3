// SPDX-License-Identifier: Apache-2.0
// Lean's main runs in a pthread. Stock lean.js runs it on Node's main thread, which then serves the file calls of all
// other threads in slices of 1 ms only, spins while idle, and cannot receive stdin.
//
// Two start routines that are no table slots tell our threads from Lean's own.
LW.startRoutine = { main: 0x7ffffff0, image: 0x7fffffe0 };
LW.isOurs = (routine) => routine === LW.startRoutine.main || routine === LW.startRoutine.image;
LW.mainStackBytes = 16 << 20;
LW.pidAddress = 64; // see getpid in wasm_edits.mjs; nothing else is stored below 1024

/** C strings and the argv vector, on the wasm heap: `{argc, argv}` as two words, then the vector. */
LW.storeArguments = (args) => {
  const block = _malloc(4 * (args.length + 2));
  args.forEach((text, i) => {
    const bytes = lengthBytesUTF8(text) + 1;
    const pointer = _malloc(bytes);
    stringToUTF8(text, pointer, bytes);
    LW.words32()[(block >> 2) + 1 + i] = pointer;
  });
  LW.words32()[block >> 2] = args.length;
  LW.words32()[(block >> 2) + 1 + args.length] = 0;
  return block;
};

/** Main thread: replaces callMain. */
LW.callMain = (args) => {
  process.removeAllListeners("uncaughtException"); // the launcher's
  process.on("uncaughtException", LW.fatal);
  LW.mountRealFolders();
  LW.words32()[LW.pidAddress >> 2] = process.pid;
  noExitRuntime = true;
  if (LW.image) return LW.startThread(LW.startRoutine.image, LW.resumeImage());
  LW.startThread(LW.startRoutine.main, LW.storeArguments([LW.executable, ...args]));
};

LW.startThread = (routine, argument) => {
  const attributes = _malloc(64);
  wasmExports["pthread_attr_init"](attributes);
  wasmExports["pthread_attr_setstacksize"](attributes, LW.mainStackBytes);
  const error = wasmExports["pthread_create"](_malloc(8), attributes, routine, argument);
  if (error) throw new Error(`pthread_create failed with ${error}`);
};

/** In a new pthread: runs our two routines and never returns from them; does nothing for Lean's own threads. */
LW.enterThread = (routine, argument) => {
  if (routine === LW.startRoutine.main) {
    const result = wasmExports["__main_argc_argv"](LW.words32()[argument >> 2], argument + 4);
    LW.exit(LW.statusOfMain(result >>> 0));
  }
  if (routine === LW.startRoutine.image) {
    wasmExports["lean_initialize_thread"]();
    wasmExports["lean_init_task_manager_using"](LW.knobs.taskThreads);
    LW.exit(LW.statusOfAction(wasmExports["lean_apply_1"](argument, 1)));
  }
};

/** Lean's record of where this thread's stack ends, anew as for an ordinary thread: `lean::save_stack_info(false)`. */
LW.saveStackInfo = () => {
  if (!LW.isMain) wasmTable.get(LW.findSymbol("_ZN4lean15save_stack_infoEb"))(0);
};

/** Only our own threads keep the process alive; idle pool threads must not. */
LW.setLiveness = (worker, routine) => (LW.isOurs(routine) ? worker.ref() : worker.unref());
LW.workerOptions = () => ({ workerData: "em-pthread", name: "em-pthread", execArgv: [], resourceLimits: { stackSizeMb: LW.knobs.stackMb } });
