// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/config/cycle_config.hpp>
#include <leanworker/messages/memory.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace leanworker::internal {

/// `asked_by_child`: it says that it must not be given anything more. `isolation`: every request gets a child of its own, or this one must.
enum class cycle_kind : std::uint8_t { asked, requests, imports, age, rss, growth, idle, memory, asked_by_child, isolation };
std::string_view to_string(cycle_kind kind) noexcept;

/// Why a generation is to be replaced, with the numbers that decided.
struct cycle_reason {
  cycle_kind kind = cycle_kind::asked;
  std::int64_t amount = 0; ///< Requests, imports, milliseconds or bytes.
  std::int64_t bound = 0;

  static cycle_reason asked() { return {}; }
  /// Whether the child may be given nothing more, not even while its replacement starts, or where none can be started.
  bool strict() const noexcept { return kind == cycle_kind::asked_by_child || kind == cycle_kind::isolation; }
  std::int64_t value() const noexcept { return amount; }
  std::int64_t limit() const noexcept { return bound; }
  /// For people: "requests: 100 of 100", "rss: 900 of 800 MiB".
  std::string text() const;
  friend bool operator==(const cycle_reason&, const cycle_reason&) = default;
};

/// What the policy knows of a running generation. Only what users asked for counts; a warm-up or a health check of our own does not.
struct cycle_facts {
  using time_point = std::chrono::steady_clock::time_point;

  double jitter = 0; ///< Drawn once per generation, in [0, 1).
  time_point began{};
  std::uint64_t requests = 0;
  std::uint64_t imports = 0;
  measured_bytes rss;
  measured_bytes private_dirty;
  measured_bytes rss_baseline;     ///< Warm and idle for the first time.
  measured_bytes private_baseline;
  measured_bytes rss_least;        ///< After its first work, also in the middle of work.
  measured_bytes rss_floor;        ///< Likewise, of all earlier generations in its place. The lesser of both is the baseline of one that is never seen at rest.
  unsigned growth_seen = 0;        ///< Samples in a row above the growth limit.
  std::chrono::milliseconds last_rollup{-1}; ///< When the private memory was last read.
};

struct cycle_verdict {
  std::optional<cycle_reason> reason;
  std::string diagnosis; ///< A limit that cannot be kept, and why it is not acted on. Empty: none.
};

/// Whether this generation may be given more work. In this order: requests, imports, age, rss, growth. What is unavailable is no reason.
cycle_verdict cycle_due(const cycle_config& config, const cycle_facts& facts, cycle_facts::time_point now);

/// Whether it has been idle for too long.
std::optional<cycle_reason> idle_due(const cycle_config& config, cycle_facts::time_point idle_since, cycle_facts::time_point now);

/// The floor for the generation that follows this one.
measured_bytes next_floor(const cycle_facts& facts) noexcept;

/// Takes a sample in. `idle`: the child has nothing to do just now.
void take_sample(const cycle_config& config, cycle_facts& facts, const memory_sample& sample, bool idle);

} // namespace leanworker::internal
