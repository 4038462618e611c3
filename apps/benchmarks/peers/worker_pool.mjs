// SPDX-License-Identifier: Apache-2.0
// One worker thread in the manner of piscina (https://github.com/piscinajs/piscina), without its queue and options: tasks and results go over
// a message port of their own, and an idle worker waits on a shared counter, which wakes it sooner than an event would.
import { MessageChannel, Worker, receiveMessageOnPort, workerData } from "node:worker_threads";

export class worker_pool {
  #pending = new Map();
  #next = 0;
  #posted = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  #worker;
  #port;

  /// `file` calls `serve_tasks`, and finds `data` in `task_data()`.
  constructor(file, data = null) {
    const { port1, port2 } = new MessageChannel();
    this.#worker = new Worker(file, { workerData: { port: port2, posted: this.#posted, data }, transferList: [port2] });
    this.#port = port1;
    this.#port.on("message", ({ id, result }) => {
      const resolve = this.#pending.get(id);
      this.#pending.delete(id);
      resolve(result);
    });
  }

  run(task) {
    return new Promise((resolve) => {
      const id = this.#next++;
      this.#pending.set(id, resolve);
      this.#port.postMessage({ id, task });
      Atomics.add(this.#posted, 0, 1);
      Atomics.notify(this.#posted, 0, 1);
    });
  }

  async end() {
    await this.#worker.terminate();
    this.#port.close();
  }
}

export const task_data = () => workerData.data;

/// The worker's whole life. The count is read before the port, so that no task is slept over.
export function serve_tasks(handle) {
  const { port, posted } = workerData;
  for (let seen = 0; ; ) {
    Atomics.wait(posted, 0, seen);
    seen = Atomics.load(posted, 0);
    for (let entry; (entry = receiveMessageOnPort(port)) !== undefined; ) {
      const { id, task } = entry.message;
      port.postMessage({ id, result: handle(task) });
    }
  }
}
