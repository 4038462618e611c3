// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/child.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

/// The life of a worker as its owner sees it.
namespace leanworker {

enum class worker_state : std::uint8_t {
  starting, ///< A child was asked for; its handshake is not complete.
  ready,    ///< Takes a request.
  busy,     ///< Runs one, or waits for the child to end one that was cancelled.
  stopping, ///< A planned end was asked of the child.
  killing,  ///< The child is being killed because of a failure.
  reaping,  ///< The child is ending by itself, or the link is ending it.
  down,     ///< No child: between two generations, or stopped for good.
  given_up, ///< No child, and none will be started: too many failures.
};
inline constexpr int worker_state_count = static_cast<int>(worker_state::given_up) + 1;
std::string_view to_string(worker_state state) noexcept;

enum class worker_event_kind : std::uint8_t {
  started,    ///< The process runs; `pid` is set.
  ready,      ///< The handshake is complete.
  importing,  ///< The running request began an import.
  down,       ///< A generation ended; `down` says how. Planned ends have the cause `stopped`.
  restarting, ///< The next generation follows after `delay`.
  gave_up,    ///< No more generations; `cause` says why.
  stopped,    ///< Stopped for good, as asked.
  log,        ///< A line from the child; in `text`.
  settled,    ///< The child has ended a request that was cancelled, and is free again.
  resting,    ///< No child, as asked by `rest_worker`; `wake_worker` starts the next.
};

/// Worker → its owner.
struct worker_event {
  std::uint32_t worker = 0;
  worker_event_kind kind = worker_event_kind::started;
  std::uint64_t generation = 0;
  std::int64_t pid = 0;
  errc cause = errc::none;
  std::chrono::milliseconds delay{0};
  std::string text; ///< `log`: the line; `ready`: the child's version.
  child_down down;
  friend bool operator==(const worker_event&, const worker_event&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, worker_event& x) {
  return f(x.worker, x.kind, x.generation, x.pid, x.cause, x.delay, x.text, x.down);
}

/// End your child and start no other. A running request ends with `shutting_down`. Owner → worker; answered with the event `stopped`.
struct stop_worker {
  bool firmly = false; ///< Do not wait for the child's own good-bye.
  friend bool operator==(const stop_worker&, const stop_worker&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, stop_worker& x) {
  return f(x.firmly);
}

/// Replace your child by the next generation, after the running request. A planned end: it is not counted as a failure. Owner → worker.
struct cycle_worker {
  bool unused = false; ///< CAF 0.17 cannot inspect a struct without members.
  friend bool operator==(const cycle_worker&, const cycle_worker&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, cycle_worker& x) {
  return f(x.unused);
}

/// End your child as planned and start no other before `wake_worker`. A running request is finished first. Owner → worker; answered with the event
/// `resting`, at once where there is no child.
struct rest_worker {
  bool unused = false;
  friend bool operator==(const rest_worker&, const rest_worker&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, rest_worker& x) {
  return f(x.unused);
}

/// End your child now, whatever it does, because of `cause`; the running request ends with it. The next generation follows as after a failure, but
/// it does not count as one: it says nothing about the worker. Owner → worker; ignored where `generation` is not the running one.
struct kill_child {
  std::uint64_t generation = 0;
  errc cause = errc::none; ///< `memory_limit` or `memory_pressure`.
  std::string detail;
  friend bool operator==(const kill_child&, const kill_child&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, kill_child& x) {
  return f(x.generation, x.cause, x.detail);
}

/// A wake-up for the worker's only timer, which may want another instant by now. Worker → itself.
struct worker_timer {
  bool unused = false;
  friend bool operator==(const worker_timer&, const worker_timer&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, worker_timer& x) {
  return f(x.unused);
}

/// Asks a worker how it is; answered with `worker_status`.
struct get_worker_status {
  bool unused = false;
  friend bool operator==(const get_worker_status&, const get_worker_status&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, get_worker_status& x) {
  return f(x.unused);
}

/// Counters only grow, over all generations.
struct worker_status {
  worker_state state = worker_state::down;
  std::uint64_t generation = 0;
  std::int64_t pid = 0;             ///< 0 without a child.
  std::uint64_t requests = 0;       ///< Dispatched.
  std::uint64_t restarts = 0;       ///< Generations after the first.
  std::uint64_t planned_ends = 0;
  std::uint64_t failures = 0;       ///< Ends that nobody planned.
  std::uint64_t stale_dropped = 0;  ///< Events of dead generations, or of timers no longer wanted.
  std::uint64_t imports = 0;        ///< Of the running generation.
  friend bool operator==(const worker_status&, const worker_status&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, worker_status& x) {
  return f(x.state, x.generation, x.pid, x.requests, x.restarts, x.planned_ends, x.failures, x.stale_dropped, x.imports);
}

} // namespace leanworker
