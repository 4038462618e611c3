// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/internal/fair_queue.hpp>
#include <leanworker/actors/internal/pool_types.hpp>

#include <map>
#include <vector>

namespace leanworker::internal {

/// One fair queue per kind of child. Only requests for the same kind compete for the same children, so a long line for one kind costs the others nothing. The bound is on
/// all of them together.
class waiting_lines {
public:
  struct line {
    key_ptr key; ///< Of the one that opened it; stands for the kind.
    fair_queue queue;
    std::uint64_t first = 0; ///< Number of the job that opened it: lines are provided for in this order.
    time_point unserved_since{}; ///< While its kind has no child: since when.
    unsigned passed = 0;         ///< How often other kinds were served meanwhile.
  };

  explicit waiting_lines(fair_queue_config config) : config_{config} {}

  /// False when there are `size_max` in all lines together.
  bool push(const key_ptr& key, const waiter& entry);
  void push_back_first(const key_ptr& key, const waiter& entry);
  void remove(std::uint64_t bind, std::uint64_t id);

  std::size_t size() const noexcept { return size_; }
  std::map<std::uint64_t, line>& lines() noexcept { return lines_; }
  const std::map<std::uint64_t, line>& lines() const noexcept { return lines_; }

  std::vector<std::uint64_t> expired(time_point now) const;
  std::optional<time_point> next_deadline() const;
  /// In its own line.
  std::optional<std::size_t> position(time_point now, std::uint64_t bind, std::uint64_t id);
  std::array<std::size_t, priority_count> depth(time_point now) const;
  std::array<std::chrono::nanoseconds, priority_count> oldest_wait(time_point now) const;

private:
  line& open(const key_ptr& key, const waiter& first);

  fair_queue_config config_;
  std::map<std::uint64_t, line> lines_; ///< By `bind`; an empty line is closed.
  std::size_t size_ = 0;
};

} // namespace leanworker::internal
