// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/internal/write_queue.hpp>

#include <cerrno>

#include <unistd.h>

namespace leanworker::internal {

write_queue::progress write_queue::flush(int fd) {
  while (!entries_.empty()) {
    const auto& bytes = entries_.front().bytes;
    auto n = ::write(fd, bytes.data() + written_, bytes.size() - written_);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno == EAGAIN)
      return progress::blocked;
    if (n < 0) {
      clear();
      return progress::broken;
    }
    written_ += static_cast<std::size_t>(n);
    unsent_ -= static_cast<std::size_t>(n);
    if (written_ == bytes.size()) {
      entries_.pop_front();
      written_ = 0;
    }
  }
  return progress::done;
}

} // namespace leanworker::internal
