// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/internal/frame_cutter.hpp>

#include <cstring>

namespace leanworker::internal {

frame_cutter::frame_cutter(slab_pool& pool, frame_sender sender, std::uint32_t body_bytes_max, std::shared_ptr<credit_gate> gate)
    : pool_{pool}, sender_{sender}, body_bytes_max_{body_bytes_max}, gate_{std::move(gate)} {}

void frame_cutter::make_room() {
  auto kept = end_ - begin_;
  auto fresh = pool_.acquire(needed());
  if (kept > 0)
    std::memcpy(fresh->bytes.get(), slab_->bytes.get() + begin_, kept);
  slab_ = std::move(fresh);
  begin_ = 0;
  end_ = kept;
}

std::span<std::uint8_t> frame_cutter::space() {
  if (failed_)
    return {};
  // A tail too short for a useful read is given up as well, or a stream of small frames would end in tiny reads.
  constexpr std::size_t useful_bytes = 4096;
  if (!slab_ || begin_ + needed() > slab_->capacity_bytes || (begin_ == end_ && slab_->capacity_bytes - end_ < useful_bytes))
    make_room();
  return {slab_->bytes.get() + end_, slab_->capacity_bytes - end_};
}

frame_cutter::result frame_cutter::commit(std::size_t bytes) {
  result out;
  end_ += bytes;
  std::vector<frame_view> frames;
  auto first = begin_;
  while (!failed_ && end_ - begin_ >= frame_header_bytes) {
    auto at = slab_->bytes.get() + begin_;
    std::span<const std::uint8_t, frame_header_bytes> header_bytes{at, frame_header_bytes};
    auto decoded = decode_frame_header(header_bytes, sender_, body_bytes_max_);
    if (decoded.error != errc::none) {
      failed_ = true;
      out.error = decoded.error;
      out.detail = explain_frame_error(decoded, header_bytes, body_bytes_max_);
      break;
    }
    wanted_bytes_ = frame_header_bytes + decoded.header.body_bytes;
    if (end_ - begin_ < wanted_bytes_)
      break;
    frames.push_back({decoded.header, {reinterpret_cast<const char*>(at) + frame_header_bytes, decoded.header.body_bytes}});
    begin_ += wanted_bytes_;
    wanted_bytes_ = frame_header_bytes;
  }
  if (!frames.empty())
    out.batch = std::make_shared<const frame_batch>(slab_, std::move(frames), begin_ - first, gate_);
  return out;
}

} // namespace leanworker::internal
