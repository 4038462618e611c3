// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/config/worker_config.hpp>
#include <leanworker/messages/errc.hpp>

#include <chrono>
#include <deque>

namespace leanworker::internal {

/// Answers one question after each unplanned end: start the next generation, and when? Knows no clock and no dice; both are arguments.
class restart_window {
public:
  using time_point = std::chrono::steady_clock::time_point;

  struct decision {
    errc give_up = errc::none;          ///< `restart_limit` or `start_limit`; then there is no delay.
    std::chrono::milliseconds delay{0}; ///< Until the next generation.
    friend bool operator==(const decision&, const decision&) = default;
  };

  explicit restart_window(restart_policy policy) : policy_{policy} {}

  /// A generation failed. `became_ready`: its handshake was complete. `random` lies in [0, 1). `under_request`: it ran a request, which is the likely
  /// cause: that counts for the intensity, but brings no delay and lengthens no row, or a few bad requests would make all others wait.
  decision failed(time_point now, bool became_ready, std::chrono::milliseconds uptime, double random, bool under_request = false);

private:
  restart_policy policy_;
  std::deque<time_point> failures_; ///< Within the period, oldest first; never longer than restarts_max + 1.
  unsigned in_a_row_ = 0;
  unsigned failed_starts_ = 0;
};

} // namespace leanworker::internal
