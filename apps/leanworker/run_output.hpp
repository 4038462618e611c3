// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/json_lines_file.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace leanworker::cli {

/// What all parts of a run have counted so far.
struct run_counts {
  std::atomic<std::uint64_t> rows{0};
  std::atomic<std::uint64_t> bytes{0};
};

/// Whether rows can become this file at all, found out before the work. Follows links. False with a problem that names the place.
bool can_write_rows(std::string& file, std::string& problem);

/// Where the rows of all parts go. To standard output: as they come, whole lines. To a file: each part into a file of its own beside it; when all have succeeded they become the file, in
/// the order of the parts, by one rename. Before that, and after any failure, the file of before is untouched.
class run_output {
public:
  /// `file`: "-" for standard output.
  run_output(std::string file, std::size_t parts, json_lines_options lines);
  ~run_output();

  /// The consumer of one part; may be used by a thread of its own. Called once per part.
  std::unique_ptr<row_consumer> consumer(std::size_t part);
  /// Makes the rows of all parts final. Anything but `none`: nothing was.
  sink_status commit();

  bool committed() const noexcept { return committed_; }
  const run_counts& counts() const noexcept { return counts_; }

private:
  std::string part_path(std::size_t part) const;
  void remove_parts() noexcept;

  std::string file_;
  std::size_t parts_;
  json_lines_options lines_;
  std::mutex stdout_mutex_;
  run_counts counts_;
  bool committed_ = false;
};

} // namespace leanworker::cli
