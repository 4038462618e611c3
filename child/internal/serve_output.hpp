// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/seal.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace leanworker::internal {

/// The writing end of a child: frames from any thread, in the order of the calls. Usually the caller's thread writes; a thread of its own writes
/// what the pipe did not take at once, and rows that have waited for 1 ms. So the reading thread of the child never blocks on a slow parent.
class serve_output {
public:
  using clock = std::chrono::steady_clock;

  /// Takes ownership of `fd` and makes it non-blocking. `broken` is called at most once, on any thread, when it cannot be written any more.
  serve_output(int fd, std::function<void()> broken);
  ~serve_output();
  serve_output(const serve_output&) = delete;
  serve_output& operator=(const serve_output&) = delete;

  /// The cap on bodies to the parent.
  void body_bytes_max(std::uint32_t bytes) noexcept { body_bytes_max_ = bytes; }
  std::uint32_t body_bytes_max() const noexcept { return body_bytes_max_; }
  bool fits(std::size_t body_bytes) const noexcept { return body_bytes <= body_bytes_max_; }

  /// Every frame from now on is sealed.
  void seal_with(const seal_key& key);

  /// Who writes a frame: the reading thread, which waits only for a parent that is very far behind, or a working one.
  enum class from : std::uint8_t { reader, worker };

  /// Precondition: the body fits.
  void write(from who, frame_kind kind, std::uint8_t flags, std::uint64_t request_id, std::string_view body);
  /// Gathers a row. Precondition: a valid stream name and payload, and the body fits.
  void write_row(std::uint64_t request_id, std::uint64_t sequence, std::string_view stream, std::string_view payload);

  /// Drops every frame from now on, and lets go of those who wait for room.
  void refuse_more();
  /// Waits until everything gathered is written. False at the deadline, or when the descriptor is broken.
  bool drain(clock::time_point deadline);

private:
  std::size_t backlog() const noexcept { return pending_.size() - written_; }
  bool wait_for_room(std::unique_lock<std::mutex>& lock, std::size_t backlog_max);
  void append_header(frame_kind kind, std::uint8_t flags, std::uint64_t request_id, std::size_t body_bytes);
  void flush();
  void write_in_background();

  const int fd_;
  const std::function<void()> broken_callback_;
  std::atomic<std::uint32_t> body_bytes_max_{frame_bytes_max_initial};

  std::mutex mutex_;
  std::condition_variable changed_; ///< For the background thread.
  std::condition_variable room_;    ///< For everybody else.
  frame_sealer sealer_;
  std::string pending_;             ///< Whole frames, of which the first `written_` bytes are gone.
  std::size_t written_ = 0;
  clock::time_point flush_at_ = clock::time_point::max();
  bool blocked_ = false; ///< The pipe is full; only the background thread writes now.
  bool broken_ = false;
  bool refusing_ = false;
  bool over_ = false;
  std::thread background_;
};

} // namespace leanworker::internal
