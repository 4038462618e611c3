// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/memory.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace leanworker {

/// Where the kernel tells about processes and control groups. Tests give folders of their own.
struct memory_sources {
  std::string proc = "/proc";
  std::string cgroup = "/sys/fs/cgroup";
};

/// Reads the memory of one process. What cannot be read stays unavailable: the process is gone, is not ours, or is another one under the same number (its start time
/// tells). Reading RSS, threads and CPU time takes about 20 µs; PSS and private memory are summed up by the kernel over all mappings, which takes about 1 ms per 100 MB, so
/// they are read only when asked for and kept in between.
class memory_probe {
public:
  explicit memory_probe(std::int64_t pid, memory_sources sources = {});

  /// `rollup`: read PSS and private memory, too. `at` is noted in the sample.
  memory_sample look(bool rollup, std::chrono::milliseconds at);

private:
  std::int64_t pid_;
  std::string folder_;
  std::uint64_t start_time_ = 0; ///< Field 22 of stat, as first seen. 0: not yet.
  memory_sample last_;
};

/// Processor time that the calling thread has used so far.
std::chrono::nanoseconds thread_cpu_time() noexcept;

/// MemTotal and MemAvailable; of cgroup v2 the tightest limit of our own group and those above it.
machine_memory look_at_machine(const memory_sources& sources = {});

/// Processors that this process may use at a time, at least 1: by its affinity, and by the quota of its control group and those above it (cpu.max of
/// cgroup v2, cpu.cfs_quota_us of v1 as a container sees it), rounded down.
unsigned usable_cores(const memory_sources& sources = {});

} // namespace leanworker
