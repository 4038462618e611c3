# SPDX-License-Identifier: Apache-2.0
"""An echo request through multiprocessing.Pool(1).apply: requests_pool.py REQUESTS WARM_UP REQUEST. Prints one JSON line."""
import json
import multiprocessing
import sys
import time

from figures import tell_requests


def echo(request):
    return request["value"]


def measure(requests, warm_up, request):
    times = []
    with multiprocessing.Pool(1) as pool:
        for i in range(warm_up + requests):
            begin = time.perf_counter()
            answer = pool.apply(echo, (request,))
            if i >= warm_up:
                times.append(time.perf_counter() - begin)
            if answer != request["value"]:
                sys.exit("the echo is not what was sent")
    tell_requests(times)


if __name__ == "__main__":
    measure(int(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3]))
