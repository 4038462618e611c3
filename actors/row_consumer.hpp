// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/data_row.hpp>
#include <leanworker/messages/request.hpp>
#include <leanworker/messages/rows.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

/// Who uses the rows of a request: one object, called by one thread at a time. No CAF. It runs in a `row_sink` actor, on a thread of its own, or on the thread of a blocking caller; it is
/// the same object in all three. Ready-made ones: actors/row_consumers.hpp.
namespace leanworker {

/// What a consumer says to what it was given. Anything but `none` ends the request with this code; `cancelled` is for those who have seen enough.
struct sink_status {
  errc code = errc::none;
  std::string message;

  bool ok() const noexcept { return code == errc::none; }
  static sink_status failed(std::string message, errc code = errc::sink_failed) { return {code, std::move(message)}; }
  static sink_status cancel() { return {errc::cancelled, "the sink has seen enough"}; }
};

enum class note_kind : std::uint8_t { diagnostic, progress, log };

/// What a child says besides rows: three channels of their own, in order with the rows, under the same credit. Dropped where a consumer does not override `note`.
struct row_note {
  note_kind kind = note_kind::log;
  std::string code;    ///< The code of a diagnostic, the phase of progress, the level of a log line.
  std::string message; ///< Empty for progress.
  std::uint64_t current = 0;
  std::optional<std::uint64_t> total; ///< Of progress, where it is known.
};

/// Reads a diagnostic, progress or log frame. False when it is not what the protocol demands.
bool decode_note(const frame_view& frame, row_note& out);

/// The end of a request that succeeded, as its sink sees it. Valid during the call.
struct rows_end {
  const rows_summary& summary;
  std::string_view result;  ///< The child's own words: JSON text.
  std::chrono::steady_clock::time_point deadline;
};

class row_consumer {
public:
  using clock = std::chrono::steady_clock;
  virtual ~row_consumer() = default;

  /// One row. The views live until it returns. May throw: the request then ends with `sink_failed` and what the exception says.
  virtual sink_status row(const data_row& row) = 0;
  virtual void note(const row_note&) {}
  /// The request succeeded and all its rows were given. Make them final; not after the deadline. Anything but `none` makes the request fail.
  virtual sink_status finish(const rows_end&) { return {}; }
  /// The request failed: what was given before is void. Called once, instead of `finish` or after it failed.
  virtual void discard(const request_outcome&) noexcept {}
  /// All neighbouring frames at once, for consumers to which the call per row matters. The default calls `row` and `note`.
  virtual sink_status rows(const row_slice& slice);
};

} // namespace leanworker
