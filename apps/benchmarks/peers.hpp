// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "row_child.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace leanworker::bench {

/// How others do the same work: a script in apps/benchmarks/peers, written as its users would write it, that measures itself and prints one JSON
/// line. Python's standard library and Node's own modules only.
struct peer {
  std::string what;
  std::string program; ///< Found in PATH.
  std::string script;
  std::vector<std::string> arguments;
};

struct peer_figures {
  std::uint64_t count = 0; ///< Rows or requests.
  double seconds = 0;
  double p50_us = 0; ///< Of requests.
  double p99_us = 0;
  std::string not_measured; ///< Why; empty when it was measured.
  bool failed = false;      ///< It was not measured although its program is there: too slow, or broken.
  bool measured() const noexcept { return not_measured.empty(); }
};

/// Runs one, at most a minute. Nothing is thrown.
peer_figures run_peer(const peer& one);

/// Rows from one child to one consumer, each of them parsed; the fastest of `repeat`.
std::vector<peer> row_peers(const row_order& order, int repeat);

/// One request after the other by one caller, on a child or thread that is warm: `warm_up` requests come before those that count.
std::vector<peer> request_peers(int requests, int warm_up, const std::string& body);

class figures_of_rows;

/// Our own rows per second, in the same run.
struct own_rates {
  double counted = 0;
  double parsed = 0;
};

/// Runs those for rows, prints each and how many times as fast ours are. False when one failed.
bool add_row_peers(figures_of_rows& table, const row_order& order, int repeat, const own_rates& ours);

} // namespace leanworker::bench
