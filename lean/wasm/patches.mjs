// SPDX-License-Identifier: Apache-2.0
// Every change to the text of lean.js, as a table: what, why, where, how often it must match (once, if not said).
// The functions LW.* are in runtime/*.js. Order matters only where a patch looks at the text of an earlier one.

const symbols = [
  {
    name: "got entries only",
    why: "updateGOT went through all exports and grew the table by one slot each; only names that the module asks for matter",
    find: "if(isInternalSym(symName)){continue}var value=exports[symName]",
    replace: "if(isInternalSym(symName)||!GOT[symName]){continue}var value=exports[symName]",
  },
  {
    name: "got slots from the symbol table",
    why: "the functions have slots in the binary already; a second slot would make function pointers differ between threads",
    find: "newValue=addFunction(value)}else if",
    replace: "newValue=LW.findSymbol(symName);if(newValue<0)newValue=addFunction(value)}else if",
  },
  {
    name: "no walk over the table",
    why: "it would create 150,000 JS function objects to answer a question that nobody asks",
    find: "functionsInTableMap=new WeakMap;updateTableMap(0,wasmTable.length)",
    replace: "functionsInTableMap=new WeakMap",
  },
  {
    name: "GL and AL stay unresolved",
    why: "some 260 entry points of OpenGL and OpenAL are imported by address and never called",
    find: "if(!value&&!entry.required){",
    replace: "if(/^(emscripten_(gl|alc)|alc?[A-Z])/.test(symName)||(!value&&!entry.required)){",
  },
  {
    name: "dlsym",
    why: "the interpreter looks compiled functions up by name; handle 0 is the program itself",
    find: "var __dlsym_js=(handle,symbol,symbolIndex)=>{",
    after: "if(handle==0){var found=LW.findSymbolAt(symbol);if(found>=0)return found;dlSetError('unknown symbol');return 0}",
  },
];

const fork = [
  {
    name: "quiet stdout",
    why: "55 progress messages of the fork went to stdout, and console.log makes a pipe non-blocking",
    find: /console\.log\("\[DEBUG/g,
    count: 55,
    replace: 'LW.debug("[DEBUG',
  },
  {
    name: "not emscripten for Lean",
    why: "System.Platform.isEmscripten makes the fork import at the level `exported`, where bodies of definitions are missing",
    find: "942867:()=>{", // runs right after initialize_Init
    after: 'if(!LW.knobs.keepForkMode)LW.bytes()[LW.findSymbol("l_System_Platform_isEmscripten")]=0;',
  },
  {
    name: "real folders are mounted elsewhere",
    why: "only /home and /tmp were visible; runtime/files.js mounts all, once, on the main thread",
    find: 'FS.mount(NODEFS,{root:"/home"},"/home");FS.mount(NODEFS,{root:"/tmp"},"/tmp");',
    replace: "if(ENVIRONMENT_IS_PTHREAD)return;",
  },
  {
    name: "path of the executable",
    why: "Lean finds its sysroot as the parent of the folder of IO.appPath, which must be bin/lean",
    find: 'if(isNode){path=__filename}else{path="/bin/lean.wasm"}',
    replace: "path=LW.executable;",
  },
  {
    name: "umask",
    why: "new files were readable and writable for everybody",
    find: "if(created){FS.chmod(node,mode&511)}",
    replace: "if(created){FS.chmod(node,mode&511&~process.umask())}",
  },
  {
    name: "environment",
    why: "emscripten starts with an empty environment and a made-up user",
    find: "var ENV={};",
    replace: "var ENV=LW.environment();",
  },
];

const threads = [
  {
    name: "mailboxes by message, not by Atomics.waitAsync",
    why: "under Node a promise of Atomics.waitAsync is now and then not resolved until something else wakes the event loop; a thread that waits for a proxied file call then waits for ever (seen once in about 3,000 files)",
    find: "var waitAsyncPolyfilled=!Atomics.waitAsync||",
    replace: "var waitAsyncPolyfilled=true||",
  },
  {
    name: "pool size",
    why: "each pool thread costs start-up time and memory; one is enough for Lean's main, more are made on demand",
    find: "var pthreadPoolSize=4;",
    replace: "var pthreadPoolSize=LW.knobs.poolThreads;",
  },
  {
    name: "worker options",
    why: "Lean recurses deeply: the default JS stack of a worker (4 MB) dies early and without a Lean message",
    find: 'new Worker(pthreadMainJs,{workerData:"em-pthread",name:"em-pthread"})',
    replace: "new Worker(pthreadMainJs,LW.workerOptions())",
  },
  {
    name: "who keeps the process alive",
    why: "Node would end the process when its main thread has nothing left to do, though Lean's main runs in a worker",
    find: "if(ENVIRONMENT_IS_NODE){worker.unref()}worker.postMessage(msg",
    replace: "LW.setLiveness(worker,msg.start_routine);worker.postMessage(msg",
  },
  {
    name: "stack limits of Lean's main thread",
    why: "Lean computes a negative size for it, so that deep recursion overran the stack silently",
    find: "942687:()=>{", // runs right after save_stack_info(true)
    after: "LW.saveStackInfo();",
  },
  {
    name: "our start routines",
    why: "Lean's main and the image's closure are started as pthreads",
    find: "var result=getWasmTableEntry(ptr)(arg);",
    before: "LW.enterThread(ptr,arg);",
  },
  {
    name: "a thread begins",
    why: "threads are counted from when they are asked for, which is well before they run",
    find: "PThread.runningWorkers.push(worker);",
    after: "LW.countThread(1);",
  },
  {
    name: "a thread ends",
    why: "the other side of the patch before",
    find: "var result=getWasmTableEntry(ptr)(arg);",
    after: "LW.countThread(-1);",
  },
  {
    name: "main runs in a pthread",
    why: "so that the main thread's event loop stays free (runtime/threads.js)",
    find: "function callMain(args=[]){",
    after: "return LW.callMain(args);",
  },
  {
    name: "shared state to workers",
    why: "workers need the stdin ring and the symbol table",
    find: 'worker.postMessage({cmd:"load",handlers,',
    replace: 'LW.symbolWords();worker.postMessage({cmd:"load",leanworker:LW.shared,handlers,',
  },
  {
    name: "shared state in workers",
    why: "the other side of the patch before",
    find: 'if(cmd==="load"){',
    after: "LW.shareWith(msgData.leanworker);",
  },
  {
    name: "messages to the main thread",
    why: "LW.tellMain in a worker",
    find: 'else if(cmd==="callHandler"){',
    before: 'else if(cmd==="leanworker"){LW[d.method](d.argument)}',
  },
];

const exit = [
  {
    name: "uncaught exception in a thread",
    why: "a death must be prompt, told on stderr and have its own exit code",
    find: 'process.on("uncaughtException",err=>{postMessage({cmd:"uncaughtException",error:err});process.exit(1)})',
    replace: 'process.on("uncaughtException",LW.fatal)',
  },
  {
    name: "exit",
    why: "only the main thread can end the process, with the status that was asked for",
    find: "var exitJS=(status,implicit)=>{",
    after: "LW.exit(status);",
  },
  { name: "_exit", why: "as exit", find: "function _proc_exit(code){", after: "LW.exit(code);" },
];

const stdio = [
  {
    name: "read",
    why: "byte for byte, in the calling thread",
    find: "function _fd_read(fd,iov,iovcnt,pnum){",
    after: "if(LW.isOwnDescriptor(fd))return LW.transfer(LW.readOwn,fd,iov,iovcnt,pnum);",
  },
  {
    name: "write",
    why: "byte for byte, in the calling thread",
    find: "function _fd_write(fd,iov,iovcnt,pnum){",
    after: "if(LW.isOwnDescriptor(fd))return LW.transfer(LW.writeOwn,fd,iov,iovcnt,pnum);",
  },
  {
    name: "close",
    why: "a path /proc/self/fd/N gave N itself, which others may use after this handle is closed",
    find: "function _fd_close(fd){",
    after: "if(fd>=LW.descriptorBase)return 0;",
  },
  {
    name: "open",
    why: "paths of own descriptors, the claim of a channel, and the request for an image",
    find: "function ___syscall_openat(dirfd,path,flags,varargs){",
    after: "var special=LW.openSpecial(path);if(special!==undefined)return special;",
  },
  {
    name: "open a real file",
    why: "no spelling of a path may lead to a channel of the host",
    find: "stream.nfd=fs.openSync(path,NODEFS.flagsForNode(stream.flags))",
    replace: "stream.nfd=LW.openReal(path,NODEFS.flagsForNode(stream.flags))",
  },
  {
    name: "terminal devices",
    why: "/dev/tty and other spellings of /dev/stdin read descriptor 0, which may be a channel",
    find: "var FS_stdin_getChar=()=>{",
    after: 'if(LW.isClaimed("claimedIn"))return null;',
  },
];

const image = [
  {
    name: "initial memory",
    why: "an image needs as much as it had",
    find: 'var INITIAL_MEMORY=Module["INITIAL_MEMORY"]||16777216;',
    replace: "var INITIAL_MEMORY=LW.initialBytes();",
  },
  {
    name: "load the image",
    why: "before anything looks into the memory",
    find: "maximum:32768,shared:true})}updateMemoryViews()",
    replace: "maximum:LW.knobs.pagesMax,shared:true})}updateMemoryViews();LW.loadImage()",
  },
  {
    name: "compile while the image loads",
    why: "see LW.instantiate; this also drops the second copy of the binary early",
    find: "var binary=await getWasmBinary(binaryFile);var instance=await WebAssembly.instantiate(binary,imports);return instance",
    replace: "return await LW.instantiate(binaryFile,imports)",
  },
  {
    name: "constructors",
    why: "an image has them behind it",
    find: 'wasmExports["__wasm_call_ctors"]();callRuntimeCallbacks(onPostCtors);',
    replace: "wasmExports[LW.constructorName()]();callRuntimeCallbacks(onPostCtors);",
  },
];

export const patches = [...symbols, ...fork, ...threads, ...exit, ...stdio, ...image];
