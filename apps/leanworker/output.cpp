// SPDX-License-Identifier: Apache-2.0
#include "output.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <poll.h>
#include <unistd.h>

namespace leanworker::cli {
namespace {

std::atomic<bool> left{false};

} // namespace

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    auto n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EAGAIN) {
      pollfd wait{fd, POLLOUT, 0};
      ::poll(&wait, 1, -1); // ends with the reader
    } else if (n < 0 && errno != EINTR) {
      return false;
    }
    text.remove_prefix(n > 0 ? static_cast<std::size_t>(n) : 0);
  }
  return true;
}

bool put(std::string_view text) {
  if (write_all(STDOUT_FILENO, text))
    return true;
  if (errno == EPIPE)
    left = true;
  return false;
}

bool reader_left() noexcept { return left; }

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
