// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/capability_facts.hpp>

#include <leanworker/actors/internal/json_items.hpp>
#include <leanworker/child/internal/json_scan.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace leanworker {
namespace {

/// Of one object in the envelopes, which have about five.
constexpr std::size_t members_max = 1'000;

constexpr std::array<std::string_view, 3> severities{"pass", "warning", "error"};

/// Reads one envelope; remembers the first thing that is wrong.
class reader {
public:
  reader(errc code, std::string_view export_name, std::string_view json, command_error& error) : code_{code}, name_{export_name}, json_{json}, error_{error} {
    error_ = {};
  }

  bool fail(std::string_view at, std::string member, std::string_view message) {
    error_.code = code_;
    error_.command = bounded_text(name_, command_name_bytes_max);
    error_.member = bounded_text(member, command_name_bytes_max);
    error_.offset_bytes = at.data() ? static_cast<std::size_t>(at.data() - json_.data()) : 0;
    error_.excerpt = excerpt_around(json_, error_.offset_bytes);
    error_.message = bounded_text(message, command_message_bytes_max);
    return false;
  }

  bool whole(internal::json_scan_result& object) {
    object = internal::scan_json(json_, members_max);
    if (!object.ok())
      return fail(json_.substr(object.at), {}, std::string{"not JSON: "} + object.problem);
    return object.object || fail({}, {}, "an object is expected");
  }

  bool object(std::string_view text, const std::string& path, internal::json_scan_result& out) {
    out = internal::scan_json(text, members_max);
    return (out.ok() && out.object) || fail(text, path, "an object is expected");
  }

  bool string(std::string_view owner, const internal::json_scan_result& object, const std::string& path, const char* name, std::string& out, bool may_be_empty) {
    auto text = object.find(name);
    auto member = path + name;
    if (text.empty())
      return fail(owner, member, "the member is missing");
    if (text.front() != '"')
      return fail(text, member, "a string is expected");
    out = internal::decode_json_string(text);
    return may_be_empty || !out.empty() || fail(text, member, "the text is empty");
  }

  bool items(const internal::json_scan_result& object, const char* name, std::vector<std::string_view>& out) {
    auto text = object.find(name);
    if (text.empty())
      return fail({}, name, "the member is missing");
    if (text.front() != '[')
      return fail(text, name, "an array is expected");
    return internal::cut_json_items(text, capability_items_max, out) || fail(text, name, "more items than are allowed");
  }

private:
  errc code_;
  std::string_view name_;
  std::string_view json_;
  command_error& error_;
};

bool read_versions(reader& read, const internal::json_scan_result& whole, const char* name, std::vector<named_version>& out) {
  std::vector<std::string_view> items;
  if (!read.items(whole, name, items))
    return false;
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto path = std::string{name} + '[' + std::to_string(i) + ']';
    internal::json_scan_result object;
    auto& entry = out.emplace_back();
    if (!read.object(items[i], path, object) || !read.string(items[i], object, path + '.', "name", entry.name, false) ||
        !read.string(items[i], object, path + '.', "version", entry.version, true))
      return false;
  }
  return true;
}

bool read_diagnostic(reader& read, std::string_view item, const std::string& path, doctor_diagnostic& out) {
  internal::json_scan_result object;
  std::string severity;
  if (!read.object(item, path, object) || !read.string(item, object, path + '.', "severity", severity, true))
    return false;
  auto found = std::find(severities.begin(), severities.end(), severity);
  if (found == severities.end())
    return read.fail(object.find("severity"), path + ".severity", "\"pass\", \"warning\" or \"error\" is expected");
  out.severity = static_cast<doctor_severity>(found - severities.begin());
  out.details = object.find("details");
  return read.string(item, object, path + '.', "code", out.code, false) && read.string(item, object, path + '.', "message", out.message, true);
}

std::string told(const std::vector<named_version>& list) {
  std::string out = "[";
  for (const auto& entry : list)
    out += (out.size() > 1 ? ", " : "") + entry.name + ' ' + entry.version;
  return out + ']';
}

std::string told(const std::optional<std::string>& text) { return text ? '"' + *text + '"' : "none"; }
std::string told(const std::string& json) { return json.empty() ? "none" : json; }

bool same_json(const std::string& a, const std::string& b) {
  if (a == b)
    return true;
  auto usable = [](const std::string& text) { return internal::check_json(text).ok(); };
  return usable(a) && usable(b) && nlohmann::json::parse(a, nullptr, false) == nlohmann::json::parse(b, nullptr, false);
}

bool mismatch(std::string_view export_name, const char* member, const std::string& expected, const std::string& actual, command_error& error) {
  auto differ = std::mismatch(expected.begin(), expected.end(), actual.begin(), actual.end());
  auto at = static_cast<std::size_t>(differ.first - expected.begin());
  error = {};
  error.code = errc::metadata_mismatch;
  error.command = bounded_text(export_name, command_name_bytes_max);
  error.member = member;
  error.excerpt = excerpt_around(actual, at);
  error.message = "expected " + excerpt_around(expected, at) + ", found " + error.excerpt;
  return false;
}

} // namespace

std::string_view to_string(doctor_severity severity) noexcept {
  auto index = static_cast<std::size_t>(severity);
  return index < severities.size() ? severities[index] : "unknown";
}

doctor_severity doctor_report::worst() const noexcept {
  auto worst = doctor_severity::pass;
  for (const auto& diagnostic : diagnostics)
    worst = std::max(worst, diagnostic.severity);
  return worst;
}

bool decode_metadata(std::string_view export_name, std::string_view json, capability_metadata& out, command_error& error) {
  reader read{errc::metadata_malformed, export_name, json, error};
  internal::json_scan_result whole;
  out = {};
  if (!read.whole(whole) || !read_versions(read, whole, "commands", out.commands) || !read_versions(read, whole, "capabilities", out.capabilities))
    return false;
  out.extra = whole.find("extra");
  auto version = whole.find("lean_version");
  return version.empty() || version == "null" || read.string(json, whole, {}, "lean_version", out.lean_version.emplace(), true);
}

bool decode_doctor(std::string_view export_name, std::string_view json, doctor_report& out, command_error& error) {
  reader read{errc::doctor_malformed, export_name, json, error};
  internal::json_scan_result whole;
  std::vector<std::string_view> items;
  out = {};
  if (!read.whole(whole) || !read.items(whole, "diagnostics", items))
    return false;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (!read_diagnostic(read, items[i], "diagnostics[" + std::to_string(i) + ']', out.diagnostics.emplace_back()))
      return false;
  out.metadata = whole.find("metadata");
  return true;
}

bool expect_metadata(std::string_view export_name, const capability_metadata& expected, const capability_metadata& actual, command_error& error) {
  error = {};
  if (expected.commands != actual.commands)
    return mismatch(export_name, "commands", told(expected.commands), told(actual.commands), error);
  if (expected.capabilities != actual.capabilities)
    return mismatch(export_name, "capabilities", told(expected.capabilities), told(actual.capabilities), error);
  if (expected.lean_version != actual.lean_version)
    return mismatch(export_name, "lean_version", told(expected.lean_version), told(actual.lean_version), error);
  return same_json(expected.extra, actual.extra) || mismatch(export_name, "extra", told(expected.extra), told(actual.extra), error);
}

} // namespace leanworker
