// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace leanworker {

/// When a generation is replaced as planned. 0 means never. Looked at in this order, at one point: just before a child is given work. Only idleness has a timer.
struct cycle_config {
  std::uint64_t requests_max = 0;   ///< Requests of users; our own do not count.
  std::uint64_t imports_max = 12;   ///< Memory taken by an import never returns.
  std::chrono::milliseconds age_max{0};
  std::uint64_t rss_bytes_max = 0;  ///< By the last sample.
  /// Private memory over what the generation took when it was warm and idle for the first time; in two samples in a row, because a single one may be taken in the middle of
  /// work (loky's second look).
  std::uint64_t growth_bytes_max = 0;
  std::chrono::milliseconds idle{0}; ///< A child that is idle for so long is ended; the next one is started on demand.
  /// The limits of requests, imports and age are multiplied by a random number from 1 - jitter to 1, drawn once per generation, so that workers that started together are
  /// not replaced together.
  double jitter = 0.1;

  /// Two limits for those who want none of the rest.
  static cycle_config memory_bounded(std::uint64_t imports, std::uint64_t rss_bytes) {
    cycle_config config;
    config.imports_max = imports;
    config.rss_bytes_max = rss_bytes;
    return config;
  }
};

} // namespace leanworker
