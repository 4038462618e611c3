# SPDX-License-Identifier: Apache-2.0
"""An echo request through asyncio and a child that speaks JSON Lines: requests_asyncio.py REQUESTS WARM_UP REQUEST. Prints one JSON line."""
import asyncio
import json
import sys
import time

from figures import tell_requests


def serve():
    for line in sys.stdin.buffer:
        request = json.loads(line)
        sys.stdout.buffer.write(json.dumps(request["value"]).encode() + b"\n")
        sys.stdout.buffer.flush()


async def call(child, request):
    child.stdin.write(json.dumps(request).encode() + b"\n")
    await child.stdin.drain()
    return json.loads(await child.stdout.readline())


async def measure(requests, warm_up, request):
    child = await asyncio.create_subprocess_exec(sys.executable, __file__, "--serve", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    times = []
    for i in range(warm_up + requests):
        begin = time.perf_counter()
        answer = await call(child, request)
        if i >= warm_up:
            times.append(time.perf_counter() - begin)
        if answer != request["value"]:
            sys.exit("the echo is not what was sent")
    child.stdin.close()
    await child.wait()
    tell_requests(times)


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve()
    else:
        asyncio.run(measure(int(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])))
