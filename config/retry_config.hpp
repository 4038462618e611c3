// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace leanworker {

/// When a request whose child died is tried again: only if its caller calls it idempotent, and only as long as there are tokens.
struct retry_config {
  unsigned attempts_max = 2;      ///< The first one included. 1: never again.
  double tokens_max = 10;         ///< A retry takes a token; this many are there at the beginning, and at most.
  double tokens_per_second = 1;   ///< That come back.
};

} // namespace leanworker
