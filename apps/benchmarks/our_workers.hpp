// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/client.hpp>
#include <leanworker/lean/check.hpp>

#include <string>

#include <sys/types.h>

namespace leanworker::bench {

/// Processor time of a process so far, all its threads, in seconds. Throws std::runtime_error when it is gone.
double cpu_seconds(pid_t pid);

/// Runnable processes, mean of the last minute.
double load();

/// A pool as a program opens it, and requests through it. Throws std::runtime_error where a request has no result. Safe from any thread.
class our_workers {
public:
  /// Blocks until as many sessions of this import are open.
  our_workers(const lean_setup& setup, unsigned workers, const std::string& import);

  std::string run(std::string body);
  verdict check(const std::string& source);
  static verdict read(const std::string& body);
  /// The children's and this process's, in seconds.
  double cpu();
  /// Blocks until the children have nothing to do any more, at most a minute: what they do while they are idle is over.
  void wait_until_quiet();

private:
  double children_cpu();

  session_key key_;
  client::pool pool_;
};

} // namespace leanworker::bench
