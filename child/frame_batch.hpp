// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/credit.hpp>
#include <leanworker/child/frame.hpp>
#include <leanworker/child/slab.hpp>

#include <memory>
#include <string_view>
#include <vector>

namespace leanworker {

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
