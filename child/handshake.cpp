// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/handshake.hpp>

#include <leanworker/child/frame.hpp>

#include <nlohmann/json.hpp>

namespace leanworker {
namespace {

using json = nlohmann::json;

json parse_object(std::string_view body) {
  auto value = json::parse(body, nullptr, false);
  return value.is_object() ? value : json{};
}

std::string text_of(const json& object, const char* member) {
  auto found = object.find(member);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

json object_of(const json& object, const char* member) {
  auto found = object.find(member);
  return found != object.end() && found->is_object() ? *found : json::object();
}

bool read_count(const json& object, const char* member, std::uint32_t lowest, std::uint32_t highest, std::uint32_t& out) {
  auto found = object.find(member);
  if (found == object.end() || !found->is_number_integer() || *found < lowest || *found > highest)
    return false;
  out = found->get<std::uint32_t>();
  return true;
}

bool read_limits(const json& hello, child_hello& out, std::string& problem) {
  auto limits = object_of(hello, "limits");
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
  auto hello = parse_object(body);
  if (!hello.is_object()) {
    problem = "hello is not a JSON object";
    return false;
  }
  if (hello.value("protocol", json{}) != protocol_version) {
    problem = "hello speaks of protocol " + hello.value("protocol", json{}).dump() + ", not " + std::to_string(protocol_version);
    return false;
  }
  auto child = object_of(hello, "child");
  out.child_kind = text_of(child, "kind");
  out.child_version = text_of(child, "version");
  if (out.child_kind.empty()) {
    problem = "child.kind is missing";
    return false;
  }
  auto lean = object_of(hello, "lean");
  out.lean_version = text_of(lean, "version");
  out.lean_target = text_of(lean, "target");
  auto pid = hello.value("pid", json{});
  out.claimed_pid = pid.is_number_integer() ? pid.get<std::int64_t>() : 0;
  auto capabilities = hello.value("capabilities", json{});
  if (!capabilities.is_array()) {
    problem = "capabilities is not an array";
    return false;
  }
  for (const auto& entry : capabilities)
    if (entry.is_string())
      out.capabilities.push_back(entry.get<std::string>());
  return read_limits(hello, out, problem);
}

bool decode_progress(std::string_view body, child_progress& out) {
  auto value = parse_object(body);
  out.phase = text_of(value, "phase");
  auto current = value.find("current");
  if (out.phase.empty() || current == value.end() || !current->is_number_unsigned())
    return false;
  out.current = current->get<std::uint64_t>();
  auto total = value.find("total");
  out.total = total != value.end() && total->is_number_unsigned() ? total->get<std::uint64_t>() : 0;
  return true;
}

bool decode_log(std::string_view body, child_log& out) {
  auto value = parse_object(body);
  auto level = text_of(value, "level");
  out.level = level.empty() ? "diagnostic" : level;
  auto code = text_of(value, "code");
  auto message = value.find("message");
  if (message == value.end() || !message->is_string() || (level.empty() && code.empty()))
    return false;
  out.text = code.empty() ? message->get<std::string>() : code + ": " + message->get<std::string>();
  return true;
}

error_object decode_error(std::string_view body) {
  auto value = parse_object(body);
  return {text_of(value, "code"), text_of(value, "message")};
}

} // namespace leanworker
