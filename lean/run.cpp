// SPDX-License-Identifier: Apache-2.0
#include <leanworker/lean/run.hpp>

#include <leanworker/child/internal/json_scan.hpp>

#include <nlohmann/json.hpp>

namespace leanworker {
namespace {

using json = nlohmann::json;

std::string text_of(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

/// A member as it was spelled. The place is named like that of a missing member anywhere else.
std::string_view member(const internal::json_scan_result& scanned, const char* name) {
  auto value = scanned.find(name);
  if (value.empty())
    throw json::out_of_range::create(403, "key '" + std::string{name} + "' not found", nullptr);
  return value;
}

void read_session(const json& session, run_report& out) {
  session.at("imports").get_to(out.imports);
  session.at("reused").get_to(out.session_reused);
  session.at("import_ms").get_to(out.import_ms);
  session.at("imports_done").get_to(out.imports_done);
}

run_report report_of(const internal::json_scan_result& scanned) {
  run_report out;
  auto result = scanned.find("result");
  out.streaming = result.empty();
  if (out.streaming) {
    out.rows = json::parse(member(scanned, "rows")).get<std::uint64_t>();
    for (const auto& [name, count] : json::parse(member(scanned, "streams")).get<json::object_t>())
      out.streams.emplace_back(name, count.get<std::uint64_t>());
    out.metadata_json = member(scanned, "metadata");
  } else {
    out.result_json = result;
  }
  out.elapsed_ms = json::parse(member(scanned, "elapsed_ms")).get<std::uint64_t>();
  read_session(json::parse(member(scanned, "session")), out);
  return out;
}

} // namespace

std::string encode_run(const capability_request& request) {
  json capability = request.path.empty() ? json{{"module", request.module}} : json{{"path", request.path}};
  auto body = R"({"op":"run","capability":)" + text_of(capability) + R"(,"command":)" + text_of(request.command);
  if (!request.search_path.empty())
    body += R"(,"search_path":)" + text_of(request.search_path);
  return body + R"(,"request":)" + (request.request_json.empty() ? "null" : request.request_json) + "}";
}

bool decode_run_report(std::string_view body, run_report& out, std::string& problem) {
  auto scanned = internal::scan_json(body);
  if (!scanned.ok() || !scanned.object) {
    problem = scanned.ok() ? "the result is no object" : std::string{scanned.problem} + " at byte " + std::to_string(scanned.at);
    return false;
  }
  // nlohmann reports by exception; this is the one place where it is turned into a value.
  try {
    out = report_of(scanned);
    return true;
  } catch (const json::exception& error) {
    problem = error.what();
    return false;
  }
}

} // namespace leanworker
