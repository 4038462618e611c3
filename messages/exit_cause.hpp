// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/exit_status.hpp>

#include <cstdint>
#include <string_view>

namespace leanworker {

/// What the end of a child that runs Lean means, as far as its exit status and last words tell. Source: measured, one row per way to die, on both
/// kinds of toolchain (see docs/ARCHITECTURE.md, "How a child dies").
enum class exit_cause : std::uint8_t {
  clean,            ///< Exit code 0.
  not_started,      ///< It never ran.
  out_of_memory,    ///< Its own limit, or the address space, was used up.
  stack_overflow,   ///< Deep recursion.
  memory_fault,     ///< An access outside its memory: SIGSEGV, SIGBUS, or its WebAssembly equal.
  aborted,          ///< abort(), a failed assertion, an unreachable point, a WebAssembly trap.
  broken_channel,   ///< The host said that it could not talk to us.
  initializer,      ///< An `[init]` declaration could not be evaluated.
  launcher,         ///< The toolchain's launcher said that it could not start Lean.
  killed,           ///< SIGKILL from somewhere else: an operator, or the kernel's out-of-memory killer.
  terminated,       ///< SIGTERM, SIGINT or SIGHUP from somewhere else.
  other_signal,     ///< Another signal.
  user_exit,        ///< An exit code that nothing explains: for example by `IO.Process.exit` in user code, which may be any number.
  unknown,          ///< Nothing could be observed.
};

/// Pure. User code can leave with any code, so a code means something only together with the words that were written before it in
/// `stderr_tail`. Those words can be written by user code, too: a meaning is a help for people, never a verdict.
exit_cause classify_exit(const exit_status& exit, std::string_view stderr_tail) noexcept;

/// For people, for example "stack overflow (deep recursion)". Empty for `user_exit`, `other_signal` and `unknown`.
std::string_view describe(exit_cause cause) noexcept;

} // namespace leanworker
