// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace leanworker {

/// How a child is brought to its end. A stronger mode may follow a weaker one, never the other way round.
enum class stop_mode : std::uint8_t {
  polite, ///< `terminate` and end of file on its descriptor 0, then SIGTERM, then SIGKILL.
  firm,   ///< SIGTERM, then SIGKILL: for a child that hangs.
  hard,   ///< SIGKILL at once: for a child that broke the protocol.
};

/// How long each rung may take before the next.
struct stop_ladder_times {
  std::chrono::milliseconds polite{1000}; ///< The protocol gives a child one second to leave.
  std::chrono::milliseconds firm{200};    ///< Measured: a Lean host dies 60 to 120 ms after SIGTERM.
};

namespace internal {

enum class stop_action : std::uint8_t { say_terminate, signal_term, signal_kill };

struct stop_rung {
  stop_action action;
  std::chrono::milliseconds patience; ///< Until the next rung; 0 on the last one.
};

/// The one kill ladder: what to do at rung `index` (from 0) of `mode`. Beyond the last rung it stays at SIGKILL.
constexpr stop_rung stop_rung_at(stop_mode mode, unsigned index, const stop_ladder_times& times) noexcept {
  const auto rung = index + static_cast<unsigned>(mode);
  if (rung == 0)
    return {stop_action::say_terminate, times.polite};
  if (rung == 1)
    return {stop_action::signal_term, times.firm};
  return {stop_action::signal_kill, std::chrono::milliseconds{0}};
}

} // namespace internal
} // namespace leanworker
