// SPDX-License-Identifier: Apache-2.0
#include "output.hpp"

#include "interrupt.hpp"
#include "terminal_text.hpp"

#include <leanworker/child/write_all.hpp>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace leanworker::cli {
namespace {

std::atomic<int> output_errno{0};
std::atomic<bool> problem_told{false};
std::atomic<bool> log_failed{false};
/// Descriptors whose reader was waited for long enough: not once more for each line.
std::array<std::atomic<bool>, 3> given_up{};

bool write_to(int fd, std::string_view text) {
  auto& gone = given_up[static_cast<std::size_t>(fd)];
  if (gone) {
    errno = ETIMEDOUT;
    return false;
  }
  bool written = write_all(fd, text, [] { return interrupts() > 0; });
  if (!written && errno == ETIMEDOUT)
    gone = true;
  return written;
}

} // namespace

void keep_standard_streams() {
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF) // the lowest that is free, so it becomes this one
      [[maybe_unused]] auto taken = ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

void tell_text(std::string_view text) { write_to(STDERR_FILENO, text); }

bool put(std::string_view text) {
  if (output_errno != 0) {
    errno = output_errno;
    return false;
  }
  if (write_to(STDOUT_FILENO, text))
    return true;
  output_errno = errno;
  return false;
}

bool reader_left() noexcept { return output_errno == EPIPE; }

bool output_failed() noexcept { return output_errno != 0; }

std::string output_problem() {
  switch (int error = output_errno) {
    case 0:
    case EPIPE: return {};
    case EBADF: return "it is closed";
    case ETIMEDOUT: return "its reader took nothing for half a second after the interrupt";
    default: {
      auto text = std::generic_category().message(error);
      auto advice = advice_for(text);
      return advice.empty() ? text : text + "; " + advice;
    }
  }
}

bool tell_output_problem() {
  auto problem = output_problem();
  if (!problem.empty() && !problem_told.exchange(true))
    tell("leanworker: standard output could not be written, so the results there are incomplete: {}\n", problem);
  return !problem.empty();
}

void tell_event_log_problem(const std::string& path, const std::string& why) {
  log_failed = true;
  auto advice = advice_for(why);
  tell("leanworker: the event log {} could not be written and is incomplete: {}{}{}\n", shown(path), shown(why), advice.empty() ? "" : "; ", advice);
}

bool event_log_failed() noexcept { return log_failed; }

void end_by_sigpipe() {
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t pipe;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  ::sigprocmask(SIG_UNBLOCK, &pipe, nullptr);
  ::raise(SIGPIPE);
  std::_Exit(141);
}

} // namespace leanworker::cli
