// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

/// What is known about the memory of children. What could not be read is unavailable, never zero.
namespace leanworker {

/// A number that may be unavailable.
struct measured_bytes {
  bool known = false;
  std::uint64_t bytes = 0;
  static measured_bytes of(std::uint64_t bytes) noexcept { return {true, bytes}; }
  friend bool operator==(const measured_bytes&, const measured_bytes&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, measured_bytes& x) {
  return f(x.known, x.bytes);
}

/// One look at one child. Only the child's own process: what it starts itself is not counted.
struct memory_sample {
  std::uint32_t worker = 0;
  std::uint64_t generation = 0;
  std::int64_t pid = 0;
  measured_bytes rss;           ///< /proc/PID/statm.
  measured_bytes pss;           ///< /proc/PID/smaps_rollup, which is dear: read every few looks, else the last one.
  measured_bytes private_dirty; ///< Likewise.
  std::uint32_t threads = 0;    ///< 0: unavailable.
  std::chrono::milliseconds cpu{0}; ///< User and system, since its start.
  std::chrono::milliseconds at{0};  ///< Of the monitor's clock; differences mean something.
  std::chrono::milliseconds rollup_at{-1}; ///< When `pss` and `private_dirty` were read; -1: never.
  measured_bytes rss_at_rollup; ///< What `rss` was then.

  /// What is counted against a budget: PSS where it is known, so that pages shared between children count once, and with it what RSS has grown since; never more than
  /// RSS. Else RSS.
  measured_bytes counted() const noexcept {
    if (!rss.known || !pss.known || !rss_at_rollup.known)
      return rss;
    auto grown = rss.bytes > rss_at_rollup.bytes ? rss.bytes - rss_at_rollup.bytes : 0;
    return measured_bytes::of(std::min(rss.bytes, pss.bytes + grown));
  }
  friend bool operator==(const memory_sample&, const memory_sample&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, memory_sample& x) {
  return f(x.worker, x.generation, x.pid, x.rss, x.pss, x.private_dirty, x.threads, x.cpu, x.at, x.rollup_at, x.rss_at_rollup);
}

/// The machine, or the control group that we are in.
struct machine_memory {
  measured_bytes total;         ///< MemTotal.
  measured_bytes available;     ///< MemAvailable.
  measured_bytes group_limit;   ///< The tightest of memory.max and memory.high of our cgroup (v2) and those above it. Unavailable: none.
  measured_bytes group_current; ///< memory.current of that group.
  friend bool operator==(const machine_memory&, const machine_memory&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, machine_memory& x) {
  return f(x.total, x.available, x.group_limit, x.group_current);
}

/// Measure this child from now on. Pool → monitor. A later generation of the same worker takes the place of an earlier one.
struct watch_process {
  std::uint32_t worker = 0;
  std::uint64_t generation = 0;
  std::int64_t pid = 0;
  friend bool operator==(const watch_process&, const watch_process&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, watch_process& x) {
  return f(x.worker, x.generation, x.pid);
}

/// Measure it no more. Pool → monitor. Ignored where another generation is being measured.
struct unwatch_process {
  std::uint32_t worker = 0;
  std::uint64_t generation = 0;
  friend bool operator==(const unwatch_process&, const unwatch_process&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, unwatch_process& x) {
  return f(x.worker, x.generation);
}

/// Send me a report each time. Anyone → monitor; ends with the subscriber's death. Idempotent.
struct subscribe_memory {
  bool unused = false;
  friend bool operator==(const subscribe_memory&, const subscribe_memory&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, subscribe_memory& x) {
  return f(x.unused);
}

/// One look at all children that the sender asked to be watched. Monitor → subscriber.
struct memory_report {
  std::vector<memory_sample> samples; ///< One per child watched, also where nothing could be read.
  machine_memory machine;
  std::uint64_t unavailable = 0;      ///< Samples without an RSS, since the monitor began.
  std::chrono::microseconds took{0};
  friend bool operator==(const memory_report&, const memory_report&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, memory_report& x) {
  return f(x.samples, x.machine, x.unavailable, x.took);
}

/// The monitor's timer rang. Monitor → itself.
struct monitor_timer {
  bool unused = false;
  friend bool operator==(const monitor_timer&, const monitor_timer&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, monitor_timer& x) {
  return f(x.unused);
}

} // namespace leanworker
