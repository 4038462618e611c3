// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

namespace leanworker {

/// Where a pool's events are written, one JSON object per line.
struct event_log_config {
  std::string path;                       ///< The newest file; older ones have .1, .2 … before their ending.
  std::size_t bytes_max = 16u << 20;      ///< Of one file; then it is set aside.
  std::size_t files_max = 4;              ///< Kept besides the newest.
  std::chrono::milliseconds flush_every{1'000};
  /// Called once, with the reason, when the file cannot be written any more; by a thread of the log's own. What happens goes on without it.
  std::function<void(const std::string&)> failed{};
};

} // namespace leanworker
