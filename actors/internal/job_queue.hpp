// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/pool.hpp>

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace leanworker::internal {

/// One submission on its way through the pool.
struct job {
  submit_request request;
  std::vector<child_down> deaths; ///< The children that died under it.
  unsigned overtaken = 0;         ///< How often a later one was taken first.
};

/// A bounded queue, first in first out but for a bounded preference: a worker that has a session for a later job's key may take that one, as
/// long as no earlier job was overtaken `overtaken_max` times. Pure.
class job_queue {
public:
  job_queue(std::size_t size_max, unsigned overtaken_max) : size_max_{size_max}, overtaken_max_{overtaken_max} {}

  /// False when the queue is full.
  bool push(job entry);
  /// Back to the head: a job whose worker died keeps its turn, and needs no room of its own.
  void push_back_first(job entry) { jobs_.push_front(std::move(entry)); }
  /// The next job for a worker with sessions for `known_keys`.
  std::optional<job> take(const std::set<std::string>& known_keys);
  std::optional<job> remove(ticket id);
  std::deque<job> take_all() { return std::exchange(jobs_, {}); }

  std::size_t size() const noexcept { return jobs_.size(); }
  bool empty() const noexcept { return jobs_.empty(); }

private:
  std::size_t size_max_;
  unsigned overtaken_max_;
  std::deque<job> jobs_;
};

} // namespace leanworker::internal
