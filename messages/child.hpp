// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/errc.hpp>
#include <leanworker/messages/exit_status.hpp>
#include <leanworker/messages/request_notes.hpp>
#include <leanworker/messages/rows.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

/// What is said about one child process, and between a worker and the link to its child. A child is one generation of a worker: g = 0, 1, 2 …
namespace leanworker {

/// The facts of a child's `hello`. Link → worker.
struct child_hello {
  std::uint64_t generation = 0;
  std::string child_kind;        ///< For example "lean-host".
  std::string child_version;
  std::string lean_version;      ///< Empty where the child has no Lean.
  std::string lean_target;
  std::int64_t claimed_pid = 0;  ///< As the child sees itself; 0 if it does not know.
  std::vector<std::string> capabilities;
  std::uint32_t in_flight_max = 1;
  std::uint32_t receive_bytes_max = 0;
  std::uint32_t send_bytes_max = 0;
  friend bool operator==(const child_hello&, const child_hello&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, child_hello& x) {
  return f(x.generation, x.child_kind, x.child_version, x.lean_version, x.lean_target, x.claimed_pid, x.capabilities, x.in_flight_max,
           x.receive_bytes_max, x.send_bytes_max);
}

/// The process runs. Link → worker.
struct child_started {
  std::uint64_t generation = 0;
  std::int64_t pid = 0;
  bool measurable = false; ///< A process of this machine, whose numbers in /proc mean something.
  friend bool operator==(const child_started&, const child_started&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, child_started& x) {
  return f(x.generation, x.pid, x.measurable);
}

/// The terminal frame of one request. Link → worker.
struct child_response {
  std::uint64_t generation = 0;
  std::uint64_t request_id = 0;
  bool refused = false; ///< `body` is an error object of the protocol.
  std::string body;     ///< JSON text as the child wrote it.
  bool retire = false;  ///< The child asks to be replaced before its next request.
  friend bool operator==(const child_response&, const child_response&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, child_response& x) {
  return f(x.generation, x.request_id, x.refused, x.body, x.retire);
}

/// A running request tells how far it is. Link → worker.
struct child_progress {
  std::uint64_t generation = 0;
  std::uint64_t request_id = 0;
  std::string phase; ///< For people, but "import" of the host: 0 of 1 at its begin, 1 of 1 at its end.
  std::uint64_t current = 0;
  std::uint64_t total = 0; ///< 0: unknown.
  bool host = false; ///< The host's own word, not that of a command that it runs: only such an import moves the deadline.
  friend bool operator==(const child_progress&, const child_progress&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, child_progress& x) {
  return f(x.generation, x.request_id, x.phase, x.current, x.total, x.host);
}

/// A line for the log: a `log` or `diagnostic` frame. Link → worker.
struct child_log {
  std::uint64_t generation = 0;
  std::string level; ///< debug, info, warning, error; "diagnostic" for a diagnostic.
  std::string text;
  friend bool operator==(const child_log&, const child_log&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, child_log& x) {
  return f(x.generation, x.level, x.text);
}

/// The running request cannot go on because of a row that came for it; the child is not at fault. Link → worker, once at most per request.
struct child_row_refused {
  std::uint64_t generation = 0;
  std::uint64_t request_id = 0;
  errc code = errc::none;
  std::string detail;
  friend bool operator==(const child_row_refused&, const child_row_refused&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, child_row_refused& x) {
  return f(x.generation, x.request_id, x.code, x.detail);
}

/// The first thing that went wrong with the channel. The child is already being stopped; `child_down` follows. Link → worker.
struct child_fault {
  std::uint64_t generation = 0;
  errc cause = errc::none;
  std::string detail;
  friend bool operator==(const child_fault&, const child_fault&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, child_fault& x) {
  return f(x.generation, x.cause, x.detail);
}

/// The end of a generation: reaped, its pipes read to the end. Exactly one per generation, and the last word of its link. Link → worker.
struct child_down {
  std::uint64_t generation = 0;
  errc cause = errc::none; ///< What decided; fixed before any signal of ours. Never `none`.
  exit_status exit;
  std::string detail;      ///< Offending values, for people. May be empty.
  std::string stderr_tail; ///< At most 64 KiB, valid UTF-8.
  std::string stdout_tail; ///< As much, of a child that never said `hello`: a native `lean` says its errors there.
  std::chrono::milliseconds uptime{0};
  bool greeted = false; ///< It had said `hello`.
  std::string hang; ///< Of a child that was ended for a deadline: what its threads did then. Lines of text, at most 8 KiB; may be empty.
  std::vector<std::string> ran_before; ///< Labels of the requests that this generation had ended before, the last one first; at most 8. Filled by a pool.

  /// What its exit means, for example "out of memory". Empty where it has none of its own: after a stop of ours it would only mislead.
  std::string meaning() const;
  /// It ended with an exit code that nothing but user code explains.
  bool left_by_user_code() const;
  /// For people: "the child failed: exit code 134 (stack overflow: …)". One line, without the tail.
  std::string str() const;
  friend bool operator==(const child_down&, const child_down&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, child_down& x) {
  return f(x.generation, x.cause, x.exit, x.detail, x.stderr_tail, x.stdout_tail, x.uptime, x.greeted, x.hang, x.ran_before);
}

/// Orders to a link. What only means something inside a process, such as a port for rows, is not written by `inspect`. Worker → link; silently dropped once the child has ended.
struct link_send {
  std::uint8_t kind = 0; ///< A `frame_kind` that a parent may send.
  std::uint64_t request_id = 0;
  std::string body;
  std::chrono::milliseconds timeout{0}; ///< To be on its way entirely; otherwise the child ends with `write_timeout`.
  row_port_ptr rows{}; ///< Of a request: where its rows go; null: it takes none.
  request_notes_ptr notes{}; ///< Of a request: where the link writes what it learns of it on the way; null: nobody wants to know.
  friend bool operator==(const link_send&, const link_send&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, link_send& x) {
  return f(x.kind, x.request_id, x.body, x.timeout);
}

/// From now on the child may send bodies of this size. Worker → link, just before `configure`.
struct link_accept {
  std::uint32_t body_bytes_max = 0;
  friend bool operator==(const link_accept&, const link_accept&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, link_accept& x) {
  return f(x.body_bytes_max);
}

/// Ends the child by the kill ladder. Worker → link; a stronger mode may follow a weaker one.
struct link_stop {
  std::uint8_t mode = 0; ///< A `stop_mode`.
  bool describe = false; ///< It hangs: keep what its threads do for `child_down::hang`.
  friend bool operator==(const link_stop&, const link_stop&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, link_stop& x) {
  return f(x.mode, x.describe);
}

} // namespace leanworker
