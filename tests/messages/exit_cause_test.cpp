// SPDX-License-Identifier: Apache-2.0
#include <leanworker/messages/exit_cause.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <set>
#include <string>

namespace leanworker {
namespace {

exit_status left(int code) { return exit_status::exited(code); }
exit_status by(int signal) { return exit_status::signalled(signal, false); }

struct death {
  const char* how;
  exit_status exit;
  const char* tail;
  exit_cause cause;
};

const char* const native_overflow = "Stack overflow detected. Aborting.\n";
const char* const interpreter_overflow
  = "FATAL(lean thread): C++ exception N4lean9throwableE: deep recursion was detected at 'interpreter' (potential solution: …)\n";
const char* const compiled_overflow = "RangeError: Maximum call stack size exceeded\n";
const char* const bounds_trap = "FATAL(lean thread): RuntimeError: memory access out of bounds\n";
const char* const trap = "FATAL(lean thread): RuntimeError: unreachable\n";

// One row per way to die that was measured on a WebAssembly toolchain.
const death wasm_deaths[] = {
  {"end of file on descriptor 0, or terminate", left(0), "", exit_cause::clean},
  {"an exception that nothing caught", left(3), "lean host: oops\n", exit_cause::broken_channel},
  {"a truncated frame, then end of file", left(3), "lean host: frame_truncated: end of file inside a frame\n", exit_cause::broken_channel},
  {"the parent closed the output pipe", left(3), "lean host: descriptor 3 cannot be written: resource vanished (error code: 64, broken pipe)\n", exit_cause::broken_channel},
  {"IO.Process.exit 7 in user code", left(7), "", exit_cause::user_exit},
  {"IO.Process.exit 1 in user code", left(1), "", exit_cause::user_exit},
  {"deep recursion in interpreted code", left(134), interpreter_overflow, exit_cause::stack_overflow},
  {"deep recursion in compiled code", left(134), "Maximum call stack size exceeded\n", exit_cause::stack_overflow},
  {"the same, as the engine reports it", left(134), compiled_overflow, exit_cause::stack_overflow},
  {"abort without a word about the stack", left(134), "FATAL(lean thread): Aborted()\n", exit_cause::aborted},
  {"an exception of the C++ library", left(133), "FATAL(lean thread): C++ exception St9bad_alloc\n", exit_cause::out_of_memory},
  {"2 GB used up", left(1), "INTERNAL PANIC: out of memory\n", exit_cause::out_of_memory},
  {"2 GB used up, seen as a trap", left(137), "INTERNAL PANIC: out of memory\nmemory access out of bounds\n", exit_cause::out_of_memory},
  {"an access outside its memory", left(137), bounds_trap, exit_cause::memory_fault},
  {"a trap", left(133), trap, exit_cause::aborted},
  {"an initializer in the same module", left(1), "cannot evaluate `[init]` declaration 'Cap.uref' in the same module\n",
   exit_cause::initializer},
  {"a launcher that found nothing", left(127), "lean: no node found; install Node 20 or newer\n", exit_cause::launcher},
  {"a launcher that may not execute", left(126), "lean: permission denied\n", exit_cause::launcher},
};

// The same on a native toolchain.
const death native_deaths[] = {
  {"deep recursion", by(SIGABRT), native_overflow, exit_cause::stack_overflow},
  {"deep recursion without the guard", by(SIGSEGV), native_overflow, exit_cause::stack_overflow},
  {"a wild pointer", by(SIGSEGV), "", exit_cause::memory_fault},
  {"a truncated mapped file", by(SIGBUS), "", exit_cause::memory_fault},
  {"a failed allocation", by(SIGABRT), "terminate called after throwing an instance of 'std::bad_alloc'\n", exit_cause::out_of_memory},
  {"Lean's own limit", by(SIGABRT), "INTERNAL PANIC: out of memory\n", exit_cause::out_of_memory},
  {"a failed assertion", by(SIGABRT), "LEAN ASSERTION VIOLATION\n", exit_cause::aborted},
  {"abort", by(SIGABRT), "", exit_cause::aborted},
  {"Lean's option -M", left(1), "uncaught exception: excessive memory consumption detected\n", exit_cause::out_of_memory},
  {"an illegal instruction", by(SIGILL), "", exit_cause::aborted},
  {"a trap", by(SIGTRAP), "", exit_cause::aborted},
  {"a division by zero", by(SIGFPE), "", exit_cause::aborted},
  {"the kernel's out-of-memory killer", by(SIGKILL), "", exit_cause::killed},
  {"an operator's kill", by(SIGTERM), "", exit_cause::terminated},
  {"a key press", by(SIGINT), "", exit_cause::terminated},
  {"a closed terminal", by(SIGHUP), "", exit_cause::terminated},
  {"a CPU limit", by(SIGXCPU), "", exit_cause::other_signal},
  {"never executed", exit_status::not_started(2), "", exit_cause::not_started},
  {"nothing known", exit_status{}, "INTERNAL PANIC: out of memory\n", exit_cause::unknown},
};

TEST(exit_cause, every_measured_death_on_webassembly_is_told_apart) {
  for (const auto& row : wasm_deaths)
    EXPECT_EQ(classify_exit(row.exit, row.tail), row.cause) << row.how;
}

TEST(exit_cause, every_measured_death_on_a_native_toolchain_is_told_apart) {
  for (const auto& row : native_deaths)
    EXPECT_EQ(classify_exit(row.exit, row.tail), row.cause) << row.how;
}

TEST(exit_cause, last_words_count_only_where_a_status_has_several_meanings) {
  const std::string everything = std::string{native_overflow} + "out of memory [init] memory access out of bounds";
  EXPECT_EQ(classify_exit(left(0), everything), exit_cause::clean);
  EXPECT_EQ(classify_exit(left(42), everything), exit_cause::user_exit);
  EXPECT_EQ(classify_exit(by(SIGKILL), everything), exit_cause::killed);
  EXPECT_EQ(classify_exit(by(SIGTERM), everything), exit_cause::terminated);
}

TEST(exit_cause, a_code_that_user_code_chose_gets_no_invented_meaning) {
  for (int code : {1, 2, 3, 42, 126, 127, 128, 133, 134, 137, 139, 255})
    for (const char* tail : {"", "some text\n", "a user's words: lean host: in the middle of a line\n"})
      EXPECT_EQ(classify_exit(left(code), tail), exit_cause::user_exit) << code << " " << tail;
}

TEST(exit_cause, each_cause_that_says_something_says_something_else) {
  std::set<std::string> sentences;
  for (int i = 0; i <= static_cast<int>(exit_cause::unknown); ++i) {
    auto cause = static_cast<exit_cause>(i);
    std::string sentence{describe(cause)};
    bool silent = cause == exit_cause::user_exit || cause == exit_cause::other_signal || cause == exit_cause::unknown;
    EXPECT_EQ(sentence.empty(), silent) << i;
    EXPECT_TRUE(silent || sentences.insert(sentence).second) << sentence;
  }
}

} // namespace
} // namespace leanworker
