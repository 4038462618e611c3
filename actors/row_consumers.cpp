// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/row_consumers.hpp>

namespace leanworker {

// -- counting ---------------------------------------------------------------------

sink_status counting_rows::row(const data_row& row) {
  ++rows_;
  payload_bytes_ += row.json.size();
  return {};
}

sink_status counting_rows::rows(const row_slice& slice) {
  visit_rows(
    slice,
    [this](const data_row& row) {
      ++rows_;
      payload_bytes_ += row.json.size();
      return true;
    },
    [](const frame_view&) { return true; });
  return {};
}

// -- collecting -------------------------------------------------------------------

sink_status collected_rows::row(const data_row& row) {
  auto bytes = row.json.size() + row.stream.size() + sizeof(kept_row);
  if (bytes_ + bytes > bytes_max_)
    return {errc::sink_full, "row " + std::to_string(row.sequence) + " of stream '" + std::string{row.stream} + "' is over the cap of "
                               + std::to_string(bytes_max_) + " bytes in memory"};
  bytes_ += bytes;
  rows_.push_back({std::string{row.stream}, row.sequence, std::string{row.json}});
  return {};
}

void collected_rows::note(const row_note& note) {
  auto bytes = note.code.size() + note.message.size() + sizeof(row_note);
  if (bytes_ + bytes > bytes_max_) {
    ++notes_dropped_;
    return;
  }
  bytes_ += bytes;
  notes_.push_back(note);
}

void collected_rows::discard(const request_outcome&) noexcept {
  rows_.clear();
  bytes_ = 0;
}

// -- tee --------------------------------------------------------------------------

sink_status tee_rows::row(const data_row& row) {
  for (const auto& one : all_)
    if (auto status = one->row(row); !status.ok())
      return status;
  return {};
}

sink_status tee_rows::rows(const row_slice& slice) {
  for (const auto& one : all_)
    if (auto status = one->rows(slice); !status.ok())
      return status;
  return {};
}

void tee_rows::note(const row_note& note) {
  for (const auto& one : all_)
    one->note(note);
}

sink_status tee_rows::finish(const rows_end& end) {
  for (const auto& one : all_)
    if (auto status = one->finish(end); !status.ok())
      return status;
  return {};
}

void tee_rows::discard(const request_outcome& outcome) noexcept {
  for (const auto& one : all_)
    one->discard(outcome);
}

} // namespace leanworker
