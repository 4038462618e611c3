// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>
#include <thread>

namespace leanworker::cli {

/// From now on SIGINT, SIGTERM and SIGHUP are only counted, and SIGPIPE and SIGXFSZ are ignored. A third one of the former ends the process at once.
void catch_interrupts();

/// How many of them came.
int interrupts() noexcept;

/// While it is there, the first interrupt requests a stop, within 50 ms. For what waits where it cannot look.
class stop_on_interrupt {
public:
  stop_on_interrupt();
  std::stop_token token() const { return stop_.get_token(); }

private:
  std::stop_source stop_;
  std::jthread watcher_;
};

} // namespace leanworker::cli
