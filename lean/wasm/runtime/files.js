// SPDX-License-Identifier: Apache-2.0
// Which paths Lean sees: the real ones. Emscripten starts with an empty file system in memory; every folder of the real
// root is mounted into it, /dev excepted, where emscripten's own devices stay.

/** Main thread, before Lean starts. A root folder made later is not visible. */
LW.mountRealFolders = () => {
  for (const name of LW.fs.readdirSync("/")) {
    if (name === "dev") continue;
    const folder = "/" + name;
    try {
      if (!LW.fs.statSync(folder).isDirectory()) continue;
      if (!FS.analyzePath(folder).exists) FS.mkdir(folder);
      FS.mount(NODEFS, { root: LW.fs.realpathSync(folder) }, folder);
    } catch (error) {
      LW.debug("cannot mount", folder, String(error)); // e.g. no permission: then Lean cannot see it either
    }
  }
  FS.chdir(process.cwd());
};

/** Paths that name this process's descriptors. -1 for every other path. */
LW.descriptorOfPath = (path) => {
  const match = /^\/(?:proc\/self|dev)\/fd\/(\d+)$/.exec(path);
  if (match) return Number(match[1]);
  return ["/dev/stdin", "/dev/stdout", "/dev/stderr"].indexOf(path);
};

/** openat for special paths, in the calling thread: a descriptor, a negative error number, or undefined for ordinary files. */
LW.openSpecial = (pathPointer) => {
  const path = UTF8ToString(pathPointer);
  if (path.startsWith("/dev/leanworker/image/")) return LW.requestImage(Number(path.slice(22)));
  if (path.startsWith("/dev/leanworker/channel/")) return LW.claimChannel(path.slice(24));
  if (path === LW.factsPath) return LW.openFacts();
  const descriptor = LW.descriptorOfPath(path);
  if (descriptor < 0) return undefined;
  if (descriptor > 2 && LW.hasChannel()) return -44;
  try {
    LW.fs.fstatSync(descriptor);
    return LW.descriptorBase + descriptor;
  } catch {
    return -44; // no such file
  }
};

/** The environment as it is: emscripten would add a made-up user, home and language. */
LW.environment = () => {
  const madeUp = { USER: undefined, LOGNAME: undefined, PATH: undefined, PWD: undefined, HOME: undefined, LANG: undefined, _: undefined };
  // The LLVM profile writer in the binary would leave default.profraw in the current folder.
  return Object.assign(madeUp, process.env, { LLVM_PROFILE_FILE: "/dev/null" });
};
