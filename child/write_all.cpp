// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/write_all.hpp>

#include <algorithm>
#include <cerrno>
#include <climits>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace leanworker {
namespace {

using clock = std::chrono::steady_clock;

constexpr int glance_ms = 100;

/// What has a reader that may be slow: a pipe, a socket, a terminal. A file is always ready.
bool has_reader(int descriptor) {
  struct stat facts {};
  return ::fstat(descriptor, &facts) == 0 && !S_ISREG(facts.st_mode);
}

/// False: the writer is in a hurry, and the reader took nothing for too long.
bool wait_for_room(int descriptor, const std::function<bool()>& hurried) {
  auto ends = clock::time_point::max();
  for (;;) {
    pollfd room{descriptor, POLLOUT, 0};
    auto ready = ::poll(&room, 1, glance_ms);
    if (ready > 0 || (ready < 0 && errno != EINTR))
      return true; // errors too: the write says which
    if (ends == clock::time_point::max() && hurried && hurried())
      ends = clock::now() + hurried_patience;
    if (clock::now() >= ends)
      return false;
  }
}

} // namespace

bool write_all(int descriptor, std::string_view text, const std::function<bool()>& hurried) {
  const bool waits = has_reader(descriptor);
  while (!text.empty()) {
    if (waits && !wait_for_room(descriptor, hurried)) {
      errno = ETIMEDOUT;
      return false;
    }
    // A pipe that has room has room for so much, so that the write itself does not wait, where nothing could end it.
    auto n = ::write(descriptor, text.data(), waits ? std::min<std::size_t>(text.size(), PIPE_BUF) : text.size());
    if (n < 0 && errno != EINTR && errno != EAGAIN)
      return false;
    text.remove_prefix(n > 0 ? static_cast<std::size_t>(n) : 0);
  }
  return true;
}

} // namespace leanworker
