// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "file_verdict.hpp"
#include "options.hpp"

#include <chrono>
#include <string>

namespace leanworker::cli {

/// How one result is written. Pure; every function returns whole lines.
/// Foreign text is written out as in terminal_text.hpp.
std::string text_record(const file_result& given, bool quiet, bool colors);
std::string json_record(const file_result& result);

/// What the progress line and the summary are made of.
struct tally {
  std::size_t total = 0;
  std::size_t done = 0;
  std::size_t busy = 0;
  std::size_t workers = 0;
  std::size_t restarts = 0; ///< Unplanned ends followed by another child.
  verdict_counts verdicts{};
};

/// "[ 37/200] 30 accepted, 5 has_errors | 2 busy | 1 restart | about 12 s left". One line without its end.
std::string progress_line(const tally& counts, std::chrono::milliseconds elapsed);
/// "200 files in 21.3 s: 188 accepted, …; 2 workers, 3 restarts".
std::string summary_line(const tally& counts, std::chrono::milliseconds elapsed);

/// Where everything goes: records to standard output, the progress line to a terminal on standard error. Never writes one into the other.
class printer {
public:
  explicit printer(const check_options& options);

  void record(const file_result& result);
  /// Redraws the progress line, at most ten times a second.
  void progress(const tally& counts, std::chrono::milliseconds elapsed);
  void clear_progress();
  void summary(const tally& counts, std::chrono::milliseconds elapsed);
  /// False once standard output could not be written.
  bool good() const noexcept { return good_; }

private:
  void out(const std::string& text);

  bool json_;
  bool quiet_;
  bool colors_;
  bool progress_;
  bool drawn_ = false;
  bool good_ = true;
  std::chrono::steady_clock::time_point drawn_at_{};
};

} // namespace leanworker::cli
