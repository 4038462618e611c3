// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <leanworker/messages/exit_cause.hpp>

#include <nlohmann/json.hpp>

namespace leanworker::cli {
namespace {

using json = nlohmann::ordered_json;

json or_null(const std::optional<std::uint64_t>& value) { return value ? json(*value) : json(nullptr); }

json messages_of(const check_report& report) {
  auto out = json::array();
  for (const auto& m : report.messages)
    out.push_back({{"severity", m.severity},
                   {"line", m.line},
                   {"column", m.column},
                   {"end_line", or_null(m.end_line)},
                   {"end_column", or_null(m.end_column)},
                   {"kind", m.kind},
                   {"text", m.text}});
  return out;
}

json declarations_of(const check_report& report) {
  auto out = json::array();
  for (const auto& d : report.declarations)
    out.push_back({{"name", d.name},
                   {"kind", d.kind},
                   {"sorry", d.sorry},
                   {"axioms", d.axioms},
                   {"library_theorems_assumed", d.library_theorems_assumed},
                   {"not_seen", d.not_seen}});
  return out;
}

json trust_of(const check_report& report) {
  auto out = json::array();
  for (const auto& item : report.trust)
    out.push_back({{"what", item.what}, {"name", item.name}, {"line", or_null(item.line)}});
  return out;
}

json death_of(const child_down& death) {
  const auto& exit = death.exit;
  return {{"generation", death.generation},
          {"code", to_string(death.cause)},
          {"exit_code", exit.how == exit_status::kind::exited ? json(exit.value) : json(nullptr)},
          {"signal", exit.how == exit_status::kind::signalled ? json(exit.value) : json(nullptr)},
          {"meaning", death.meaning()},
          {"detail", death.detail},
          {"uptime_ms", death.uptime.count()},
          {"ran_before", death.ran_before},
          {"hang", death.hang},
          {"stderr_tail", death.stderr_tail},
          {"stdout_tail", death.stdout_tail}};
}

json cause_of(const file_result& result) {
  auto deaths = json::array();
  for (const auto& death : result.deaths)
    deaths.push_back(death_of(death));
  return {{"code", to_string(result.outcome.code)},
          {"message", result.message},
          {"work_started", result.outcome.work_started},
          {"deaths", std::move(deaths)}};
}

/// A part of a millisecond counts as one: 0 would read as unknown.
void add_times(json& record, const request_outcome& outcome) {
  using std::chrono::milliseconds;
  record["elapsed_ms"] = outcome.elapsed.count();
  record["cpu_ms"] = outcome.cpu_time.count() == 0 ? json(nullptr) : json(std::chrono::ceil<milliseconds>(outcome.cpu_time).count());
  record["processor_wait_ms"] = outcome.processor_wait.count();
  if (outcome.panicked)
    record["panic"] = outcome.panic;
}

} // namespace

std::string json_record(const file_result& result) {
  json record{{"file", result.file}, {"verdict", to_string(result.verdict)}};
  if (result.verdict <= file_verdict::incomplete) {
    const auto& report = result.report;
    record["messages"] = messages_of(report);
    record["messages_truncated"] = report.messages_truncated;
    record["counts"] = {{"error", report.errors}, {"warning", report.warnings}, {"info", report.infos}};
    record["declarations"] = declarations_of(report);
    record["declarations_truncated"] = report.declarations_truncated;
    record["trust"] = trust_of(report);
    record["trust_truncated"] = report.trust_truncated;
    record["lean_ms"] = report.elapsed_ms;
    record["import_ms"] = report.import_ms;
    record["heartbeats"] = report.heartbeats;
  }
  if (result.partial) {
    record["partial"] = true;
    record["messages"] = messages_of(result.report);
    record["messages_truncated"] = result.report.messages_truncated;
    record["stopped_at"] = result.stopped_at ? json{{"line", result.stopped_at->line}, {"column", result.stopped_at->column}} : json(nullptr);
  }
  if (result.verdict > file_verdict::incomplete || !result.deaths.empty())
    record["cause"] = cause_of(result);
  add_times(record, result.outcome);
  return record.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

} // namespace leanworker::cli
