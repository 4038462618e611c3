// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/supervision.hpp>

#include <chrono>

namespace leanworker {

/// How a supervisor restarts. Intensity and period are OTP's: `intensity` restarts within `period` are borne, one more makes the supervisor give up. Defaults as in OTP
/// 25 (1 in 5 s); the back-off is ours.
struct supervision_config {
  supervision_strategy strategy = supervision_strategy::one_for_one;
  unsigned intensity = 1;
  std::chrono::milliseconds period{5'000};
  /// Delay of the first restart of a child in a row of failures; each further one multiplies it by `backoff_factor`, up to `backoff_max`. 0: at once, as in OTP.
  std::chrono::milliseconds backoff_initial{0};
  double backoff_factor = 2.0;
  std::chrono::milliseconds backoff_max{30'000};
  double jitter = 0.2; ///< Each delay is multiplied by a random number from 1 - jitter to 1 + jitter.
  std::chrono::milliseconds stable_after{10'000}; ///< A child that lived this long begins a new row.
  /// How long a child may outlive `kill` before it is abandoned with `shutdown_timeout`. It cannot refuse, but it may be busy.
  std::chrono::milliseconds abandon_after{5'000};
};

} // namespace leanworker
