// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/frame.hpp>
#include <leanworker/child/slab.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace leanworker {

/// Byte credit of one child: how many bytes of frames may be on their way to their users. Reading stops at the limit and goes on below half of it,
/// so that a slow user slows the child through the pipe and costs a bounded amount of memory.
class credit_gate {
public:
  /// `wake` is called (on any thread) when reading may go on after it was paused. It must be safe to call for as long as a batch lives.
  credit_gate(std::size_t limit_bytes, std::function<void()> wake) : limit_{limit_bytes}, wake_{std::move(wake)} {}

  void charge(std::size_t bytes) noexcept { used_.fetch_add(bytes); }
  void give_back(std::size_t bytes) {
    auto left = used_.fetch_sub(bytes) - bytes;
    if (left <= limit_ / 2 && paused_.exchange(false))
      wake_();
  }
  /// The reader's question before each read. Returns true and remembers the pause when the credit is used up.
  bool pause_if_used_up() noexcept {
    if (used_.load() < limit_)
      return false;
    paused_.store(true);
    // Credit may have come back between the two lines; then nobody would wake us.
    if (used_.load() > limit_ / 2)
      return true;
    return !paused_.exchange(false);
  }
  std::size_t used_bytes() const noexcept { return used_.load(); }

private:
  std::size_t limit_;
  std::function<void()> wake_;
  std::atomic<std::size_t> used_{0};
  std::atomic<bool> paused_{false};
};

/// One frame; the view points into the batch that holds it.
struct frame_view {
  frame_header header;
  std::string_view body;
};

/// The complete frames of one read, in the order of the pipe. Owns their bytes and their credit: both go back when the last holder lets go.
class frame_batch {
public:
  frame_batch(std::shared_ptr<slab> storage, std::vector<frame_view> frames, std::size_t bytes, std::shared_ptr<credit_gate> gate)
      : storage_{std::move(storage)}, frames_{std::move(frames)}, bytes_{bytes}, gate_{std::move(gate)} {
    if (gate_)
      gate_->charge(bytes_);
  }
  ~frame_batch() {
    if (gate_)
      gate_->give_back(bytes_);
  }
  frame_batch(const frame_batch&) = delete;
  frame_batch& operator=(const frame_batch&) = delete;

  const std::vector<frame_view>& frames() const noexcept { return frames_; }
  std::size_t bytes() const noexcept { return bytes_; }

private:
  std::shared_ptr<slab> storage_;
  std::vector<frame_view> frames_;
  std::size_t bytes_;
  std::shared_ptr<credit_gate> gate_;
};

using frame_batch_ptr = std::shared_ptr<const frame_batch>;

} // namespace leanworker
