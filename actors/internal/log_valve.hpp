// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

namespace leanworker::internal {

/// Decides which log lines and diagnostics of a child are passed on where nobody asked for them: a burst, then a steady rate; the others are counted, and the next line that
/// passes tells how many.
class log_valve {
public:
  using time_point = std::chrono::steady_clock::time_point;
  static constexpr double burst_lines = 200;
  static constexpr double lines_per_second = 100;

  bool passes(time_point now) noexcept {
    if (last_ != time_point{})
      lines_ = std::min(burst_lines, lines_ + lines_per_second * std::chrono::duration<double>(now - last_).count());
    last_ = now;
    if (lines_ < 1) {
      ++dropped_;
      return false;
    }
    lines_ -= 1;
    return true;
  }
  /// Lines dropped since it was last asked.
  std::uint64_t take_dropped() noexcept { return std::exchange(dropped_, 0); }

private:
  double lines_ = burst_lines;
  time_point last_{};
  std::uint64_t dropped_ = 0;
};

} // namespace leanworker::internal
