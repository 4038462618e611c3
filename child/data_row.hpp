// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/frame_batch.hpp>
#include <leanworker/messages/rows.hpp>

#include <cstdint>
#include <string_view>
#include <utility>

namespace leanworker {

/// One row as it lies in its slab: a view, valid as long as its batch. At least `slab_padding_bytes` bytes behind `json` may be read. Nobody has looked into `json` yet.
struct data_row {
  std::string_view stream;
  std::uint64_t sequence = 0;
  std::string_view json;
};

/// Calls `row(data_row)` for each row of a slice, and `note(frame_view)` for each diagnostic, progress or log frame, in order, until one of them returns false. Returns whether all were
/// visited.
template <class Row, class Note>
bool visit_rows(const row_slice& slice, Row&& row, Note&& note) {
  const auto& frames = slice.batch->frames();
  for (auto i = slice.first; i < slice.last; ++i) {
    const auto& frame = frames[i];
    if (frame.header.kind != frame_kind::row) {
      if (!note(frame))
        return false;
      continue;
    }
    row_view view;
    // The link has checked it; a slice made by hand may hold anything.
    if (decode_row(frame.body, view) == errc::none && !row(data_row{view.stream, view.sequence, view.payload}))
      return false;
  }
  return true;
}

} // namespace leanworker
