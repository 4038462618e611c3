// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>

namespace leanworker {

/// What is done about a request that kills the children that run it.
struct quarantine_config {
  unsigned deaths_max = 2; ///< Children that it may kill; with the last one it is refused (`quarantined`) for `time`. At least 1.
  std::chrono::milliseconds time{600'000};
  std::chrono::milliseconds suspicion{3'600'000}; ///< A death longer ago does not count any more.
  std::size_t entries_max = 1024; ///< Suspects and quarantined together; beyond that the oldest suspect is forgotten.
};

} // namespace leanworker
