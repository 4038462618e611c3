// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/row_consumer.hpp>

#include <leanworker/child/handshake.hpp>

namespace leanworker {

bool decode_note(const frame_view& frame, row_note& out) {
  out = {};
  child_note note;
  if (!decode_child_note(frame.body, note))
    return false;
  out.message = std::move(note.message);
  switch (frame.header.kind) {
    case frame_kind::diagnostic:
      out.kind = note_kind::diagnostic;
      out.code = std::move(note.code);
      break;
    case frame_kind::progress:
      out.kind = note_kind::progress;
      out.code = std::move(note.phase);
      out.current = note.current;
      out.total = note.total;
      break;
    case frame_kind::log: out.code = std::move(note.level); break;
    default: return false;
  }
  return !out.code.empty();
}

sink_status row_consumer::rows(const row_slice& slice) {
  sink_status status;
  visit_rows(
    slice,
    [&](const data_row& one) {
      status = row(one);
      return status.ok();
    },
    [&](const frame_view& frame) {
      if (row_note said; decode_note(frame, said))
        note(said);
      return true;
    });
  return status;
}

} // namespace leanworker
