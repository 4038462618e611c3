// SPDX-License-Identifier: Apache-2.0
#include "file_verdict.hpp"

#include <leanworker/child/handshake.hpp>

#include <algorithm>

namespace leanworker::cli {
namespace {

constexpr std::array<std::string_view, file_verdict_count> names{"accepted",      "has_warnings", "has_errors", "incomplete",  "timed_out",
                                                                 "killed_worker", "unreadable",   "refused",    "not_checked", "interrupted"};

file_verdict from_lean(verdict value) {
  switch (value) {
    case verdict::accepted: return file_verdict::accepted;
    case verdict::has_warnings: return file_verdict::has_warnings;
    case verdict::has_errors: return file_verdict::has_errors;
    case verdict::incomplete: return file_verdict::incomplete;
  }
  return file_verdict::not_checked;
}

void judge_answer(file_result& result) {
  std::string problem;
  if (decode_check_report(result.outcome.body, result.report, problem)) {
    result.verdict = from_lean(result.report.result);
    return;
  }
  result.verdict = file_verdict::not_checked;
  result.message = "the answer could not be understood: " + problem;
}

void judge_refusal(file_result& result) {
  auto error = decode_error(result.outcome.body);
  result.message = error.code + ": " + error.message;
  if (error.code == "io_error")
    result.verdict = file_verdict::unreadable;
  else if (error.code == "bad_request" || error.code == "output_too_large")
    result.verdict = file_verdict::refused;
}

file_verdict from_failure(errc code) {
  switch (code) {
    case errc::request_timeout:
    case errc::import_timeout: return file_verdict::timed_out;
    case errc::killed_its_worker: return file_verdict::killed_worker;
    case errc::request_too_large: return file_verdict::refused;
    case errc::cancelled:
    case errc::shutting_down: return file_verdict::interrupted;
    default: return file_verdict::not_checked;
  }
}

} // namespace

std::string_view to_string(file_verdict value) noexcept {
  auto index = static_cast<std::size_t>(value);
  return index < names.size() ? names[index] : "unknown";
}

file_result judge(std::string file, submission_done done) {
  file_result result;
  result.file = std::move(file);
  result.outcome = std::move(done.outcome);
  result.deaths = std::move(done.deaths);
  if (result.outcome.ok())
    judge_answer(result);
  else if (result.outcome.code == errc::child_refused)
    judge_refusal(result);
  else {
    result.verdict = from_failure(result.outcome.code);
    result.message = result.outcome.message;
    bool no_child = result.outcome.code == errc::no_worker || result.outcome.code == errc::circuit_open;
    if (no_child && result.outcome.down.cause != errc::none)
      result.message += "; last: " + result.outcome.down.str();
  }
  return result;
}

source_place place_of(std::string_view source, std::uint64_t byte) {
  auto before = source.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(byte, source.size())));
  auto line_begin = before.rfind('\n') + 1; // 0 where there is none
  auto is_first_byte = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  auto line = before.substr(line_begin);
  return {static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1,
          static_cast<std::size_t>(std::count_if(line.begin(), line.end(), is_first_byte))};
}

void add_partial(file_result& result, std::string_view source) {
  const auto& told = result.outcome.partial;
  if (result.verdict <= file_verdict::incomplete || told.empty())
    return;
  result.partial = true;
  result.report.messages_truncated = told.truncated;
  for (const auto& diagnostic : told.diagnostics)
    if (lean_message message; decode_early_message(diagnostic, message))
      result.report.messages.push_back(std::move(message));
  if (told.has_position)
    result.stopped_at = place_of(source, told.position_bytes);
}

bool rejected_by(const fail_rules& rules, const file_result& result) noexcept {
  bool may_pass = result.verdict == file_verdict::accepted || result.verdict == file_verdict::has_warnings;
  if (!may_pass)
    return false;
  const auto& trust = result.report.trust;
  return (rules.on_warning && result.verdict == file_verdict::has_warnings)
         || (rules.on_axiom && (result.report.trust_truncated || std::any_of(trust.begin(), trust.end(), weakens_proofs)));
}

int exit_code(const verdict_counts& counts, std::size_t by_rules, bool interrupted) noexcept {
  auto count = [&](file_verdict which) { return counts[static_cast<std::size_t>(which)]; };
  if (interrupted)
    return 130;
  if (count(file_verdict::unreadable) + count(file_verdict::refused) + count(file_verdict::not_checked) + count(file_verdict::interrupted) > 0)
    return 3;
  auto rejected = count(file_verdict::has_errors) + count(file_verdict::incomplete) + count(file_verdict::timed_out)
                  + count(file_verdict::killed_worker) + by_rules;
  return rejected > 0 ? 1 : 0;
}

} // namespace leanworker::cli
