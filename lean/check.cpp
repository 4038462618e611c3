// SPDX-License-Identifier: Apache-2.0
#include <leanworker/lean/check.hpp>

#include <leanworker/child/internal/json_scan.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace leanworker {
namespace {

using json = nlohmann::json;

constexpr std::array<std::string_view, 4> verdict_names{"accepted", "has_warnings", "has_errors", "incomplete"};

verdict verdict_of(const std::string& name) {
  for (std::size_t i = 0; i < verdict_names.size(); ++i)
    if (verdict_names[i] == name)
      return static_cast<verdict>(i);
  throw json::other_error::create(501, "unknown verdict " + name, nullptr);
}

/// Whole numbers only: another kind of number would be converted without a word.
std::uint64_t number_of(const json& object, const char* member) {
  const auto& value = object.at(member);
  if (!value.is_number_unsigned())
    throw json::other_error::create(501, "member '" + std::string{member} + "' is no whole number below 2^64", nullptr);
  return value.get<std::uint64_t>();
}

std::optional<std::uint64_t> optional_number(const json& object, const char* member) {
  auto found = object.find(member);
  if (found == object.end() || found->is_null())
    return std::nullopt;
  return number_of(object, member);
}

lean_message message_of(const json& object) {
  lean_message message;
  object.at("severity").get_to(message.severity);
  object.at("text").get_to(message.text);
  message.kind = object.value("kind", "");
  message.line = number_of(object, "line");
  message.column = number_of(object, "column");
  message.end_line = optional_number(object, "end_line");
  message.end_column = optional_number(object, "end_column");
  return message;
}

trust_item trust_of(const json& object) {
  return {object.at("what").get<std::string>(), object.value("name", ""), optional_number(object, "line")};
}

lean_declaration declaration_of(const json& object) {
  lean_declaration declaration;
  object.at("name").get_to(declaration.name);
  object.at("kind").get_to(declaration.kind);
  object.at("sorry").get_to(declaration.sorry);
  declaration.axioms = object.value("axioms", std::vector<std::string>{});
  declaration.library_theorems_assumed = object.value("library_theorems_assumed", 0u);
  declaration.not_seen = object.value("not_seen", std::vector<std::string>{});
  return declaration;
}

check_report report_of(const json& body) {
  check_report report;
  report.result = verdict_of(body.at("verdict").get<std::string>());
  for (const auto& entry : body.at("messages"))
    report.messages.push_back(message_of(entry));
  report.messages_truncated = body.at("messages_truncated").get<bool>();
  const auto& counts = body.at("counts");
  report.errors = number_of(counts, "error");
  report.warnings = number_of(counts, "warning");
  report.infos = number_of(counts, "info");
  for (const auto& entry : body.at("declarations"))
    report.declarations.push_back(declaration_of(entry));
  report.declarations_truncated = body.at("declarations_truncated").get<bool>();
  for (const auto& entry : body.value("trust", json::array()))
    report.trust.push_back(trust_of(entry));
  report.trust_truncated = body.value("trust_truncated", false);
  report.elapsed_ms = number_of(body, "elapsed_ms");
  report.heartbeats = number_of(body, "heartbeats");
  report.import_ms = number_of(body.at("session"), "import_ms");
  return report;
}

} // namespace

std::string encode_open_session(const std::vector<std::string>& imports) {
  auto plain = [](const std::string& name) { return !name.empty() && name != "module" && name != "prelude" && name.find(' ') == std::string::npos; };
  if (imports.empty() || !std::all_of(imports.begin(), imports.end(), plain))
    return {};
  auto all = imports;
  if (all.front() != "Init")
    all.insert(all.begin(), "Init");
  return json{{"op", "open_session"}, {"imports", all}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string encode_check(const check_request& request) {
  json body{{"op", "check"}, {"axioms", request.axioms}};
  if (request.path.empty())
    body["source"] = request.source;
  else
    body["path"] = request.path;
  if (!request.file_name.empty())
    body["file_name"] = request.file_name;
  if (!request.imports.empty())
    body["imports"] = request.imports;
  if (!request.main_module.empty())
    body["main_module"] = request.main_module;
  if (request.recheck)
    body["recheck"] = true;
  json limits{{"messages_max", request.messages_max},
              {"declarations_max", request.declarations_max},
              {"output_bytes_max", request.output_bytes_max}};
  if (request.heartbeats)
    limits["heartbeats"] = *request.heartbeats;
  body["limits"] = std::move(limits);
  for (const auto& [name, value] : request.options)
    body["options"][name] = internal::check_json(value).ok() ? json::parse(value, nullptr, false) : json{};
  return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string_view to_string(verdict value) noexcept {
  auto index = static_cast<std::size_t>(value);
  return index < verdict_names.size() ? verdict_names[index] : "unknown";
}

bool weakens_proofs(const trust_item& item) noexcept {
  constexpr std::array<std::string_view, 4> weak{"axiom", "imported_axiom", "native", "not_seen"};
  return std::find(weak.begin(), weak.end(), item.what) != weak.end();
}

// nlohmann reports by exception; the two functions below turn that into a value.
bool decode_early_message(std::string_view body, lean_message& out) {
  try {
    auto object = json::parse(body);
    if (object.at("code") != "message")
      return false;
    out = message_of(object);
    return true;
  } catch (const json::exception&) {
    return false;
  }
}

bool decode_check_report(std::string_view body, check_report& out, std::string& problem) {
  // Before a tree is built: nlohmann's parser is safe at any depth, but its destructor and copies are not.
  if (auto scanned = internal::check_json(body); !scanned.ok()) {
    problem = std::string{scanned.problem} + " at byte " + std::to_string(scanned.at);
    return false;
  }
  try {
    out = report_of(json::parse(body));
    return true;
  } catch (const json::exception& error) {
    problem = error.what();
    return false;
  }
}

} // namespace leanworker
