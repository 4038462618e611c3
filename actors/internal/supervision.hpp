// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/config/supervision_config.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace leanworker::internal {

/// What a supervisor knows of a child besides how to start it.
struct supervised {
  std::string id;
  restart_type restart = restart_type::permanent;
  child_kind kind = child_kind::worker;
  std::chrono::milliseconds shutdown{5'000};
};

/// What the supervision wants done, in order.
namespace supervise {
struct start { ///< Answer with `started` or `start_failed` at once.
  std::string id;
  std::uint64_t incarnation;
  friend bool operator==(const start&, const start&) = default;
};
struct stop { ///< Tell it to end.
  std::string id;
  friend bool operator==(const stop&, const stop&) = default;
};
struct kill {
  std::string id;
  friend bool operator==(const kill&, const kill&) = default;
};
struct abandon { ///< It outlived the kill: listen to it no more, and let nobody talk to it.
  std::string id;
  friend bool operator==(const abandon&, const abandon&) = default;
};
struct forget { ///< Nothing will be asked about this child any more.
  std::string id;
  friend bool operator==(const forget&, const forget&) = default;
};
struct tell {
  child_event event;
  friend bool operator==(const tell&, const tell&) = default;
};
struct arm { ///< Set the only timer; an earlier one becomes stale.
  std::uint64_t epoch;
  std::chrono::milliseconds after;
  friend bool operator==(const arm&, const arm&) = default;
};
struct finish { ///< All children have ended: end with this reason. Once only, and the last effect of all.
  failure_reason reason;
  friend bool operator==(const finish&, const finish&) = default;
};
} // namespace supervise

using supervise_effect
  = std::variant<supervise::start, supervise::stop, supervise::kill, supervise::abandon, supervise::forget, supervise::tell, supervise::arm, supervise::finish>;
using supervise_effects = std::vector<supervise_effect>;

/// Every decision of a supervisor: events in, effects out; time and dice are arguments. Children are stopped one at a time, in the reverse order of their start, and started in
/// that order. Effects `start` are followed by `started` or `start_failed` before any other event.
class supervision {
public:
  using time_point = std::chrono::steady_clock::time_point;

  supervision(std::string name, supervision_config config, std::function<double()> random)
      : name_{std::move(name)}, config_{config}, random_{std::move(random)} {}

  /// Without an id, or with the id of another child, none is started: it finishes at once, with `invalid_argument` or `already_exists`.
  supervise_effects begin(std::vector<supervised> children, time_point now);
  supervise_effects started(const std::string& id, time_point now);
  supervise_effects start_failed(const std::string& id, failure_reason reason, time_point now);
  /// `reason.code` is `none` for a normal end.
  supervise_effects ended(const std::string& id, std::uint64_t incarnation, failure_reason reason, time_point now);
  supervise_effects add(supervised child, time_point now);
  /// Precondition of both: `knows(id)`. A temporary child is never restarted, not by an order either.
  supervise_effects remove(const std::string& id, time_point now);
  supervise_effects restart(const std::string& id, time_point now);
  supervise_effects shut_down(time_point now);
  supervise_effects timer(std::uint64_t epoch, time_point now);

  /// False from its removal on, even while it still runs.
  bool knows(const std::string& id) const { return find(id) != nullptr && !find(id)->removing; }
  bool restartable(const std::string& id) const { return knows(id) && find(id)->what.restart != restart_type::temporary; }
  std::vector<child_status> list(time_point now) const;
  bool ending() const noexcept { return ending_; }

private:
  struct child {
    supervised what;
    child_state state = child_state::stopped;
    std::uint64_t incarnation = 0;
    std::uint64_t restarts = 0;
    unsigned in_a_row = 0;
    bool ever_started = false;
    bool removing = false;
    bool stop_wanted = false; ///< It runs and has to go.
    bool killed = false;
    time_point started_at{};
    time_point due{}; ///< `restarting`: when.
    failure_reason last;
  };

  const child* find(const std::string& id) const;
  child* find(const std::string& id) { return const_cast<child*>(std::as_const(*this).find(id)); }
  std::size_t index_of(const child& which) const { return static_cast<std::size_t>(&which - children_.data()); }
  void tell(supervise_effects& out, const child& which, child_event_kind kind, failure_reason reason = {}, bool planned = false,
            std::chrono::milliseconds delay = {});
  void failed(supervise_effects& out, child& which, failure_reason reason, time_point now);
  bool too_many(time_point now);
  std::chrono::milliseconds delay_of(child& which, time_point now);
  void affect(supervise_effects& out, std::size_t which, std::chrono::milliseconds delay, time_point now);
  void give_up(supervise_effects& out, child& which, failure_reason reason);
  /// Goes on with what is to be stopped, then with what is to be started.
  void proceed(supervise_effects& out, time_point now);
  bool stop_next(supervise_effects& out);
  void start_due(supervise_effects& out, time_point now);
  void set_down(supervise_effects& out, std::size_t index, bool told = false);
  void arm(supervise_effects& out, std::chrono::milliseconds after) { out.push_back(supervise::arm{++epoch_, after}); }

  std::string name_;
  supervision_config config_;
  std::function<double()> random_;
  std::vector<child> children_; ///< In the order of their start.
  std::deque<time_point> failures_;
  std::optional<std::string> stopping_; ///< The one child that was told to end and has not yet.
  bool starting_ = false;               ///< A `start` has not been answered yet.
  bool ending_ = false;
  bool finished_ = false;
  failure_reason final_;
  std::uint64_t epoch_ = 0;
};

} // namespace leanworker::internal
