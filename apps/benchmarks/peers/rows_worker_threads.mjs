// SPDX-License-Identifier: Apache-2.0
// Rows from a worker thread, which parses them and posts batches of objects: rows_worker_threads.mjs ROWS REPEAT ROW. Prints one JSON line.
import { isMainThread } from "node:worker_threads";
import { fileURLToPath } from "node:url";
import { serve_tasks, task_data, worker_pool } from "./worker_pool.mjs";

const batch_rows = 1000;
const batches_asked_max = 4; // so that the worker need not wait for the main thread

async function receive(pool, rows, expected) {
  const begin = process.hrtime.bigint();
  let count = 0;
  const asked = [];
  for (let left = rows; left > 0 || asked.length > 0; ) {
    for (; left > 0 && asked.length < batches_asked_max; left -= Math.min(left, batch_rows)) asked.push(pool.run(Math.min(left, batch_rows)));
    const batch = await asked.shift();
    count += batch.length;
    if (batch[0].type !== expected.type) throw new Error("a row is not what was to be made");
  }
  if (count !== rows) throw new Error("rows were lost");
  return Number(process.hrtime.bigint() - begin) / 1e9;
}

async function measure(rows, repeat, text) {
  const pool = new worker_pool(fileURLToPath(import.meta.url), text);
  const expected = JSON.parse(text);
  await receive(pool, 1, expected);
  let seconds = Infinity; // the fastest is told, as of our own
  for (let i = 0; i < repeat; ++i) seconds = Math.min(seconds, await receive(pool, rows, expected));
  await pool.end();
  console.log(JSON.stringify({ rows, seconds }));
}

function serve() {
  const text = task_data();
  serve_tasks((rows) => Array.from({ length: rows }, () => JSON.parse(text)));
}

if (isMainThread) await measure(Number(process.argv[2]), Number(process.argv[3]), process.argv[4]);
else serve();
