// SPDX-License-Identifier: Apache-2.0
#include <leanworker/messages/exit_cause.hpp>

#include <csignal>

namespace leanworker {
namespace {

bool says(std::string_view text, std::string_view words) { return text.find(words) != std::string_view::npos; }

bool says_out_of_memory(std::string_view tail) {
  return says(tail, "INTERNAL PANIC: out of memory") || says(tail, "bad_alloc") || says(tail, "excessive memory consumption detected");
}

bool says_stack_overflow(std::string_view tail) {
  return says(tail, "Stack overflow detected") || says(tail, "deep recursion") || says(tail, "call stack size exceeded");
}

/// What the launcher of the WebAssembly toolchain writes before it leaves with 133, 134 or 137.
constexpr std::string_view launcher_failure = "FATAL(lean thread): ";
/// What the Lean host writes before it leaves because of its channel.
constexpr std::string_view host_failure = "lean host: ";

bool begins_a_line(std::string_view text, std::string_view words) {
  for (auto at = text.find(words); at != std::string_view::npos; at = text.find(words, at + 1))
    if (at == 0 || text[at - 1] == '\n')
      return true;
  return false;
}

exit_cause classify_signal(int signal, std::string_view tail) {
  switch (signal) {
    case SIGABRT:
      if (says_stack_overflow(tail))
        return exit_cause::stack_overflow;
      return says_out_of_memory(tail) ? exit_cause::out_of_memory : exit_cause::aborted;
    case SIGSEGV:
    case SIGBUS: return says_stack_overflow(tail) ? exit_cause::stack_overflow : exit_cause::memory_fault;
    case SIGILL:
    case SIGTRAP:
    case SIGFPE: return exit_cause::aborted;
    case SIGKILL: return exit_cause::killed;
    case SIGTERM:
    case SIGINT:
    case SIGHUP: return exit_cause::terminated;
    default: return exit_cause::other_signal;
  }
}

/// User code may leave with any number, so a number alone means nothing: what was written before it must say so, too.
exit_cause classify_code(int code, std::string_view tail) {
  bool launcher_failed = begins_a_line(tail, launcher_failure);
  switch (code) {
    case 0: return exit_cause::clean;
    case 3: return begins_a_line(tail, host_failure) ? exit_cause::broken_channel : exit_cause::user_exit;
    case 126:
    case 127: return begins_a_line(tail, "lean: ") ? exit_cause::launcher : exit_cause::user_exit;
    case 133:
    case 134:
    case 137:
      if (says_out_of_memory(tail))
        return exit_cause::out_of_memory;
      if (says_stack_overflow(tail))
        return exit_cause::stack_overflow;
      if (!launcher_failed)
        return exit_cause::user_exit;
      return code == 137 ? exit_cause::memory_fault : exit_cause::aborted;
    case 1:
      if (says_out_of_memory(tail))
        return exit_cause::out_of_memory;
      return says(tail, "cannot evaluate `[init]` declaration") ? exit_cause::initializer : exit_cause::user_exit;
    default: return exit_cause::user_exit;
  }
}

} // namespace

exit_cause classify_exit(const exit_status& exit, std::string_view stderr_tail) noexcept {
  switch (exit.how) {
    case exit_status::kind::exited: return classify_code(exit.value, stderr_tail);
    case exit_status::kind::signalled: return classify_signal(exit.value, stderr_tail);
    case exit_status::kind::not_started: return exit_cause::not_started;
    case exit_status::kind::unknown: break;
  }
  return exit_cause::unknown;
}

std::string_view describe(exit_cause cause) noexcept {
  switch (cause) {
    case exit_cause::clean: return "it left by itself";
    case exit_cause::not_started: return "it never ran";
    case exit_cause::out_of_memory: return "out of memory";
    case exit_cause::stack_overflow: return "stack overflow (deep recursion)";
    case exit_cause::memory_fault: return "memory access out of bounds";
    case exit_cause::aborted: return "aborted";
    case exit_cause::broken_channel: return "it could not talk to its parent";
    case exit_cause::initializer: return "an initializer could not be evaluated";
    case exit_cause::launcher: return "the toolchain's launcher could not start Lean";
    case exit_cause::killed: return "killed from outside, perhaps by the kernel for want of memory";
    case exit_cause::terminated: return "terminated from outside";
    case exit_cause::other_signal:
    case exit_cause::user_exit:
    case exit_cause::unknown: break;
  }
  return "";
}

} // namespace leanworker
