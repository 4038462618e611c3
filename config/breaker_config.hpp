// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace leanworker {

/// When a kind of child that cannot be started is left alone for a while.
struct breaker_config {
  unsigned failures_max = 5; ///< Failed starts in a row, over all workers of the kind, before the circuit opens.
  /// How long it stays open the first time; each further time in a row is longer by `open_factor`, up to `open_max`.
  std::chrono::milliseconds open_initial{1'000};
  double open_factor = 2.0;
  std::chrono::milliseconds open_max{60'000};
  double jitter = 0.2; ///< Each time is multiplied by a random number from 1 - jitter to 1 + jitter.
};

} // namespace leanworker
