// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <csignal>
#include <mutex>
#include <string>

#include <pthread.h>
#include <unistd.h>

namespace leanworker::internal {

/// Lets any thread write to a child's pipe at once while nothing is waiting to be written, instead of waking the host thread to do it: a wake-up costs more than the write.
/// Whatever does not fit goes the usual way, and everything behind it too, so that the order stays. The descriptor belongs to the host thread.
class direct_writer {
public:
  // -- any thread ---
  /// True when the whole frame was written. Otherwise `frame` holds the rest, which the caller must post; `posted` is then called for it on the host thread.
  bool write(std::string& frame) {
    std::lock_guard lock{mutex_};
    if (fd_ >= 0 && posted_ == 0 && !busy_) {
      auto n = write_quietly(frame);
      if (n == static_cast<ssize_t>(frame.size()))
        return true;
      if (n > 0)
        frame.erase(0, static_cast<std::size_t>(n));
    }
    ++posted_;
    return false;
  }

  // -- the host thread ---
  void open(int fd) {
    std::lock_guard lock{mutex_};
    fd_ = fd;
  }
  /// Nobody writes past it from now on. Call it before the descriptor is closed, and before something is written in another way.
  void close() {
    std::lock_guard lock{mutex_};
    fd_ = -1;
  }
  /// One posted frame has arrived. `busy`: something waits to be written.
  void posted(bool busy) {
    std::lock_guard lock{mutex_};
    --posted_;
    busy_ = busy;
  }
  void flushed(bool busy) {
    std::lock_guard lock{mutex_};
    busy_ = busy;
  }

private:
  /// A child that has gone raises SIGPIPE on the writing thread, which is the application's here: it must not hear of it.
  ssize_t write_quietly(const std::string& frame) const {
    sigset_t pipe_signal;
    sigset_t before;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    auto n = ::write(fd_, frame.data(), frame.size());
    if (n < 0 && errno == EPIPE) {
      timespec at_once{};
      ::sigtimedwait(&pipe_signal, nullptr, &at_once);
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return n;
  }

  std::mutex mutex_;
  int fd_ = -1;
  unsigned posted_ = 0; ///< On their way to the host thread.
  bool busy_ = false;   ///< The host thread has something left to write.
};

} // namespace leanworker::internal
