// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/internal/supervision.hpp>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace leanworker::internal {

/// Many failures are borne, restarts come at once, nothing is left to chance; a child may take 1000 ms to end, and 500 ms longer when it is killed.
supervision_config driven_supervision(supervision_strategy strategy = supervision_strategy::one_for_one);

/// Children of one kind: `children("abc")` are a, b and c.
std::vector<supervised> children(const std::string& ids, restart_type type = restart_type::permanent);

/// Drives a supervision by hand, with a clock of its own. Every event returns a summary of the orders, in order, separated by blanks:
///   start(a0) stop(a) kill(a) abandon(a) forget(a) finish finish(code)
/// or "-" when there are none. Starts are answered at once. Children end at once when they are told to, unless they are `stubborn`.
class supervision_driver {
public:
  using milliseconds = std::chrono::milliseconds;

  explicit supervision_driver(supervision_config config = driven_supervision());

  std::string begin(std::vector<supervised> children);
  /// It ends by itself.
  std::string fail(const std::string& id) { return end(id, {errc::io_error, "the disk is gone", {}}); }
  std::string leave(const std::string& id) { return end(id, {}); }
  std::string end(const std::string& id, failure_reason reason);
  std::string end_of(const std::string& id, std::uint64_t incarnation, failure_reason reason);
  std::string add(const std::string& id, restart_type type = restart_type::permanent);
  std::string remove(const std::string& id) { return note(machine.remove(id, now)); }
  std::string restart(const std::string& id) { return note(machine.restart(id, now)); }
  std::string shut_down() { return note(machine.shut_down(now)); }
  /// Lets time pass; timers ring when they are due.
  std::string pass(milliseconds time);
  /// A timer that is no longer wanted.
  std::string stale_timer() { return note(machine.timer(epoch_ - 1, now)); }

  child_status status(const std::string& id) const;
  std::string state(const std::string& id) const { return std::string{to_string(status(id).state)}; }
  /// The events since the last call: "b down io_error, b restarting 100, b started" …
  std::string heard();
  /// The delay told last.
  milliseconds last_delay() const { return last_delay_; }

  supervision machine;
  supervision::time_point now{std::chrono::hours{1}};
  double dice = 0.5;
  std::map<std::string, int> broken_starts; ///< How often the next starts of a child fail.
  std::set<std::string> stubborn;           ///< These do not end when they are told to.
  std::vector<child_event> events;          ///< All ever told.
  failure_reason final_reason;

private:
  std::string note(const supervise_effects& effects);
  supervise_effects answer(const supervise::start& order);

  std::uint64_t epoch_ = 0;
  supervision::time_point due_ = supervision::time_point::max();
  milliseconds last_delay_{0};
  std::size_t heard_ = 0;
};

} // namespace leanworker::internal
