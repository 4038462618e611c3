# SPDX-License-Identifier: Apache-2.0
"""Rows from one worker of multiprocessing.Pool through imap_unordered: rows_pool.py ROWS REPEAT ROW. Prints one JSON line."""
import json
import multiprocessing
import sys
import time

from figures import tell_rows

CHUNK_ROWS = 1000
template = None


def start(row):
    global template
    template = row


def make_row(_):
    row = dict(template)
    row["type"] = template["type"][:-1] + "x"  # a new text each time: pickle writes one that it has met only once
    return row


def receive(pool, rows, expected):
    begin = time.perf_counter()
    count = 0
    row = None
    for row in pool.imap_unordered(make_row, range(rows), chunksize=CHUNK_ROWS):
        count += 1
    seconds = time.perf_counter() - begin
    if count != rows or row != expected:
        sys.exit("rows were lost, or are not what was to be made")
    return seconds


def measure(rows, repeat, row):
    with multiprocessing.Pool(1, start, (row,)) as pool:
        receive(pool, 1, row)
        times = [receive(pool, rows, row) for _ in range(repeat)]
    tell_rows(rows, times)


if __name__ == "__main__":
    measure(int(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3]))
