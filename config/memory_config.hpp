// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace leanworker {

/// How much memory the children of a pool may take together, and what happens on the way there.
struct memory_config {
  std::uint64_t budget_bytes = 0; ///< For all children. 0: no budget.
  /// With a budget of 0: this share of the control group's limit, or of the machine where there is none, is the budget. 0: none at all. 0…1.
  double budget_share = 0;
  /// Shares of the budget, after Dask's and Ray's: above the first no further child is started, above the second an idle child, or the one used least recently, is ended as
  /// planned, above the third one is killed.
  double pause_at = 0.80;
  double doom_at = 0.90;
  double kill_at = 0.95;
  /// Of one child, at any time: one that outgrows it is killed, and its request ends with `memory_limit`. 0: none.
  std::uint64_t worker_bytes_max = 0;
  /// Counted for a child of a kind that has never been measured.
  std::uint64_t reservation_bytes = 0;
  std::chrono::milliseconds sample_every{1'000}; ///< The monitor's period.
  unsigned rollup_every = 5; ///< PSS and private memory are read at each so many looks; they cost milliseconds for a child of a gigabyte.
};

} // namespace leanworker
