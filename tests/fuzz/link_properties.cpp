// SPDX-License-Identifier: Apache-2.0
#include "properties.hpp"

#include <leanworker/child/handshake.hpp>
#include <leanworker/child/internal/frame_cutter.hpp>
#include <leanworker/child/internal/json_scan.hpp>
#include <leanworker/lean/check.hpp>
#include <leanworker/lean/run.hpp>
#include <leanworker/messages/request_notes.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace leanworker::fuzz {
namespace {

constexpr std::uint32_t body_bytes_max = 1u << 20;

void require(bool holds, const char* what) {
  if (!holds)
    throw std::logic_error{what};
}

/// Whatever a parent reads of these bodies, it must not read it of a text that is no JSON, or nests too deeply.
void decode_body(const frame_view& frame, request_notes& notes) {
  auto good = internal::check_json(frame.body).ok();
  std::string problem;
  child_note note;
  child_progress progress;
  child_log line;
  if (decode_child_note(frame.body, note)) {
    require(good, "a note was read of what is no JSON");
    progress_of(note, progress);
    log_of(note, line);
    notes.position(note.current);
    notes.diagnostic(std::string{frame.body});
  }
  require(!decode_progress(frame.body, progress) || good, "progress was read of what is no JSON");
  require(!decode_log(frame.body, line) || good, "a log line was read of what is no JSON");
  child_hello hello;
  require(!decode_hello(frame.body, hello, problem) || good, "a hello was read of what is no JSON");
  require(decode_error(frame.body).code.empty() || good, "an error was read of what is no JSON");
  check_report check;
  require(!decode_check_report(frame.body, check, problem) || good, "a report was read of what is no JSON");
  run_report run;
  require(!decode_run_report(frame.body, run, problem) || good, "a result was read of what is no JSON");
  row_view row;
  if (decode_row(frame.body, row) == errc::none)
    require(!row.stream.empty() && !row.payload.empty(), "a row without a stream or a payload");
}

} // namespace

void check_link_input(bytes input) {
  slab_pool pool;
  internal::frame_cutter cutter{pool, frame_sender::child, body_bytes_max};
  request_notes notes;
  while (!input.empty() && !cutter.failed()) {
    auto space = cutter.space();
    auto count = std::min(space.size(), input.size());
    std::copy_n(input.begin(), count, space.begin());
    input = input.subspan(count);
    auto cut = cutter.commit(count);
    if (cut.batch)
      for (const auto& frame : cut.batch->frames())
        decode_body(frame, notes);
  }
  std::size_t kept = 0;
  for (const auto& one : notes.partial().diagnostics)
    kept += one.size();
  require(kept <= request_notes::diagnostics_bytes_max, "more is kept of a request than is allowed");
}

} // namespace leanworker::fuzz
