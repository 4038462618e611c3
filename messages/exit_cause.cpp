// SPDX-License-Identifier: Apache-2.0
#include <leanworker/messages/exit_cause.hpp>

#include <csignal>

namespace leanworker {
namespace {

bool says(std::string_view text, std::string_view words) { return text.find(words) != std::string_view::npos; }

bool says_out_of_memory(std::string_view tail) { return says(tail, "out of memory") || says(tail, "std::bad_alloc"); }

bool says_stack_overflow(std::string_view tail) {
  return says(tail, "Stack overflow detected") || says(tail, "deep recursion") || says(tail, "call stack size exceeded");
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

exit_cause classify_code(int code, std::string_view tail) {
  switch (code) {
    case 0: return exit_cause::clean;
    case 3: return exit_cause::broken_channel;
    case 126:
    case 127: return exit_cause::launcher;
    case 133: return exit_cause::aborted;
    case 134: return says_stack_overflow(tail) ? exit_cause::stack_overflow : exit_cause::aborted;
    case 137: return says_out_of_memory(tail) ? exit_cause::out_of_memory : exit_cause::memory_fault;
    case 1:
      if (says_out_of_memory(tail))
        return exit_cause::out_of_memory;
      return says(tail, "[init]") ? exit_cause::initializer : exit_cause::user_exit;
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
    case exit_cause::launcher: return "the toolchain's launcher found no program";
    case exit_cause::killed: return "killed from outside, perhaps by the kernel for want of memory";
    case exit_cause::terminated: return "terminated from outside";
    case exit_cause::other_signal:
    case exit_cause::user_exit:
    case exit_cause::unknown: break;
  }
  return "";
}

} // namespace leanworker
