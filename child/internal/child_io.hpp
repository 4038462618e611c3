// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/host_thread.hpp>
#include <leanworker/child/internal/direct_writer.hpp>
#include <leanworker/child/internal/frame_cutter.hpp>
#include <leanworker/child/internal/line_cutter.hpp>
#include <leanworker/child/internal/write_queue.hpp>

#include <array>

namespace leanworker::internal {

/// One child on the host thread: its descriptors, its limits, and the way to its end. Used by that thread only.
class child_io {
public:
  using clock = std::chrono::steady_clock;
  enum class source : std::uint8_t { pidfd, channel, in, out, err };

  /// `epoll` and `pool` must outlive this; `wake` asks the loop to call `resume` for this child.
  child_io(child_id id, int epoll, slab_pool& pool, child_limits limits, std::shared_ptr<child_observer> observer, std::function<void()> wake,
           std::shared_ptr<direct_writer> writer);

  void start(const process_spec& spec, clock::time_point now);
  void ready(source from, clock::time_point now);
  void send(std::string frame, clock::time_point deadline, clock::time_point now);
  void body_bytes_max(std::uint32_t bytes) { cutter_.body_bytes_max(bytes); }
  /// New credit for what is read from now on; a pause for want of the old one ends.
  void credit(std::size_t bytes, std::shared_ptr<backpressure_meter> meter, clock::time_point now);
  void stop(stop_mode mode, clock::time_point now);
  /// Keeps what its threads do just now.
  void describe_hang();
  void resume(clock::time_point now);
  /// When `tick` must be called; `max()` for never.
  clock::time_point next_deadline() const;
  void tick(clock::time_point now);
  /// True once `ended` was told: this may go.
  bool over() const noexcept { return over_; }
  /// The process, where it has outlived all this: its pidfd is still watched as `source::pidfd`, and whoever takes it must reap it. Else one without a pid.
  spawned_process take_unreaped() noexcept { return std::exchange(process_, {}); }

private:
  void watch(source what, std::uint32_t events);
  void unwatch(source what);
  int fd_of(source what) const;
  void read_channel(clock::time_point now);
  void read_log(source from, clock::time_point now);
  void tell_lines(bool on_stderr, std::string_view text, clock::time_point now);
  void tell_line(bool on_stderr, std::string_view line, clock::time_point now);
  void flush(clock::time_point now);
  void close_in();
  void channel_at_end(clock::time_point now);
  void has_exited(clock::time_point now);
  void fail(errc cause, std::string detail, stop_mode mode, clock::time_point now);
  void climb(clock::time_point now);
  bool drained() const noexcept { return channel_ended_ && !process_.out && !process_.err; }
  void finish(clock::time_point now);

  const child_id id_;
  const int epoll_;
  const child_limits limits_;
  std::shared_ptr<child_observer> observer_;
  std::shared_ptr<direct_writer> writer_;
  std::function<void()> wake_;
  std::shared_ptr<credit_gate> gate_;
  std::shared_ptr<backpressure_meter> meter_;
  frame_cutter cutter_;
  write_queue unsent_;
  spawned_process process_;
  log_ring out_ring_;
  log_ring err_ring_;
  line_cutter out_lines_;
  line_cutter err_lines_;
  per_second<clock::time_point> lines_{1000};
  per_second<clock::time_point> panics_{100};
  std::string hang_;
  std::array<std::uint32_t, 5> watched_{};

  clock::time_point started_at_{};
  exit_status exit_;
  bool reaped_ = false;
  bool channel_ended_ = false;
  bool paused_ = false;
  clock::time_point paused_at_{};
  bool over_ = false;

  errc fault_ = errc::none;
  std::string detail_;
  bool stop_asked_ = false; ///< By the owner, before anything else went wrong.
  bool stopping_ = false;
  stop_mode mode_ = stop_mode::polite;
  unsigned rung_ = 0;
  bool close_in_when_flushed_ = false;

  clock::time_point climb_at_ = clock::time_point::max();
  clock::time_point channel_grace_ends_ = clock::time_point::max();
  clock::time_point drain_ends_ = clock::time_point::max();
};

} // namespace leanworker::internal
