// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/internal/json_line.hpp>
#include <leanworker/actors/row_consumer.hpp>
#include <leanworker/child/process.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace leanworker {

struct json_lines_options {
  std::string stream;       ///< Only rows of this stream; empty: all.
  bool wrapped = false;     ///< Each line is {"stream": …, "sequence": …, "row": …} instead of the row's payload alone.
  bool sync = true;         ///< fsync before the rename, and the folder after it: a power cut leaves the old file or the whole new one.
  /// Writes to the descriptor in the file's place: all of it, or false with `errno`. For those who know when to give up a reader that takes nothing.
  std::function<bool(std::string_view)> write{};
};

/// So that a new name in the file's folder survives a power failure as well. A folder that cannot be opened is left as it is.
void sync_folder_of(const std::string& file);

/// Writes rows as JSON Lines. To a file, all or nothing: they go to a temporary file in the same folder (NAME.partial-PID-N), which takes the final name by one rename when the request
/// has succeeded, and is removed when it has not. A file of that name from before stays until then, and for good after a failure. To a descriptor (standard output), each row as soon as
/// it is there; what was written before a failure cannot be taken back.
/// Every payload is checked to be JSON (`row_malformed`, naming stream and sequence) and is written on one line.
class json_lines_file : public row_consumer {
public:
  /// The temporary file is made by the first row, or at the end.
  explicit json_lines_file(std::string path, json_lines_options options = {});
  /// Writes to a descriptor, which stays open and its owner's.
  json_lines_file(int descriptor, json_lines_options options);
  ~json_lines_file() override;

  sink_status row(const data_row& row) override;
  sink_status rows(const row_slice& slice) override;
  sink_status finish(const rows_end& end) override;
  void discard(const request_outcome& outcome) noexcept override;

  std::uint64_t lines() const noexcept { return lines_; }
  std::uint64_t bytes() const noexcept { return bytes_; }

private:
  sink_status open();
  sink_status flush();
  sink_status io_failure(const char* doing) const;
  sink_status append(const data_row& row);
  void remove_temporary() noexcept;

  std::string path_;
  json_lines_options options_;
  std::string temporary_;
  unique_fd file_;
  int descriptor_ = -1;
  internal::json_line line_;
  std::string minified_;
  std::string gathered_;
  std::uint64_t lines_ = 0;
  std::uint64_t bytes_ = 0;
};

} // namespace leanworker
