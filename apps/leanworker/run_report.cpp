// SPDX-License-Identifier: Apache-2.0
#include "run_report.hpp"

#include <leanworker/child/internal/json_scan.hpp>

#include <charconv>

namespace leanworker::cli {

bool decode_run_report(std::string_view body, run_report& out, std::string& problem) {
  auto scanned = internal::scan_json(body);
  if (!scanned.object) {
    problem = scanned.ok() ? "it is no JSON object" : scanned.problem;
    return false;
  }
  out = {};
  if (auto result = scanned.find("result"); !result.empty()) {
    out.result_json = result;
    return true;
  }
  auto rows = scanned.find("rows");
  auto metadata = scanned.find("metadata");
  auto [end, error] = std::from_chars(rows.data(), rows.data() + rows.size(), out.rows);
  if (rows.empty() || error != std::errc{} || end != rows.data() + rows.size() || metadata.empty()) {
    problem = "it has neither `result` nor `rows` with `metadata`";
    return false;
  }
  out.streaming = true;
  out.metadata_json = metadata;
  return true;
}

} // namespace leanworker::cli
