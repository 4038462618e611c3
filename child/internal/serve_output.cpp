// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/internal/serve_output.hpp>

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace leanworker::internal {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t rows_flush_bytes = 32u << 10;
constexpr auto rows_wait = 1ms;
/// A working thread waits above this backlog: the parent is slower than the work.
constexpr std::size_t worker_backlog_max = 256u << 10;
/// The reading thread goes on to hear `terminate` even then, up to a bound on memory.
constexpr std::size_t reader_backlog_max = 4u << 20;
/// A buffer that one large frame has grown is not kept.
constexpr std::size_t pending_keep_bytes = 1u << 20;

} // namespace

serve_output::serve_output(int fd, std::function<void()> broken) : fd_{fd}, broken_callback_{std::move(broken)} {
  // Nobody else shares this file description: the parent made the pipe for this child alone.
  ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);
  background_ = std::thread{[this] { write_in_background(); }};
}

serve_output::~serve_output() {
  {
    std::lock_guard guard{mutex_};
    over_ = true;
  }
  changed_.notify_all();
  background_.join();
  ::close(fd_);
}

void serve_output::seal_with(const seal_key& key) {
  std::lock_guard guard{mutex_};
  sealer_.use(key);
}

bool serve_output::wait_for_room(std::unique_lock<std::mutex>& lock, std::size_t backlog_max) {
  room_.wait(lock, [&] { return backlog() <= backlog_max || broken_ || refusing_; });
  return !broken_ && !refusing_;
}

void serve_output::append_header(frame_kind kind, std::uint8_t flags, std::uint64_t request_id, std::size_t body_bytes) {
  auto header = encode_frame_header({kind, flags, sealer_.seal(kind, request_id), static_cast<std::uint32_t>(body_bytes)});
  pending_.append(reinterpret_cast<const char*>(header.data()), header.size());
}

void serve_output::write(from who, frame_kind kind, std::uint8_t flags, std::uint64_t request_id, std::string_view body) {
  std::unique_lock lock{mutex_};
  if (!wait_for_room(lock, who == from::reader ? reader_backlog_max : worker_backlog_max))
    return;
  append_header(kind, flags, request_id, body.size());
  pending_.append(body);
  flush();
}

void serve_output::write_row(std::uint64_t request_id, std::uint64_t sequence, std::string_view stream, std::string_view payload) {
  char prefix[row_prefix_bytes];
  for (std::size_t i = 0; i < 8; ++i)
    prefix[i] = static_cast<char>(sequence >> (8 * i));
  prefix[8] = static_cast<char>(stream.size());
  prefix[9] = 0; // a name has at most 255 bytes
  std::unique_lock lock{mutex_};
  if (!wait_for_room(lock, worker_backlog_max))
    return;
  append_header(frame_kind::row, 0, request_id, row_prefix_bytes + stream.size() + payload.size());
  pending_.append(prefix, row_prefix_bytes).append(stream).append(payload);
  if (backlog() >= rows_flush_bytes)
    return flush();
  if (flush_at_ == clock::time_point::max()) {
    flush_at_ = clock::now() + rows_wait;
    changed_.notify_one();
  }
}

void serve_output::flush() {
  flush_at_ = clock::time_point::max();
  while (!blocked_ && !broken_ && backlog() > 0) {
    auto n = ::write(fd_, pending_.data() + written_, backlog());
    if (n >= 0) {
      written_ += static_cast<std::size_t>(n);
    } else if (errno == EAGAIN) {
      blocked_ = true;
      changed_.notify_one();
    } else if (errno != EINTR) {
      broken_ = true;
      broken_callback_();
    }
  }
  if (backlog() == 0 || broken_) {
    pending_.clear();
    written_ = 0;
    if (pending_.capacity() > pending_keep_bytes)
      pending_.shrink_to_fit();
  } else if (written_ > pending_keep_bytes) {
    pending_.erase(0, std::exchange(written_, 0));
  }
  room_.notify_all();
}

void serve_output::write_in_background() {
  std::unique_lock lock{mutex_};
  while (!over_) {
    if (blocked_) {
      lock.unlock();
      pollfd writable{fd_, POLLOUT, 0};
      ::poll(&writable, 1, 50); // wakes by itself only to look at `over_`
      lock.lock();
      blocked_ = false;
      flush();
    } else if (flush_at_ == clock::time_point::max()) {
      changed_.wait(lock, [&] { return over_ || blocked_ || flush_at_ != clock::time_point::max(); });
    } else if (clock::now() >= flush_at_) {
      flush();
    } else {
      auto until = flush_at_;
      changed_.wait_until(lock, until, [&] { return over_ || blocked_ || flush_at_ != until; });
    }
  }
}

void serve_output::refuse_more() {
  {
    std::lock_guard guard{mutex_};
    refusing_ = true;
  }
  room_.notify_all();
}

bool serve_output::drain(clock::time_point deadline) {
  std::unique_lock lock{mutex_};
  if (!blocked_)
    flush();
  room_.wait_until(lock, deadline, [&] { return backlog() == 0 || broken_; });
  return !broken_ && backlog() == 0;
}

} // namespace leanworker::internal
