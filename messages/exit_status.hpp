// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace leanworker {

/// How a process ended. A value, never arithmetic on a wait word.
struct exit_status {
  enum class kind : std::uint8_t {
    unknown,     ///< Nothing is known yet, or the process could not be observed.
    exited,      ///< It left by itself; `value` is the exit code, 0…255.
    signalled,   ///< A signal ended it; `value` is the signal's number, `core` whether a core was dumped.
    not_started, ///< It never ran; `value` is errno of the failed spawn.
  };
  kind how = kind::unknown;
  std::int32_t value = 0;
  bool core = false;

  static exit_status exited(int code) { return {kind::exited, code, false}; }
  static exit_status signalled(int signal, bool core) { return {kind::signalled, signal, core}; }
  static exit_status not_started(int error) { return {kind::not_started, error, false}; }
  /// Translates what `waitid(…, WEXITED)` reported: its code (CLD_…) and status.
  static exit_status from_wait(int code, int status);

  bool success() const { return how == kind::exited && value == 0; }
  /// For people: "exit code 42", "killed by signal 9 (SIGKILL)", "killed by signal 6 (SIGABRT, core dumped)",
  /// "not started: No such file or directory", "unknown".
  std::string str() const;

  friend bool operator==(const exit_status&, const exit_status&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, exit_status& x) {
  return f(x.how, x.value, x.core);
}

} // namespace leanworker
