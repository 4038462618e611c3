// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/config/breaker_config.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

namespace leanworker::internal {

enum class breaker_state : std::uint8_t {
  closed,    ///< Children are started as wanted.
  open,      ///< None is started.
  half_open, ///< One is, to see whether it can be.
};
constexpr std::string_view to_string(breaker_state state) noexcept {
  return state == breaker_state::closed ? "closed" : state == breaker_state::open ? "open" : "half_open";
}

/// One circuit breaker per kind of child (Nygard, Release It!). Pure: time and dice are arguments. Knows at most `breakers_max` kinds with failures; beyond that the one that
/// failed longest ago is forgotten.
class circuit_breakers {
public:
  using time_point = std::chrono::steady_clock::time_point;
  static constexpr std::size_t breakers_max = 1024;

  struct entry {
    std::uint64_t key = 0;
    breaker_state state = breaker_state::closed;
    unsigned failures = 0;
    std::chrono::milliseconds retry_after{0};
  };

  explicit circuit_breakers(breaker_config config) : config_{config} {}

  /// Whether a child may be started now. In `half_open` a yes is for one probe only: until its success or failure, or `probe_guard`, the answer is no.
  bool admit(std::uint64_t key, time_point now);
  /// A child became ready. True when that closed an open circuit.
  bool success(std::uint64_t key);
  /// A start failed. `random` lies in [0, 1).
  void failure(std::uint64_t key, time_point now, double random);
  /// Opens the circuit whatever the count.
  void trip(std::uint64_t key, time_point now, double random);

  breaker_state state(std::uint64_t key, time_point now) const;
  /// Until a probe is admitted; 0 when that is now.
  std::chrono::milliseconds retry_after(std::uint64_t key, time_point now) const;
  /// Those that are not closed.
  std::vector<entry> list(time_point now) const;

private:
  struct circuit {
    unsigned failures = 0;      ///< In a row.
    unsigned times_open = 0;    ///< In a row.
    bool open = false;
    bool probing = false;
    time_point until{};         ///< Of being open; of the probe's time.
    time_point last_failure{};
  };
  /// A probe of which nothing is heard for so long does not keep the circuit shut for ever.
  static constexpr std::chrono::seconds probe_guard{120};

  void open(circuit& which, time_point now, double random);
  circuit& known(std::uint64_t key, time_point now);

  breaker_config config_;
  std::map<std::uint64_t, circuit> circuits_;
};

} // namespace leanworker::internal
