// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/rows.hpp>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace leanworker::internal {

/// A port whose rows are fetched by a thread. Bounded by the request's credit: what lies in here is charged to it. Safe from any thread.
class row_queue : public row_port {
public:
  using clock = std::chrono::steady_clock;
  enum class next_is : std::uint8_t { slice, end, nothing };

  using row_port::row_port;

  void take(row_slice slice) override {
    {
      std::lock_guard lock{mutex_};
      if (abandoned_)
        return;
      slices_.push_back(std::move(slice));
    }
    changed_.notify_one();
  }
  void closed(rows_summary summary) override {
    std::lock_guard lock{mutex_};
    summary_ = std::move(summary);
  }
  /// The request has its outcome: nothing that matters comes any more.
  void end() {
    {
      std::lock_guard lock{mutex_};
      if (!std::exchange(ended_, true))
        ended_at_ = clock::now();
    }
    changed_.notify_one();
  }
  /// Nobody will fetch what is in here or comes.
  void abandon() {
    std::deque<row_slice> dropped; // their credit goes back without the lock
    std::lock_guard lock{mutex_};
    abandoned_ = true;
    dropped.swap(slices_);
  }
  /// `end` only after all that came before it was fetched; `nothing` when the bound is over.
  next_is next(row_slice& out, clock::time_point bound) {
    std::unique_lock lock{mutex_};
    if (!changed_.wait_until(lock, bound, [this] { return !slices_.empty() || ended_; }))
      return next_is::nothing;
    if (slices_.empty())
      return next_is::end;
    out = std::move(slices_.front());
    slices_.pop_front();
    return next_is::slice;
  }
  /// When the outcome came.
  std::optional<clock::time_point> ended_at() const {
    std::lock_guard lock{mutex_};
    return ended_ ? std::optional{ended_at_} : std::nullopt;
  }
  /// What the link said last; where it said nothing, what is known without it.
  rows_summary summary() const {
    std::lock_guard lock{mutex_};
    if (summary_)
      return *summary_;
    rows_summary known;
    known.rows = delivered();
    return known;
  }

private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<row_slice> slices_;
  std::optional<rows_summary> summary_;
  clock::time_point ended_at_{};
  bool ended_ = false;
  bool abandoned_ = false;
};

} // namespace leanworker::internal
