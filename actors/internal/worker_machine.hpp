// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/internal/restart_window.hpp>
#include <leanworker/child/frame.hpp>
#include <leanworker/child/internal/stop_ladder.hpp>
#include <leanworker/config/worker_config.hpp>
#include <leanworker/messages/request.hpp>
#include <leanworker/messages/worker.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace leanworker::internal {

/// What the machine wants done. The worker actor carries these out in order.
namespace effect {
struct spawn { ///< Make a link for this generation.
  std::uint64_t generation;
  friend bool operator==(const spawn&, const spawn&) = default;
};
struct accept { ///< Let the child send bodies up to this size.
  std::uint32_t body_bytes_max;
  friend bool operator==(const accept&, const accept&) = default;
};
struct send { ///< Write a frame.
  frame_kind kind;
  std::uint64_t request_id;
  std::string body;
  std::chrono::milliseconds timeout;
  row_port_ptr rows{};
  request_notes_ptr notes{};
  friend bool operator==(const send&, const send&) = default;
};
struct stop { ///< Have the link end its child.
  stop_mode mode;
  bool describe = false; ///< It hangs.
  friend bool operator==(const stop&, const stop&) = default;
};
struct arm { ///< Set the only timer; an earlier one becomes stale.
  std::uint64_t epoch;
  std::chrono::milliseconds after;
  friend bool operator==(const arm&, const arm&) = default;
};
struct finish { ///< Tell the owner the one outcome of a request.
  ticket id;
  request_outcome outcome;
  friend bool operator==(const finish&, const finish&) = default;
};
struct tell { ///< Tell the owner.
  worker_event event;
  friend bool operator==(const tell&, const tell&) = default;
};
} // namespace effect

using worker_effect
    = std::variant<effect::spawn, effect::accept, effect::send, effect::stop, effect::arm, effect::finish, effect::tell>;
using worker_effects = std::vector<worker_effect>;

/// Every decision of a worker, as a pure state machine: events in, effects out; time and dice are arguments. One request at a time, tagged
/// (generation, request id). The outcome of a request is decided once; what belongs to a dead generation is dropped and counted.
class worker_machine {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// `random` gives numbers in [0, 1).
  worker_machine(worker_config config, std::function<double()> random);

  worker_effects start(time_point now, std::uint64_t first_generation = 0);
  /// Instead of `start`: no child before `wake`.
  void start_resting(std::uint64_t first_generation = 0) noexcept;
  /// What the next generations run with. Takes effect when one is spawned.
  void set_up(worker_config config);

  // -- from the owner ---
  worker_effects run(run_request request, time_point now);
  worker_effects cancel(ticket id, time_point now);
  worker_effects stop(bool firmly, time_point now);
  worker_effects cycle(time_point now);
  worker_effects rest(time_point now);
  /// Starts a child where none runs, also after giving up, and forgets the failures before. With `again`, one that runs is replaced.
  worker_effects wake(bool again, time_point now);
  worker_effects kill_child(leanworker::kill_child order);

  // -- from the link ---
  worker_effects started(const child_started& event, time_point now);
  worker_effects hello(const child_hello& event, time_point now);
  worker_effects response(child_response event, time_point now);
  worker_effects progress(const child_progress& event, time_point now);
  worker_effects log(const child_log& event);
  worker_effects row_refused(child_row_refused event, time_point now);
  worker_effects fault(const child_fault& event);
  worker_effects down(child_down event, time_point now);

  // -- from the clock ---
  /// `processor_wait`: how long the child's threads were ready to run and waited for a processor, counted from any instant. Only its growth counts.
  worker_effects timer(std::uint64_t epoch, time_point now, std::chrono::milliseconds processor_wait = {});
  /// Whether `timer` wants to know that now.
  /// The process of the running generation, if its numbers in /proc and its clock mean something here; else 0.
  std::int64_t measurable_pid() const noexcept { return measurable_ ? status_.pid : 0; }
  bool wants_processor_wait() const noexcept { return measurable_ && (status_.state == worker_state::busy || status_.state == worker_state::starting); }

  worker_state state() const noexcept { return status_.state; }
  const worker_status& status() const noexcept { return status_; }

private:
  enum class phase : std::uint8_t { hello, configure, work, import, cancelled };
  struct current_request {
    run_request request;
    std::uint64_t wire_id = 0; ///< 0: not dispatched.
    time_point dispatched_at{};
    time_point import_at{};
    time_point work_at{};
    std::chrono::microseconds import_time{0};
    bool answered = false; ///< Its outcome was told; the child's own answer is still to come.
    bool imported = false;
    request_notes_ptr notes = std::make_shared<request_notes>();
    std::chrono::milliseconds processor_wait{0};
  };
  /// The time of the start, the running import or the work, and how much of it the child could not use.
  struct budget {
    time_point began{};
    std::chrono::milliseconds allowed{0};
    std::optional<std::chrono::milliseconds> wait_at_first_look;
  };

  bool stale(std::uint64_t generation);
  bool child_lives() const noexcept;
  void spawn(worker_effects& out);
  void arm(worker_effects& out, std::chrono::milliseconds after);
  void disarm() noexcept { ++epoch_; }
  void begin_budget(worker_effects& out, std::chrono::milliseconds allowed, time_point now);
  /// True when the deadline was put off.
  bool put_off(worker_effects& out, std::chrono::milliseconds processor_wait, time_point now);
  void tell(worker_effects& out, worker_event_kind kind);
  void answer(worker_effects& out, current_request& request, request_outcome outcome, time_point now);
  void answer_waiting(worker_effects& out, request_outcome outcome, time_point now);
  void give_up_running(worker_effects& out, request_outcome outcome, time_point now);
  void kill(worker_effects& out, errc cause, std::string detail, stop_mode mode, worker_state next);
  void dispatch(worker_effects& out, time_point now);
  void become_ready(worker_effects& out, time_point now);
  void after_planned_end(worker_effects& out);
  request_phase phase_of(const current_request& request) const noexcept;
  void begin_planned_end(worker_effects& out, stop_mode mode);
  bool counts_as_failure() const noexcept;
  void after_failure(worker_effects& out, const child_down& end, bool was_starting, bool under_request, time_point now);
  errc refusal() const noexcept;
  /// The generation that it is for has ended, and nobody knew when it was sent.
  bool too_late(const run_request& request) const noexcept;
  worker_effects refuse(ticket id, errc code);

  worker_config config_;
  std::function<double()> random_;
  restart_window window_;
  worker_status status_;
  phase phase_ = phase::hello;
  std::optional<current_request> running_; ///< Dispatched; set in `busy`, and until the end of a child that failed under it.
  std::optional<current_request> waiting_; ///< Accepted; goes to the child as soon as one is ready.
  budget budget_;
  bool measurable_ = false; ///< The running generation is a process of this machine.
  std::uint64_t epoch_ = 0;
  std::uint64_t next_wire_id_ = 1;
  std::uint32_t body_bytes_max_ = frame_bytes_max_initial;
  bool first_spawn_ = true;
  bool became_ready_ = false; ///< This generation.
  bool stay_down_ = false;    ///< `stop` was asked.
  bool cycle_asked_ = false;
  bool resting_ = false;      ///< `rest` was asked: no generation follows the running one before `wake`.
  errc cause_ = errc::none;   ///< Why the running generation is being ended by us.
  std::string cause_detail_;
  std::string child_version_; ///< As the running generation said in its hello.
  errc gave_up_ = errc::none;
  child_down last_down_; ///< Of the generation before the running one, or of the last.
};

} // namespace leanworker::internal
