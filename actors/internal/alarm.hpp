// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <vector>

namespace leanworker::internal {

/// The one timer of an actor, kept with as few wake-ups in the clock as will do. CAF's clock takes no message back: a wake-up for each deadline of 10 min would leave
/// as many in memory as there were requests in 10 min. Here a later deadline uses a wake-up that is on its way, and has the next one sent when that comes.
class alarm {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Rings at `when` instead of what was wanted before. True: send a wake-up that comes at `when` or as soon after as can be, never before.
  [[nodiscard]] bool set(time_point when) {
    wanted_ = when;
    if (!on_their_way_.empty() && on_their_way_.back() <= when)
      return false;
    on_their_way_.push_back(when);
    return true;
  }
  void clear() noexcept { wanted_ = never; }
  /// What is wanted; `never` if nothing is.
  time_point wanted() const noexcept { return wanted_; }

  struct woken {
    bool rings = false;        ///< It is time. Nothing is wanted any more.
    time_point again = never;  ///< If not `never`: send another wake-up, for then.
  };
  /// A wake-up came.
  [[nodiscard]] woken wake(time_point now) {
    if (!on_their_way_.empty())
      on_their_way_.pop_back(); // the earliest
    if (wanted_ == never)
      return {};
    if (wanted_ <= now) {
      clear();
      return {true, never};
    }
    return {false, set(wanted_) ? wanted_ : never};
  }
  std::size_t on_their_way() const noexcept { return on_their_way_.size(); }

  static constexpr time_point never = time_point::max();

private:
  time_point wanted_ = never;
  std::vector<time_point> on_their_way_; ///< Each earlier than the one before it: no other is ever sent.
};

} // namespace leanworker::internal
