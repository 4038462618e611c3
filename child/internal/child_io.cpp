// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/internal/child_io.hpp>

#include <leanworker/child/hang_report.hpp>
#include <leanworker/child/internal/end_cause.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <sys/epoll.h>
#include <unistd.h>

namespace leanworker::internal {
namespace {

/// Reads per wake-up of one descriptor, so that a child that writes without end does not starve the others.
constexpr int reads_per_turn = 8;

bool holds_response(const frame_batch& batch) {
  return std::any_of(batch.frames().begin(), batch.frames().end(), [](const frame_view& frame) { return frame.header.kind == frame_kind::response; });
}

} // namespace

child_io::child_io(child_id id, int epoll, slab_pool& pool, child_limits limits, std::shared_ptr<child_observer> observer,
                   std::function<void()> wake, std::shared_ptr<direct_writer> writer)
    : id_{id}, epoll_{epoll}, limits_{limits}, observer_{std::move(observer)}, writer_{std::move(writer)},
      wake_{std::move(wake)}, gate_{std::make_shared<credit_gate>(limits.credit_bytes, wake_, limits.row_pool)},
      cutter_{pool, frame_sender::child, frame_bytes_max_initial, gate_}, out_ring_{limits.log_bytes}, err_ring_{limits.log_bytes} {}

int child_io::fd_of(source what) const {
  switch (what) {
    case source::pidfd: return process_.pidfd.get();
    case source::channel: return process_.channel.get();
    case source::in: return process_.in.get();
    case source::out: return process_.out.get();
    case source::err: return process_.err.get();
  }
  return -1;
}

void child_io::watch(source what, std::uint32_t events) {
  auto& current = watched_[static_cast<std::size_t>(what)];
  if (current == events)
    return;
  epoll_event event{};
  event.events = events;
  event.data.u64 = id_ << 3 | static_cast<std::uint64_t>(what);
  ::epoll_ctl(epoll_, current == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd_of(what), &event);
  current = events;
}

void child_io::unwatch(source what) {
  auto& current = watched_[static_cast<std::size_t>(what)];
  if (current != 0)
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd_of(what), nullptr);
  current = 0;
}

void child_io::start(const process_spec& spec, clock::time_point now) {
  started_at_ = now;
  auto result = spawn(spec);
  if (result.process.pid < 0) {
    exit_ = result.failure;
    detail_ = std::move(result.detail);
    return finish(now);
  }
  process_ = std::move(result.process);
  for (auto what : {source::pidfd, source::channel, source::out, source::err})
    watch(what, EPOLLIN);
  writer_->open(process_.in.get());
  observer_->started(process_.pid);
}

void child_io::ready(source from, clock::time_point now) {
  if (over_ || watched_[static_cast<std::size_t>(from)] == 0)
    return;
  switch (from) {
    case source::pidfd: has_exited(now); break;
    case source::channel: read_channel(now); break;
    case source::in: flush(now); break;
    case source::out: read_log(from, now); break;
    case source::err: read_log(from, now); break;
  }
  if (reaped_ && drained())
    finish(now);
}

void child_io::read_channel(clock::time_point now) {
  for (int i = 0; i < reads_per_turn; ++i) {
    if (gate_->pause_if_used_up()) {
      paused_ = true;
      paused_at_ = now;
      if (reaped_ && !stopping_)
        drain_ends_ = clock::time_point::max(); // as in `has_exited`
      if (meter_)
        ++meter_->waits;
      return unwatch(source::channel);
    }
    auto space = cutter_.space();
    auto n = ::read(process_.channel.get(), space.data(), space.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno == EAGAIN)
      return;
    if (n <= 0)
      return channel_at_end(now);
    auto cut = cutter_.commit(static_cast<std::size_t>(n));
    if (cut.batch) {
      // What it printed before it sent this belongs before it: a panic before the answer whose request it spoils.
      // And what it left without an end does not become a part of what the next request prints.
      if (holds_response(*cut.batch)) {
        if (process_.err)
          read_log(source::err, now);
        err_lines_.end_line([&](std::string_view line) { tell_line(true, line, now); });
        out_lines_.end_line([&](std::string_view line) { tell_line(false, line, now); });
      }
      observer_->frames(std::move(cut.batch));
    }
    if (cut.error != errc::none) {
      // The bytes behind a broken frame mean nothing; not reading them is what "resynchronises never" says.
      unwatch(source::channel);
      channel_ended_ = true;
      return fail(cut.error, cut.detail, stop_mode::hard, now);
    }
  }
}

void child_io::tell_lines(bool on_stderr, std::string_view text, clock::time_point now) {
  (on_stderr ? err_lines_ : out_lines_).append(text, [&](std::string_view line) { tell_line(on_stderr, line, now); });
}

void child_io::tell_line(bool on_stderr, std::string_view line, clock::time_point now) {
  bool panic = on_stderr && tells_of_panic(line);
  if (panic ? panics_.passes(now) : lines_.passes(now))
    observer_->printed({on_stderr, panic, make_valid_utf8(line)});
}

void child_io::describe_hang() {
  if (!over_ && !reaped_ && process_.pid > 0 && hang_.empty())
    hang_ = hang_report(process_.pid);
}

void child_io::read_log(source from, clock::time_point now) {
  char buffer[16 << 10];
  auto& into = from == source::out ? out_ring_ : err_ring_;
  auto& fd = from == source::out ? process_.out : process_.err;
  for (int i = 0; i < reads_per_turn; ++i) {
    auto n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno == EAGAIN)
      return;
    if (n <= 0) {
      unwatch(from);
      return fd.reset();
    }
    std::string_view text{buffer, static_cast<std::size_t>(n)};
    into.append(text);
    if (!stopping_)
      tell_lines(from == source::err, text, now);
  }
}

void child_io::channel_at_end(clock::time_point now) {
  unwatch(source::channel);
  channel_ended_ = true;
  // It may be about to exit, and then how it exits says more than the silence.
  if (!reaped_)
    channel_grace_ends_ = now + limits_.channel_grace;
}

void child_io::send(std::string frame, clock::time_point deadline, clock::time_point now) {
  if (over_ || !process_.in || close_in_when_flushed_)
    return writer_->posted(false);
  if (unsent_.unsent_bytes() + frame.size() > limits_.unsent_bytes_max)
    return fail(errc::write_timeout, "too much is waiting to be read by the child", stop_mode::firm, now);
  unsent_.push(std::move(frame), deadline);
  flush(now);
  writer_->posted(!unsent_.empty());
}

void child_io::close_in() {
  writer_->close();
  process_.in.reset();
}

void child_io::flush(clock::time_point now) {
  auto state = unsent_.flush(process_.in.get());
  if (state == write_queue::progress::blocked)
    return watch(source::in, EPOLLOUT);
  unwatch(source::in);
  writer_->flushed(false);
  if (state == write_queue::progress::broken && !reaped_ && channel_grace_ends_ == clock::time_point::max())
    channel_grace_ends_ = now + limits_.channel_grace;
  if (state == write_queue::progress::broken || close_in_when_flushed_)
    close_in();
}

void child_io::fail(errc cause, std::string detail, stop_mode mode, clock::time_point now) {
  if (fault_ == errc::none && !stop_asked_ && !reaped_) {
    fault_ = cause;
    detail_ = std::move(detail);
    observer_->fault(fault_, detail_);
  }
  if (!reaped_)
    stop(mode, now);
}

void child_io::stop(stop_mode mode, clock::time_point now) {
  if (over_)
    return;
  if (fault_ == errc::none && !reaped_)
    stop_asked_ = true;
  if (stopping_ && mode <= mode_)
    return;
  stopping_ = true;
  mode_ = mode;
  rung_ = 0;
  if (!reaped_)
    climb(now);
  else if (paused_)
    drain_ends_ = now + limits_.exit_drain;
}

void child_io::climb(clock::time_point now) {
  if (rung_ > 3) // the last rung was SIGKILL, and the kernel had `reap_max` to obey
    return finish(now);
  auto rung = stop_rung_at(mode_, rung_++, limits_.ladder);
  switch (rung.action) {
    case stop_action::say_terminate:
      writer_->close();
      unsent_.push(encode_frame(frame_kind::terminate, 0, 0, {}), now + rung.patience);
      close_in_when_flushed_ = true;
      if (process_.in)
        flush(now);
      break;
    case stop_action::signal_term: signal_group(process_.pid, SIGTERM); break;
    case stop_action::signal_kill:
      signal_group(process_.pid, SIGKILL);
      rung_ = 4;
      break;
  }
  climb_at_ = now + (rung.patience.count() > 0 ? rung.patience : limits_.reap_max);
}

void child_io::has_exited(clock::time_point now) {
  // Whoever it left behind in its group must not keep its pipes open, nor live on. Before the reaping: until then the group's number is not free.
  signal_group(process_.pid, SIGKILL);
  exit_ = reap(process_);
  reaped_ = true;
  unwatch(source::pidfd);
  if (process_.in) {
    unwatch(source::in);
    close_in();
  }
  unsent_.clear();
  climb_at_ = channel_grace_ends_ = clock::time_point::max();
  // Without credit the rest of its output waits in the pipe until its user makes room; no holder can make that take for ever, because the request
  // has a deadline and ends in `stop`.
  if (!paused_ || stopping_)
    drain_ends_ = now + limits_.exit_drain;
}

void child_io::resume(clock::time_point now) {
  if (over_ || !paused_)
    return;
  paused_ = false;
  if (meter_)
    meter_->waited_microseconds += std::chrono::duration_cast<std::chrono::microseconds>(now - paused_at_).count();
  watch(source::channel, EPOLLIN);
  if (reaped_)
    drain_ends_ = now + limits_.exit_drain;
}

void child_io::credit(std::size_t bytes, std::shared_ptr<backpressure_meter> meter, clock::time_point now) {
  gate_ = std::make_shared<credit_gate>(bytes, wake_, limits_.row_pool);
  cutter_.gate(gate_);
  resume(now); // the pause counts for whom it concerned
  meter_ = std::move(meter);
}

child_io::clock::time_point child_io::next_deadline() const {
  auto write = unsent_.empty() || !process_.in || stopping_ ? clock::time_point::max() : unsent_.deadline();
  return std::min({climb_at_, channel_grace_ends_, drain_ends_, write});
}

void child_io::tick(clock::time_point now) {
  if (over_)
    return;
  if (drain_ends_ <= now)
    return finish(now);
  if (channel_grace_ends_ <= now) {
    channel_grace_ends_ = clock::time_point::max();
    fail(cutter_.inside_frame() ? errc::frame_truncated : errc::channel_closed, "the process lives on", stop_mode::firm, now);
  }
  if (!stopping_ && process_.in && unsent_.deadline() <= now)
    fail(errc::write_timeout, std::to_string(unsent_.unsent_bytes()) + " bytes were not read in time", stop_mode::firm, now);
  if (climb_at_ <= now)
    climb(now);
}

void child_io::finish(clock::time_point now) {
  if (over_)
    return;
  over_ = true;
  writer_->close();
  bool outlived = process_.pid > 0 && !reaped_;
  for (auto what : {source::pidfd, source::channel, source::in, source::out, source::err})
    if (what != source::pidfd || !outlived)
      unwatch(what);
  child_end end;
  end.exit = exit_;
  end.cause = decide_end_cause(fault_, stop_asked_, exit_, cutter_.inside_frame());
  end.detail = detail_;
  end.stderr_tail = err_ring_.tail();
  end.stdout_tail = out_ring_.tail();
  end.hang = std::move(hang_);
  end.uptime = std::chrono::duration_cast<std::chrono::milliseconds>(now - started_at_);
  end.reaped = reaped_;
  if (outlived)
    for (auto pipe : {&process_.in, &process_.channel, &process_.out, &process_.err})
      pipe->reset();
  else
    process_ = {};
  observer_->ended(end);
}

} // namespace leanworker::internal
