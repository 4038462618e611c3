// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/internal/worker_machine.hpp>

#include <string>
#include <vector>

namespace leanworker::internal {

/// Limits that can be told apart by their length: start 1000, import 2000, request 3000, cancel grace 400, reap guard 5000, first back-off 50 ms.
worker_config driven_config();

/// Drives a worker machine by hand, with a clock of its own. Every event returns a summary of the effects, in order, separated by blanks:
///   spawn(g) accept send(kind id) stop(mode) arm(what) finish(ticket code[,sent]) tell(kind[,cause])
/// or "-" when there are none. Link events belong to the running generation unless `as_generation` was called.
class machine_driver {
public:
  using milliseconds = std::chrono::milliseconds;

  explicit machine_driver(worker_config config = driven_config());

  // -- from the owner ---
  std::string run(ticket id, std::string body = "{}", milliseconds request_timeout = {}, milliseconds import_timeout = {});
  std::string cancel(ticket id);
  std::string stop(bool firmly = false);
  std::string rest();
  std::string wake(bool again = false);
  std::string kill_for_memory();
  std::string cycle();

  // -- from the link ---
  std::string started(std::int64_t pid = 4711, bool measurable = false);
  std::string hello(std::uint32_t receive_bytes_max = frame_bytes_max_highest, std::uint32_t send_bytes_max = frame_bytes_max_highest);
  std::string respond(std::uint64_t request_id, bool refused = false, std::string body = "{}", bool retire = false);
  std::string progress(std::string phase, std::uint64_t current, std::uint64_t total, std::uint64_t request_id = 2);
  std::string log();
  std::string fault(errc cause = errc::frame_bad_magic, std::string detail = "4C 57 00 00");
  std::string down(errc cause = errc::child_failed, milliseconds uptime = {});

  // -- from the clock ---
  /// Lets time pass; the timer rings if it is due, once.
  std::string pass(milliseconds time);
  /// Rings the newest timer at its time. "-" if there is none.
  std::string ring();
  /// A timer that is no longer wanted.
  std::string stale_timer();

  // -- on the way ---
  /// hello and the answer to configure.
  void become_ready();
  /// A request 7 that runs as wire id 2, on a fresh generation.
  void become_busy();
  /// Until `event` was given, link events carry this generation.
  machine_driver& as_generation(std::uint64_t generation);

  const worker_status& status() const { return machine.status(); }
  /// The outcome told last. Precondition: there was one.
  const request_outcome& last_outcome() const { return outcomes.at(outcomes.size() - 1).outcome; }
  const worker_event& last_event() const { return events.at(events.size() - 1); }

  /// How long the child has waited for a processor, when a timer asks.
  milliseconds processor_wait{0};
  worker_machine machine;
  worker_machine::time_point now{};
  std::vector<effect::finish> outcomes; ///< All ever told.
  std::vector<worker_event> events;     ///< All ever told.
  std::vector<effect::send> sent;       ///< All frames ever sent.

private:
  std::string note(const worker_effects& effects);
  std::uint64_t generation();

  std::uint64_t epoch_ = 0;
  worker_machine::time_point due_ = worker_machine::time_point::max();
  std::optional<std::uint64_t> as_generation_;
};

} // namespace leanworker::internal
