# SPDX-License-Identifier: Apache-2.0
"""Rows from a child that writes JSON Lines, read with asyncio: rows_asyncio.py ROWS REPEAT ROW CHILD [ARGUMENT...].
The child writes as many lines as each line of its input says. Prints one JSON line."""
import asyncio
import json
import sys
import time

from figures import tell_rows


async def receive(child, rows, expected):
    begin = time.perf_counter()
    child.stdin.write(b"%d\n" % rows)
    row = None
    for _ in range(rows):
        row = json.loads(await child.stdout.readline())
    seconds = time.perf_counter() - begin
    if row != expected:
        sys.exit("the last row is not what the child was to write")
    return seconds


async def measure(rows, repeat, row, command):
    child = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 20)
    await receive(child, 1, row)
    times = [await receive(child, rows, row) for _ in range(repeat)]
    child.stdin.close()
    await child.wait()
    tell_rows(rows, times)


if __name__ == "__main__":
    asyncio.run(measure(int(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3]), sys.argv[4:]))
