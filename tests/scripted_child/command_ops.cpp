// SPDX-License-Identifier: Apache-2.0
#include "ops.hpp"

#include <algorithm>
#include <map>
#include <mutex>

namespace leanworker::scripted {
namespace {

json status(request_context&, const json& body) {
  throw request_error{"fixture_status", "status " + std::to_string(body.value("status", 7))};
}

json refuse(request_context&, const json& body) {
  throw request_error{body.value("code", std::string{"internal"}), body.value("message", std::string{"scripted"})};
}

json throw_exception(request_context&, const json&) { throw std::runtime_error{"scripted exception"}; }

json metadata(request_context&, const json&) {
  return {{"commands", {{{"name", "version"}, {"version", "fixture-1"}}, {{"name", "scan"}, {"version", "fixture-2"}}}},
          {"capabilities", {{{"name", "rows.json"}, {"version", "1"}}, {{"name", "diagnostics"}, {"version", "1"}}}},
          {"lean_version", "4.28.0"},
          {"extra", {{"fixture", true}}}};
}

json doctor(request_context&, const json&) {
  return {{"diagnostics",
           {{{"severity", "pass"}, {"code", "fixture.pass"}, {"message", "all is well"}},
            {{"severity", "warning"}, {"code", "fixture.warning"}, {"message", "nearly"}, {"details", {{"hint", "look here"}}}},
            {{"severity", "error"}, {"code", "fixture.error"}, {"message", "not at all"}, {"details", {{"path", "missing"}}}}}},
          {"metadata", {{"fixture", "doctor"}}}};
}

json command(request_context&, const json&) { return {{"accepted", true}, {"kind", "fixture"}}; }
json command_malformed(request_context&, const json&) { return {{"accepted", "perhaps"}, {"kind", 7}}; }

/// The commands of the shape fixture: rows per stream, then {command, ok, rows}.
json shape(request_context& request, const json& body) {
  static const std::map<std::string, std::vector<std::pair<std::string, int>>> shapes{
    {"version", {}},         {"doctor", {}},
    {"extract", {{"declarations", 2}}}, {"features", {{"features", 2}}},
    {"index", {{"declarations", 2}, {"features", 2}}}, {"probe", {{"probes", 1}}},
  };
  auto name = body.value("command", std::string{"version"});
  auto found = shapes.find(name);
  if (found == shapes.end())
    throw request_error{"bad_request", "member command must be one of version, doctor, extract, features, index, probe"};
  int rows = 0;
  for (const auto& [stream, count] : found->second)
    for (int i = 0; i < count; ++i, ++rows)
      request.emit_row(stream, json{{"command", name}, {"ordinal", i}}.dump());
  return {{"command", name}, {"ok", true}, {"rows", rows}};
}

json large_result(request_context&, const json& body) { return std::string(body.value("bytes", std::size_t{8192}), 'x'); }

json log_lines(request_context& request, const json&) {
  for (auto level : {log_level::debug, log_level::info, log_level::warning, log_level::error})
    request.log(level, "a line");
  return json::object();
}

json count_requests(request_context&, const json&) {
  static int count = 0;
  static std::mutex mutex;
  std::lock_guard guard{mutex};
  return {{"count", ++count}};
}

/// Sessions as the Lean host has them, without Lean: equal ordered lists of imports give the same session. `import_ms` says how long an import
/// takes; a module named "Missing" cannot be imported.
json open_session(request_context& request, const json& body) {
  static std::mutex mutex; // also while it sleeps: imports of one process do not overlap
  std::lock_guard guard{mutex};
  static std::map<json, int> sessions;
  static int imports_done = 0;
  auto imports = body.value("imports", json::array({"Init"}));
  auto [session, fresh] = sessions.try_emplace(imports, static_cast<int>(sessions.size()) + 1);
  auto import_ms = body.value("import_ms", 0);
  if (fresh) {
    request.progress("import", 0, 1);
    bool missing = std::find(imports.begin(), imports.end(), json("Missing")) != imports.end();
    if (missing || request.wait_cancelled(std::chrono::milliseconds{import_ms})) {
      sessions.erase(session);
      throw request_error{missing ? "import_failed" : "cancelled", missing ? "unknown module prefix 'Missing'" : "ended by cancel"};
    }
    ++imports_done;
    request.progress("import", 1, 1);
  }
  return {{"session", session->second}, {"imports", imports}, {"modules", imports.size()}, {"constants", 100 * imports.size()},
          {"import_ms", fresh ? import_ms : 0}, {"reused", !fresh}, {"imports_done", imports_done}};
}

} // namespace

const std::vector<op>& command_ops() {
  static const std::vector<op> list{
    {"status", "error fixture_status \"status N\" with N = `status` (7)", status},
    {"refuse", "error `code` with `message`", refuse},
    {"throw", "throws an exception: error internal, the child lives on", throw_exception},
    {"metadata", "commands, capabilities, lean_version, extra", metadata},
    {"doctor", "a pass, a warning and an error with details", doctor},
    {"json_command", "{accepted: true, kind: \"fixture\"}", command},
    {"json_command_malformed", "the same members with wrong types", command_malformed},
    {"shape", "`command`: version, doctor, extract (2 rows), features (2), index (2 + 2), probe (1)", shape},
    {"large_result", "a string of `bytes` (8192)", large_result},
    {"log_lines", "one log frame of each level", log_lines},
    {"count", "how many times this process was asked", count_requests},
    {"open_session", "as the Lean host, with `import_ms` (0) of sleep; module \"Missing\" fails", open_session},
  };
  return list;
}

} // namespace leanworker::scripted
