// SPDX-License-Identifier: Apache-2.0
// An echo request through a worker thread: requests_worker_threads.mjs REQUESTS WARM_UP REQUEST. Prints one JSON line.
import { isMainThread } from "node:worker_threads";
import { fileURLToPath } from "node:url";
import { serve_tasks, worker_pool } from "./worker_pool.mjs";

/// The same quantile as in quantiles.hpp.
const at = (ordered, share) => ordered[Math.min(ordered.length - 1, Math.floor(share * ordered.length))];

async function measure(requests, warm_up, request) {
  const pool = new worker_pool(fileURLToPath(import.meta.url));
  const times = [];
  for (let i = 0; i < warm_up + requests; ++i) {
    const begin = process.hrtime.bigint();
    const answer = await pool.run(request);
    if (i >= warm_up) times.push(Number(process.hrtime.bigint() - begin) / 1e3);
    if (answer !== request.value) throw new Error("the echo is not what was sent");
  }
  await pool.end();
  const seconds = times.reduce((sum, time) => sum + time, 0) / 1e6;
  times.sort((one, other) => one - other);
  console.log(JSON.stringify({ requests: times.length, seconds, p50_us: at(times, 0.5), p99_us: at(times, 0.99) }));
}

if (isMainThread) await measure(Number(process.argv[2]), Number(process.argv[3]), JSON.parse(process.argv[4]));
else serve_tasks((request) => request.value);
