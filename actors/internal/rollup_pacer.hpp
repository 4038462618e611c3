// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>

namespace leanworker::internal {

/// Decides which looks at memory may be dear ones. The kernel sums PSS up over all pages of a process, which takes about 1 ms per 100 MB: at a fixed rhythm, many large
/// children would cost more than measuring is worth. So dear looks share a purse of processor time: it fills with a share of the time that passes, a dear look takes from
/// it what it really cost, and there is none while it is empty.
class rollup_pacer {
public:
  using duration = std::chrono::nanoseconds;

  /// `share` of one core, 0…1; `rollup_every`: no child has a dear look more often than at each so many looks.
  explicit rollup_pacer(double share = share_default, unsigned rollup_every = 5) noexcept : share_{share}, every_{std::max(1u, rollup_every)} {}

  /// Half of what the monitor may take altogether (1 % of a core); the rest is for the cheap looks.
  static constexpr double share_default = 0.005;

  void passed(duration time) noexcept {
    auto grown = left_ + duration{static_cast<duration::rep>(share_ * static_cast<double>(time.count()))};
    left_ = std::min(grown, purse_max);
  }
  /// `looks_since`: cheap looks at this child since its last dear one. A child that never had one is always due, and is not made to wait.
  bool due(unsigned looks_since, bool never) const noexcept { return never || (looks_since >= every_ && left_.count() > 0); }
  void spent(duration time) noexcept { left_ -= time; }

private:
  /// What an idle time may save up: one dear look at a child of some gigabytes.
  static constexpr duration purse_max = std::chrono::milliseconds{30};
  double share_;
  unsigned every_;
  duration left_ = std::chrono::milliseconds{5};
};

} // namespace leanworker::internal
