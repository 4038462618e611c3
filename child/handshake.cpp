// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/handshake.hpp>

#include <leanworker/child/frame.hpp>
#include <leanworker/child/internal/json_scan.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace leanworker {
namespace {

using json = nlohmann::json;
using internal::json_scan_result;
using internal::scan_json;

/// More members than any frame of ours has.
constexpr std::size_t members_max = 256;

/// The members of an object as they are spelled. No tree is built of what a child sends: nesting and size cost nothing here. Not `ok` for anything else.
json_scan_result object_of(std::string_view text) {
  auto scanned = scan_json(text, members_max);
  if (scanned.ok() && !scanned.object)
    scanned.problem = "it is no JSON object";
  if (!scanned.ok())
    scanned.members.clear(); // those before the flaw mean nothing
  return scanned;
}

std::string text_of(const json_scan_result& object, const char* member) {
  auto value = object.find(member);
  return value.starts_with('"') ? internal::decode_json_string(value) : std::string{};
}

template <class Number>
bool read_number(const json_scan_result& object, const char* member, Number& out) {
  auto value = object.find(member);
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
  return !value.empty() && error == std::errc{} && end == value.data() + value.size();
}

bool read_count(const json_scan_result& object, const char* member, std::uint32_t lowest, std::uint32_t highest, std::uint32_t& out) {
  return read_number(object, member, out) && out >= lowest && out <= highest;
}

bool read_limits(const json_scan_result& hello, child_hello& out, std::string& problem) {
  auto limits = object_of(hello.find("limits"));
  const char* bad = !read_count(limits, "in_flight_max", 1, 1u << 20, out.in_flight_max) ? "limits.in_flight_max"
                    : !read_count(limits, "receive_bytes_max", frame_bytes_max_lowest, frame_bytes_max_highest, out.receive_bytes_max)
                      ? "limits.receive_bytes_max"
                    : !read_count(limits, "send_bytes_max", frame_bytes_max_lowest, frame_bytes_max_highest, out.send_bytes_max)
                      ? "limits.send_bytes_max"
                      : nullptr;
  if (bad)
    problem = std::string{bad} + " is missing or out of range";
  return bad == nullptr;
}

/// The strings of an array. A tree is safe here: what it is part of was scanned, which bounds its depth, and is a `hello` of at most 64 KiB.
bool read_strings(std::string_view array, std::vector<std::string>& out) {
  auto parsed = json::parse(array, nullptr, false);
  if (!parsed.is_array())
    return false;
  for (const auto& entry : parsed)
    if (entry.is_string())
      out.push_back(entry.get<std::string>());
  return true;
}

} // namespace

std::string encode_configure(const child_settings& settings) {
  json body{{"frame_bytes_max", {{"to_child", settings.frame_bytes_max_to_child}, {"to_parent", settings.frame_bytes_max_to_parent}}},
            {"sessions_max", settings.sessions_max}};
  if (!settings.search_path.empty())
    body["search_path"] = settings.search_path;
  return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string with_seal_key(std::string_view configure_body, const seal_key& key) {
  return "{\"seal_key\":\"" + to_hex(key) + "\"," + std::string{configure_body.substr(1)};
}

bool decode_hello(std::string_view body, child_hello& out, std::string& problem) {
  auto hello = object_of(body);
  if (!hello.ok()) {
    problem = std::string{"hello is not a JSON object: "} + hello.problem + " at byte " + std::to_string(hello.at);
    return false;
  }
  std::uint32_t protocol = 0;
  if (!read_number(hello, "protocol", protocol) || protocol != protocol_version) {
    auto said = hello.find("protocol");
    problem = "hello speaks of protocol " + (said.empty() ? "null" : std::string{said.substr(0, 64)}) + ", not "
              + std::to_string(protocol_version);
    return false;
  }
  auto child = object_of(hello.find("child"));
  out.child_kind = text_of(child, "kind");
  out.child_version = text_of(child, "version");
  if (out.child_kind.empty()) {
    problem = "child.kind is missing";
    return false;
  }
  auto lean = object_of(hello.find("lean"));
  out.lean_version = text_of(lean, "version");
  out.lean_target = text_of(lean, "target");
  if (!read_number(hello, "pid", out.claimed_pid))
    out.claimed_pid = 0;
  if (!read_strings(hello.find("capabilities"), out.capabilities)) {
    problem = "capabilities is not an array";
    return false;
  }
  return read_limits(hello, out, problem);
}

bool decode_child_note(std::string_view body, child_note& out) {
  auto object = object_of(body);
  if (!object.ok())
    return false;
  out.code = text_of(object, "code");
  out.level = text_of(object, "level");
  out.phase = text_of(object, "phase");
  out.has_message = object.find("message").starts_with('"');
  out.message = text_of(object, "message");
  out.has_current = read_number(object, "current", out.current);
  if (std::uint64_t total = 0; read_number(object, "total", total))
    out.total = total;
  out.host = object.find("host") == "true";
  return true;
}

bool progress_of(const child_note& note, child_progress& out) {
  if (note.phase.empty() || !note.has_current)
    return false;
  out.phase = note.phase;
  out.host = note.host;
  out.current = note.current;
  out.total = note.total.value_or(0);
  return true;
}

bool log_of(const child_note& note, child_log& out) {
  if (!note.has_message || (note.level.empty() && note.code.empty()))
    return false;
  out.level = note.level.empty() ? "diagnostic" : note.level;
  out.text = note.code.empty() ? note.message : note.code + ": " + note.message;
  return true;
}

bool decode_progress(std::string_view body, child_progress& out) {
  child_note note;
  return decode_child_note(body, note) && progress_of(note, out);
}

bool decode_log(std::string_view body, child_log& out) {
  child_note note;
  return decode_child_note(body, note) && log_of(note, out);
}

error_object decode_error(std::string_view body) {
  auto object = object_of(body);
  return {text_of(object, "code"), text_of(object, "message")};
}

} // namespace leanworker
