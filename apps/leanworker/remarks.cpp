// SPDX-License-Identifier: Apache-2.0
#include "remarks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace leanworker::cli {
namespace {

constexpr std::size_t names_shown = 3;
/// Lean marks the kind of a message that has a name with this.
constexpr std::string_view name_mark = "._namedError";

constexpr std::pair<std::string_view, std::string_view> words[] = {
  {"axiom", "declares axiom"},
  {"imported_axiom", "rests on imported axiom"},
  {"native", "rests on compiled code"},
  {"not_seen", "proof not seen"},
  {"hidden_sorry", "hides a sorry in"},
  {"hidden_error", "hides an error in"},
  {"opaque", "opaque"},
  {"unsafe", "unsafe"},
  {"implemented_by", "implemented_by"},
  {"extern", "extern"},
};

std::string names_of(const check_report& report, std::string_view what) {
  std::string out;
  std::size_t count = 0;
  for (const auto& item : report.trust)
    if (item.what == what && ++count <= names_shown)
      out += (out.empty() ? " " : ", ") + item.name;
  if (count > names_shown)
    out += fmt::format(" and {} more", count - names_shown);
  return out;
}

std::size_t shown(const check_report& report, std::string_view severity) {
  return static_cast<std::size_t>(std::count_if(report.messages.begin(), report.messages.end(), [&](const auto& m) { return m.severity == severity; }));
}

} // namespace

std::string trust_remark(const check_report& report) {
  std::string out;
  for (const auto& [what, text] : words)
    if (auto names = names_of(report, what); !names.empty())
      out += fmt::format("; {}{}", text, names);
  return out;
}

std::string deaths_remark(const file_result& result) {
  if (result.deaths.empty())
    return {};
  auto count = result.deaths.size();
  return fmt::format("; after {} death{} of its child: {}", count, count == 1 ? "" : "s", result.deaths.back().str());
}

std::string panic_remark(const file_result& result) {
  return result.outcome.panicked ? fmt::format("; Lean panicked and went on with a default value: {}", result.outcome.panic) : std::string{};
}

std::string left_out_lines(const file_result& result) {
  const auto& report = result.report;
  std::string out;
  if (report.messages_truncated) {
    auto errors = report.errors - std::min<std::uint64_t>(report.errors, shown(report, "error"));
    auto warnings = report.warnings - std::min<std::uint64_t>(report.warnings, shown(report, "warning"));
    auto infos = report.infos - std::min<std::uint64_t>(report.infos, shown(report, "info"));
    out += fmt::format("{}: note: not all fits the limits: {} errors, {} warnings and {} infos are left out, and long texts are cut\n", result.file, errors,
                       warnings, infos);
  }
  return out;
}

std::string stopped_line(const file_result& result) {
  auto more = result.report.messages_truncated ? "; more messages came than are kept" : "";
  if (!result.stopped_at)
    return {};
  return fmt::format("{}:{}:{}: note: the work stood at the command that begins here{}\n", result.file, result.stopped_at->line, result.stopped_at->column, more);
}

std::string severity_text(const lean_message& message) {
  if (!message.kind.ends_with(name_mark))
    return message.severity;
  return fmt::format("{}({})", message.severity, message.kind.substr(0, message.kind.size() - name_mark.size()));
}

} // namespace leanworker::cli
