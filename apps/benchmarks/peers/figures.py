# SPDX-License-Identifier: Apache-2.0
"""What a peer prints: one JSON line."""
import json


def at(ordered, share):
    """The same quantile as in quantiles.hpp."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def tell_requests(times):
    """Seconds of each request."""
    ordered = sorted(times)
    print(json.dumps({"requests": len(ordered), "seconds": sum(ordered), "p50_us": at(ordered, 0.5) * 1e6, "p99_us": at(ordered, 0.99) * 1e6}))


def tell_rows(rows, times):
    """Seconds of each repetition; the fastest is told, as of our own."""
    print(json.dumps({"rows": rows, "seconds": min(times)}))
