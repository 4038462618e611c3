// SPDX-License-Identifier: Apache-2.0
// The two descriptors over which a host talks to its parent: 0 and 3. The host opens /dev/leanworker/channel/in and …/out
// once, before it runs code that it does not know. From then on nobody else in the process gets at them, nor at the
// descriptors of any other process: standard input is at its end, and no path leads to a pipe, a socket or a memory.
// Without the first claim nothing of this holds, and Lean is an ordinary program.
//
// It does not hold back code that reads or writes the wasm memory itself.

LW.channels = { in: { descriptor: 0, word: "claimedIn" }, out: { descriptor: 3, word: "claimedOut" } };
LW.isClaimed = (word) => Atomics.load(LW.words, LW.word[word]) !== 0;
LW.hasChannel = () => LW.isClaimed("claimedIn") || LW.isClaimed("claimedOut");

/** openat, in the calling thread: a descriptor, or a negative error number. */
LW.claimChannel = (name) => {
  const channel = Object.hasOwn(LW.channels, name) ? LW.channels[name] : undefined;
  if (!channel) return -44; // no such file
  try {
    LW.fs.fstatSync(channel.descriptor);
  } catch {
    return -44;
  }
  if (Atomics.exchange(LW.words, LW.word[channel.word], 1) !== 0) return -2; // permission denied: it has its owner
  return LW.channelBase + channel.descriptor;
};

/**
 * What a file that was just opened really is, by the kernel's own word, whatever links and spellings led to it. Such things
 * have no size, so that ordinary files are not asked about.
 */
LW.isForbidden = (descriptor) => {
  const about = LW.fs.fstatSync(descriptor);
  if (about.isDirectory() || (about.isFile() && about.size > 0)) return false;
  const target = LW.fs.readlinkSync(`/proc/self/fd/${descriptor}`);
  return /^(pipe|socket|anon_inode):/.test(target) || /\/\d+\/(task\/\d+\/)?mem$/.test(target);
};

/** Main thread: opens a real file. */
LW.openReal = (path, flags) => {
  const descriptor = LW.fs.openSync(path, flags);
  if (!LW.hasChannel() || !LW.isForbidden(descriptor)) return descriptor;
  LW.fs.closeSync(descriptor);
  throw Object.assign(new Error(`${path} is not for programs`), { code: "EACCES" });
};
