// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/lean/check.hpp>
#include <leanworker/messages/pool.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leanworker::cli {

/// What the command says about one file. The first four are Lean's word; the others are ours, and none of them is ever mixed up with Lean's.
enum class file_verdict : std::uint8_t {
  accepted,      ///< No error, no warning, no `sorry`.
  has_warnings,  ///< Warnings only.
  has_errors,    ///< Lean reports an error.
  incomplete,    ///< Something depends on `sorry`.
  timed_out,     ///< A deadline ended it.
  killed_worker, ///< Two children died while they checked it.
  unreadable,    ///< The file could not be read, or is not UTF-8.
  refused,       ///< The request could not be carried out as asked, for example an unknown option.
  not_checked,   ///< No worker was able to take it, or the answer could not be understood.
  interrupted,   ///< The command was interrupted before it was done.
};
inline constexpr std::size_t file_verdict_count = static_cast<std::size_t>(file_verdict::interrupted) + 1;
std::string_view to_string(file_verdict value) noexcept;

/// A place in a source: line from 1, column from 0 in characters.
struct source_place {
  std::size_t line = 1;
  std::size_t column = 0;
  friend bool operator==(const source_place&, const source_place&) = default;
};

/// Where a byte of a text is; its end for one beyond it. Pure.
source_place place_of(std::string_view source, std::uint64_t byte);

struct file_result {
  std::string file; ///< As the user named it.
  file_verdict verdict = file_verdict::not_checked;
  check_report report;               ///< Filled for Lean's own verdicts; of a partial result the messages only.
  bool partial = false;              ///< The child told something before it ended.
  std::optional<source_place> stopped_at; ///< Where the command begins that ran last. Only of a partial result.
  request_outcome outcome;           ///< How the request ended.
  std::vector<child_down> deaths;    ///< The children that died under it.
  std::string message;               ///< Why, for verdicts that are not Lean's. One line.
};

/// Turns the end of a submission into a result. Pure.
file_result judge(std::string file, submission_done done);

/// Adds what the child told of a file without a verdict of Lean's: its messages, and the place in `source`. Pure.
void add_partial(file_result& result, std::string_view source);

/// How many files got which verdict.
using verdict_counts = std::array<std::size_t, file_verdict_count>;

/// What rejects a file besides errors; docs/CHECK.md, `--fail-on`.
struct fail_rules {
  bool on_warning = false;
  bool on_axiom = false;
};

/// Whether these rules reject a file that Lean itself has no error in.
bool rejected_by(const fail_rules& rules, const file_result& result) noexcept;

/// The exit code of `leanworker check`: 0 all accepted, 1 some rejected, 3 some could not be checked, 130 interrupted. The largest applies.
/// `by_rules`: how many files `rejected_by` is true for.
int exit_code(const verdict_counts& counts, std::size_t by_rules, bool interrupted) noexcept;

} // namespace leanworker::cli
