// SPDX-License-Identifier: Apache-2.0
#include "interrupt.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>

#include <unistd.h>

namespace leanworker::cli {
namespace {

constexpr std::chrono::milliseconds watch_interval{50};

std::atomic<int> count{0};
static_assert(std::atomic<int>::is_always_lock_free);

void on_signal(int) {
  // Who insists may leave without good-byes: the children die with this process (parent-death signal).
  if (count.fetch_add(1) >= 2)
    ::_exit(130);
}

} // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigemptyset(&action.sa_mask);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction inherited {};
    ::sigaction(signal, nullptr, &inherited);
    if (inherited.sa_handler != SIG_IGN) // whoever started us wants it ignored, as nohup does
      ::sigaction(signal, &action, nullptr);
  }
  ::signal(SIGPIPE, SIG_IGN);
  // A file at the size that this process is allowed is an error to be told, not a reason to die with half of it.
  ::signal(SIGXFSZ, SIG_IGN);
  // Ignored by whoever started us, the kernel would reap our children, and how they ended would be lost.
  ::signal(SIGCHLD, SIG_DFL);
}

int interrupts() noexcept { return count.load(); }

stop_on_interrupt::stop_on_interrupt()
    : watcher_{[stop = stop_](std::stop_token over) mutable {
        std::mutex mutex;
        std::unique_lock lock{mutex};
        std::condition_variable_any asleep;
        while (!over.stop_requested() && interrupts() == 0)
          asleep.wait_for(lock, over, watch_interval, [] { return false; });
        if (interrupts() > 0)
          stop.request_stop();
      }} {}

} // namespace leanworker::cli
