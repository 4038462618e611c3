// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/config/quarantine_config.hpp>
#include <leanworker/messages/pool.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace leanworker::internal {

/// Remembers which requests killed children. One that killed `deaths_max` different ones is quarantined for a time. Pure: time is an argument.
class quarantine {
public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit quarantine(quarantine_config config) : config_{config} {}

  /// A child died under this request. True when that was one too many: when at least one of them had run nothing before.
  bool killed(std::uint64_t fingerprint, std::uint32_t slot, const child_down& down, time_point now);
  /// It succeeded: its deaths so far were not its fault.
  void absolve(std::uint64_t fingerprint);
  /// Its history while it is quarantined.
  std::optional<quarantine_entry> find(std::uint64_t fingerprint, time_point now) const;
  std::vector<quarantine_entry> list(time_point now) const;
  /// Forgets one, or all where the fingerprint is 0. False when there was none.
  bool release(std::uint64_t fingerprint);
  std::size_t size() const noexcept { return records_.size(); }

private:
  struct record {
    std::set<std::pair<std::uint32_t, std::uint64_t>> children; ///< (slot, generation) that died.
    std::vector<child_down> deaths;
    bool alone = false; ///< One of them had run nothing before.
    time_point last{};
    time_point until{}; ///< Of the quarantine; the epoch: only a suspect.
  };
  static bool locked(const record& which, time_point now) { return which.until > now; }
  bool lapsed(const record& which, time_point now) const;
  void make_room(time_point now);

  quarantine_config config_;
  std::map<std::uint64_t, record> records_;
};

} // namespace leanworker::internal
