// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/data_row.hpp>

#include <cstring>
#include <string>
#include <vector>

namespace leanworker::harness {

/// Frames that a test makes up, as one batch: what a link, a sink or a consumer is given.
class made_up_batch {
public:
  made_up_batch& row(std::uint64_t sequence, std::string_view payload, std::string_view stream = "rows", std::uint64_t id = 7) {
    return frame(frame_kind::row, encode_row_body(sequence, stream, payload), id);
  }
  made_up_batch& frame(frame_kind kind, std::string_view body, std::uint64_t id = 7) {
    pieces_.push_back({{kind, 0, id, static_cast<std::uint32_t>(body.size())}, text_.size()});
    text_ += body;
    return *this;
  }
  frame_batch_ptr make() const {
    auto storage = std::make_shared<slab>();
    storage->bytes = std::make_unique<std::uint8_t[]>(text_.size() + slab_padding_bytes);
    storage->capacity_bytes = text_.size();
    std::memcpy(storage->bytes.get(), text_.data(), text_.size());
    std::vector<frame_view> frames;
    for (const auto& one : pieces_)
      frames.push_back({one.header, {reinterpret_cast<const char*>(storage->bytes.get()) + one.at, one.header.body_bytes}});
    return std::make_shared<const frame_batch>(storage, std::move(frames), text_.size(), nullptr);
  }
  row_slice slice() const { return {make(), 0, static_cast<std::uint32_t>(pieces_.size())}; }

private:
  struct piece {
    frame_header header;
    std::size_t at;
  };
  std::vector<piece> pieces_;
  std::string text_;
};

} // namespace leanworker::harness
