// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace leanworker {

/// How long the threads of a process were ready to run and waited for a processor: the second number of /proc/PID/task/TID/schedstat
/// (Documentation/scheduler/sched-stats in the kernel's tree). Cheap, and takes no lock of the process. Not thread-safe.
class processor_wait {
public:
  /// `proc`: where /proc is; tests have one of their own.
  explicit processor_wait(std::string proc = "/proc") : proc_{std::move(proc)} {}

  /// What has come together over all looks, of the thread that waited longest between each two; a first look at a process adds nothing. A process
  /// that cannot be looked at adds nothing either.
  std::chrono::milliseconds look(std::int64_t pid);

private:
  std::string proc_;
  std::int64_t pid_ = 0;
  std::map<std::int64_t, std::uint64_t> seen_; ///< Nanoseconds by thread, of the last look.
  std::uint64_t total_ns_ = 0;
};

/// Processor time of all threads of a process since its start, as its clock tells (clock_getcpuclockid(3)); nothing of one that is gone.
std::optional<std::chrono::nanoseconds> processor_time_of(std::int64_t pid);

} // namespace leanworker
