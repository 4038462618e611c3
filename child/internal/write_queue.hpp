// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>

namespace leanworker::internal {

/// Frames on their way into a pipe that may be full. Never blocks.
class write_queue {
public:
  using time_point = std::chrono::steady_clock::time_point;
  enum class progress { done, blocked, broken };

  void push(std::string bytes, time_point deadline) {
    unsent_ += bytes.size();
    entries_.push_back({std::move(bytes), deadline});
  }
  /// Writes what fits. `broken`: nobody reads any more; the queue is empty then.
  progress flush(int fd);

  bool empty() const noexcept { return entries_.empty(); }
  std::size_t unsent_bytes() const noexcept { return unsent_; }
  /// When the oldest entry must be gone; `max()` when empty.
  time_point deadline() const noexcept { return entries_.empty() ? time_point::max() : entries_.front().deadline; }
  void clear() noexcept {
    entries_.clear();
    unsent_ = written_ = 0;
  }

private:
  struct entry {
    std::string bytes;
    time_point deadline;
  };
  std::deque<entry> entries_;
  std::size_t written_ = 0; ///< Of the oldest entry.
  std::size_t unsent_ = 0;
};

} // namespace leanworker::internal
