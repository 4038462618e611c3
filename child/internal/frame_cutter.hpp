// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/frame_batch.hpp>

#include <span>
#include <string>

namespace leanworker::internal {

/// Cuts a byte stream into frames in place. The owner reads into `space()` and tells how much arrived; only a partial frame at the end of
/// a slab is ever copied. Any split of the stream gives the same frames and the same error. After an error it takes no more.
class frame_cutter {
public:
  struct result {
    frame_batch_ptr batch;    ///< The frames completed by this piece; null when there are none. Valid even next to an error.
    errc error = errc::none;  ///< Why the stream ends here.
    std::string detail;       ///< The offending values, for people.
  };

  frame_cutter(slab_pool& pool, frame_sender sender, std::uint32_t body_bytes_max, std::shared_ptr<credit_gate> gate = nullptr);

  /// Where the next bytes go; never empty before an error.
  std::span<std::uint8_t> space();
  /// Says that `bytes` of `space()` were filled.
  result commit(std::size_t bytes);

  void body_bytes_max(std::uint32_t bytes) noexcept { body_bytes_max_ = bytes; }
  /// Who is charged for the batches from now on.
  void gate(std::shared_ptr<credit_gate> gate) noexcept { gate_ = std::move(gate); }
  /// True when the stream stops inside a frame: at its end that is `frame_truncated`.
  bool inside_frame() const noexcept { return end_ > begin_; }
  bool failed() const noexcept { return failed_; }

private:
  std::size_t needed() const noexcept { return wanted_bytes_; }
  void make_room();

  slab_pool& pool_;
  frame_sender sender_;
  std::uint32_t body_bytes_max_;
  std::shared_ptr<credit_gate> gate_;
  std::shared_ptr<slab> slab_;
  std::size_t begin_ = 0;                          ///< First byte of the unfinished frame.
  std::size_t end_ = 0;                            ///< Behind the last byte read.
  std::size_t wanted_bytes_ = frame_header_bytes;  ///< How long the unfinished frame is, as far as known.
  bool failed_ = false;
};

} // namespace leanworker::internal
