// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/internal/serve_handshake.hpp>

#include <leanworker/child/internal/json_scan.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>

#include <unistd.h>

namespace leanworker::internal {
namespace {

using nlohmann::json;

[[noreturn]] void refuse(const std::string& message) { throw request_error{"bad_request", message}; }

/// An integer member within bounds; `fallback` when it is absent.
std::uint32_t bounded(const json& object, const char* name, std::uint32_t lowest, std::uint32_t highest, std::uint32_t fallback) {
  auto found = object.find(name);
  if (found == object.end())
    return fallback;
  if (!found->is_number_integer())
    refuse(std::string{"member "} + name + " must be an integer");
  // A negative number is far above every bound when read as unsigned.
  auto value = found->get<std::uint64_t>();
  if (value < lowest || value > highest)
    refuse(std::string{"member "} + name + " must be from " + std::to_string(lowest) + " to " + std::to_string(highest));
  return static_cast<std::uint32_t>(value);
}

void read_caps(const json& object, const child_facts& facts, child_configuration& out) {
  auto found = object.find("frame_bytes_max");
  static const json nothing = json::object();
  const auto& caps = found == object.end() ? nothing : *found;
  if (!caps.is_object())
    refuse("member frame_bytes_max must be an object");
  auto to_child_max = std::clamp(facts.receive_bytes_max, frame_bytes_max_lowest, frame_bytes_max_highest);
  auto to_parent_max = std::clamp(facts.send_bytes_max, frame_bytes_max_lowest, frame_bytes_max_highest);
  out.to_child_bytes_max = bounded(caps, "to_child", frame_bytes_max_lowest, to_child_max, std::min(frame_bytes_max_default, to_child_max));
  out.to_parent_bytes_max = bounded(caps, "to_parent", frame_bytes_max_lowest, to_parent_max, std::min(frame_bytes_max_default, to_parent_max));
}

void read_search_path(const json& object, child_configuration& out) {
  auto found = object.find("search_path");
  if (found == object.end())
    return;
  auto is_text = [](const json& entry) { return entry.is_string(); };
  if (!found->is_array() || !std::all_of(found->begin(), found->end(), is_text))
    refuse("member search_path must be an array of strings");
  out.search_path = found->get<std::vector<std::string>>();
}

void read_seal_key(const json& object, child_configuration& out) {
  auto found = object.find("seal_key");
  if (found == object.end())
    return;
  if (found->is_string())
    out.seal_key = parse_seal_key(found->get_ref<const std::string&>());
  if (!out.seal_key)
    refuse("member seal_key must be a string of 32 lower-case hexadecimal digits");
}

json resident_kib() {
  long pages = 0;
  auto* file = std::fopen("/proc/self/statm", "re");
  if (!file)
    return nullptr;
  bool known = std::fscanf(file, "%*s %ld", &pages) == 1;
  std::fclose(file);
  return known ? json(pages * (::sysconf(_SC_PAGESIZE) / 1024)) : json(nullptr);
}

} // namespace

std::string hello_body(const child_facts& facts) {
  json body{{"protocol", protocol_version},
            {"child", {{"kind", facts.kind}, {"version", facts.version}}},
            {"pid", ::getpid()},
            {"capabilities", facts.capabilities},
            {"limits",
             {{"in_flight_max", std::max(facts.in_flight_max, 1u)},
              {"receive_bytes_max", std::clamp(facts.receive_bytes_max, frame_bytes_max_lowest, frame_bytes_max_highest)},
              {"send_bytes_max", std::clamp(facts.send_bytes_max, frame_bytes_max_lowest, frame_bytes_max_highest)}}}};
  return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

child_configuration read_configuration(std::string_view body, const child_facts& facts) {
  // The scan comes first: it bounds the nesting, which the tree below does not.
  auto scanned = scan_json(body);
  if (!scanned.ok())
    refuse(std::string{"the body is no JSON text: "} + scanned.problem);
  if (!scanned.object)
    refuse("the body is no JSON object");
  auto parsed = json::parse(body, nullptr, false);
  if (parsed.is_discarded())
    refuse("the body holds a number that cannot be read");
  child_configuration out;
  read_caps(parsed, facts, out);
  read_search_path(parsed, out);
  read_seal_key(parsed, out);
  out.sessions_max = bounded(parsed, "sessions_max", 1, 64, out.sessions_max);
  return out;
}

std::string health_body(const health_facts& facts) {
  auto uptime = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - facts.started);
  return json{{"uptime_ms", uptime.count()}, {"running", facts.running}, {"requests_done", facts.requests_done}, {"rss_kib", resident_kib()}}
    .dump();
}

} // namespace leanworker::internal
