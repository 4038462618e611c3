// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/frame_batch.hpp>
#include <leanworker/child/internal/stop_ladder.hpp>
#include <leanworker/child/log_ring.hpp>
#include <leanworker/child/process.hpp>
#include <leanworker/messages/errc.hpp>
#include <leanworker/messages/exit_status.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace leanworker {

/// Bounds of one child's input and output.
struct child_limits {
  std::size_t credit_bytes = 4u << 20;                          ///< Bytes of frames on their way to their users before reading stops.
  std::shared_ptr<credit_pool> row_pool;                        ///< A bound for many children together; null: none.
  std::size_t unsent_bytes_max = (256u << 20) + (1u << 20);     ///< Bytes waiting to be written before `send` refuses.
  std::size_t log_bytes = log_ring::capacity_bytes_default;     ///< Kept of descriptor 1, and as much of descriptor 2.
  std::chrono::milliseconds exit_drain{100};                    ///< After its end: how long a foreign holder of its pipes is waited for.
  std::chrono::milliseconds channel_grace{500};                 ///< After end of file on its channel: how long its end is waited for.
  std::chrono::milliseconds reap_max{5000};                     ///< After SIGKILL: how long the kernel may take before the child is abandoned.
  stop_ladder_times ladder;
};

/// The end of one child: everything that will ever be known about it.
struct child_end {
  errc cause = errc::none; ///< What decided first: a fault, our stop, or how it left. Never `none`.
  std::string detail;      ///< The offending values, for people. May be empty.
  exit_status exit;
  std::string stderr_tail; ///< At most `log_bytes`, valid UTF-8.
  std::string stdout_tail;
  std::string hang; ///< What its threads did when it was stopped with `describe`; see `hang_report`.
  std::chrono::milliseconds uptime{0};
  bool reaped = false; ///< False only where it could not be started, or outlived SIGKILL by `reap_max`.
};

/// A line that a living child printed.
struct printed_line {
  bool on_stderr = false;
  bool panic = false; ///< Lean's runtime tells of a panic.
  std::string text;   ///< At most 1 KiB, valid UTF-8.
};

/// Hears of one child. Called on the host thread, which serves all children: return soon, never block, never throw.
class child_observer {
public:
  virtual ~child_observer() = default;
  virtual void started(pid_t pid) = 0;
  /// Complete frames, in order. The batch may be kept; it holds credit until it is let go.
  virtual void frames(frame_batch_ptr batch) = 0;
  /// At most 1000 lines a second, and of panics 100 more; what was printed before a frame was sent is told before that frame.
  virtual void printed(printed_line) {}
  /// The first thing that went wrong on the channel, before anything is done about it. The child is stopped; `ended` follows.
  virtual void fault(errc cause, const std::string& detail) = 0;
  /// Exactly once, and last: after the reaping, and after every byte that was in its pipes.
  virtual void ended(const child_end& end) = 0;
};

using child_id = std::uint64_t;

/// Owns every child process: spawns, reads, writes, stops, reaps. One thread, no CAF, no exceptions across it. All members are safe from any
/// thread, never block, and are ignored for a child that has ended. The destructor kills what is left and returns within `reap_max`.
/// Lives as long as its children may: their parent-death signal is tied to its thread.
class host_thread {
public:
  host_thread();
  ~host_thread();
  host_thread(const host_thread&) = delete;
  host_thread& operator=(const host_thread&) = delete;

  /// Starts a child; success and failure are told to the observer, which is kept until after `ended`.
  child_id spawn(process_spec spec, std::shared_ptr<child_observer> observer, child_limits limits = {});
  /// Queues one encoded frame. It must be on its way entirely by `deadline`, or the child is stopped with `write_timeout`.
  void send(child_id child, std::string frame, std::chrono::steady_clock::time_point deadline);
  /// Raises or lowers the cap on the bodies that this child may send.
  void set_body_bytes_max(child_id child, std::uint32_t bytes);
  /// From now on what the child sends is charged to credit of its own: what users of earlier frames still hold does not count. `meter`: where pauses are counted; may be null.
  void credit(child_id child, std::size_t bytes, std::shared_ptr<backpressure_meter> meter = nullptr);
  /// `describe`: because it hangs; what its threads do is kept for `child_end::hang`.
  void stop(child_id child, stop_mode mode, bool describe = false);

  /// Children that were started and have not ended.
  std::size_t live() const noexcept;

private:
  class loop;
  std::shared_ptr<loop> loop_;
};

} // namespace leanworker
