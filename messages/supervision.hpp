// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/errc.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Supervision, in OTP's words: what a supervisor is told and what it tells. docs/SUPERVISION.md explains them.
namespace leanworker {

enum class restart_type : std::uint8_t {
  permanent, ///< Always restarted.
  transient, ///< Restarted only after an abnormal end, or with its group.
  temporary, ///< Never restarted; forgotten when it has ended.
};
enum class supervision_strategy : std::uint8_t {
  one_for_one,  ///< Only the child that failed.
  one_for_all,  ///< All children.
  rest_for_one, ///< The child that failed and those that were started after it.
};
enum class child_kind : std::uint8_t { worker, supervisor };
enum class child_state : std::uint8_t {
  running,
  restarting, ///< Down; to be started after a back-off, or when others are down.
  stopping,   ///< Was told to end.
  stopped,    ///< Down, and not to be started.
};
std::string_view to_string(restart_type type) noexcept;
std::string_view to_string(supervision_strategy strategy) noexcept;
std::string_view to_string(child_kind kind) noexcept;
std::string_view to_string(child_state state) noexcept;

/// Why an actor ended, where that was not normal. Travels as the reason of its exit; `actors/error.hpp` converts.
struct failure_reason {
  errc code = errc::none; ///< `none`: a normal end.
  std::string text; ///< For people, one line.
  std::vector<std::string> chain; ///< What led to it, outermost first; the leaf that failed is the last one.
  friend bool operator==(const failure_reason&, const failure_reason&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, failure_reason& x) {
  return f(x.code, x.text, x.chain);
}

enum class child_event_kind : std::uint8_t {
  started,
  down,       ///< It ended; `planned` says whether that was our order.
  restarting, ///< It will be started in `delay`.
  stopped,    ///< It will not be started again, or was abandoned (`shutdown_timeout`).
  gave_up,    ///< The supervisor itself ends because of this child.
};
std::string_view to_string(child_event_kind kind) noexcept;

/// Supervisor → subscriber.
struct child_event {
  std::string supervisor; ///< Its name.
  std::string child;
  child_event_kind kind = child_event_kind::started;
  std::uint64_t incarnation = 0; ///< 0, 1, 2 …: how often it was started before.
  std::chrono::milliseconds delay{0};
  bool planned = false;
  failure_reason reason;
  friend bool operator==(const child_event&, const child_event&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, child_event& x) {
  return f(x.supervisor, x.child, x.kind, x.incarnation, x.delay, x.planned, x.reason);
}

/// Send me every child_event from now on. Anyone → supervisor; ends with the subscriber's death. Idempotent.
struct subscribe_children {
  bool unused = false;
  friend bool operator==(const subscribe_children&, const subscribe_children&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, subscribe_children& x) {
  return f(x.unused);
}

/// Anyone → supervisor; answered with `child_list`.
struct list_children {
  bool unused = false;
  friend bool operator==(const list_children&, const list_children&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, list_children& x) {
  return f(x.unused);
}

struct child_status {
  std::string id;
  child_kind kind = child_kind::worker;
  restart_type restart = restart_type::permanent;
  child_state state = child_state::stopped;
  std::uint64_t incarnation = 0;
  std::uint64_t restarts = 0; ///< After failures.
  std::chrono::milliseconds age{0}; ///< Of this incarnation; 0 while it is down.
  failure_reason last; ///< Of the last unplanned end.
  friend bool operator==(const child_status&, const child_status&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, child_status& x) {
  return f(x.id, x.kind, x.restart, x.state, x.incarnation, x.restarts, x.age, x.last);
}

struct child_list {
  std::vector<child_status> children; ///< In the order of their start.
  friend bool operator==(const child_list&, const child_list&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, child_list& x) {
  return f(x.children);
}

/// Stop it and forget it. Anyone → supervisor; answered with `supervisor_answer` (`not_found`); the event `stopped` tells when it is done.
struct remove_child {
  std::string id;
  friend bool operator==(const remove_child&, const remove_child&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, remove_child& x) {
  return f(x.id);
}

/// Stop it, if it runs, and start it. A planned end: it does not count. Anyone → supervisor; answered with `supervisor_answer` (`not_found`; `invalid_argument` for a temporary
/// child; `shutting_down`).
struct restart_child {
  std::string id;
  friend bool operator==(const restart_child&, const restart_child&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, restart_child& x) {
  return f(x.id);
}

struct supervisor_answer {
  errc code = errc::none;
  std::string text; ///< For people.
  friend bool operator==(const supervisor_answer&, const supervisor_answer&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, supervisor_answer& x) {
  return f(x.code, x.text);
}

/// A live tree, or one node of it.
struct supervision_node {
  std::string id;
  child_kind kind = child_kind::worker;
  restart_type restart = restart_type::permanent;
  child_state state = child_state::stopped;
  std::uint64_t incarnation = 0;
  std::uint64_t restarts = 0;
  std::chrono::milliseconds age{0};
  std::string note; ///< The strategy of a supervisor; the last failure of a child; whatever else is worth a line.
  std::vector<supervision_node> children;
  friend bool operator==(const supervision_node&, const supervision_node&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, supervision_node& x) {
  return f(x.id, x.kind, x.restart, x.state, x.incarnation, x.restarts, x.age, x.note, x.children);
}

/// The tree as people read it, one line per node:
///
///     leanworker  supervisor one_for_one
///     ├─ rss_monitor  worker permanent running #0 12 s
///     └─ pool  worker permanent running #1 3 s  last: an actor failed
std::string render_tree(const supervision_node& root);

/// Anyone → supervisor; answered with `supervision_node`, at the latest after a second: a supervisor below that does not answer is shown without its children.
struct get_tree {
  bool unused = false;
  friend bool operator==(const get_tree&, const get_tree&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, get_tree& x) {
  return f(x.unused);
}

/// A wake-up for the supervisor's only timer, which may want another instant by now. Supervisor → itself.
struct supervision_timer {
  bool unused = false;
  friend bool operator==(const supervision_timer&, const supervision_timer&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, supervision_timer& x) {
  return f(x.unused);
}

} // namespace leanworker
