// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/commands.hpp>

#include <leanworker/child/internal/json_scan.hpp>

#include <charconv>
#include <cmath>
#include <functional>
#include <stdexcept>

namespace leanworker {
namespace {

/// Of an answer of the host, which has about five.
constexpr std::size_t members_max = 1'000;

std::string json_string(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    auto length = internal::utf8_length(text);
    if (length == 0)
      return false;
    text.remove_prefix(length);
  }
  return true;
}

/// The value of a checked text without the space around it.
std::string_view trimmed(std::string_view json) {
  constexpr std::string_view space = " \t\r\n";
  auto begin = json.find_first_not_of(space);
  return begin == std::string_view::npos ? std::string_view{} : json.substr(begin, json.find_last_not_of(space) - begin + 1);
}

bool fail(command_error& error, errc code, std::string_view name, std::string_view payload, std::size_t offset, std::string_view member, std::string_view message) {
  error = {};
  error.code = code;
  error.command = bounded_text(name, command_name_bytes_max);
  error.member = bounded_text(member, command_name_bytes_max);
  error.offset_bytes = offset;
  error.excerpt = excerpt_around(payload, offset);
  error.message = bounded_text(message, command_message_bytes_max);
  return false;
}

std::size_t offset_in(std::string_view whole, std::string_view part) { return static_cast<std::size_t>(part.data() - whole.data()); }

bool not_json(command_error& error, errc code, std::string_view name, std::string_view payload, const internal::json_scan_result& scan) {
  return fail(error, code, name, payload, scan.at, {}, std::string{"not JSON: "} + scan.problem);
}

/// What is wrong with the names of a call; null if nothing.
const char* name_problem(std::string_view name, const command_target& target) {
  if (name.empty())
    return "the command has no name";
  if (name.size() > command_name_bytes_max)
    return "the command's name is longer than 255 bytes";
  if (!is_utf8(name))
    return "the command's name is not UTF-8";
  if (target.where != command_target::place::operation && target.capability.empty())
    return "the capability has no name";
  return is_utf8(target.capability) ? nullptr : "the capability's name is not UTF-8";
}

bool read_count(std::string_view json, std::uint64_t& out) {
  auto [end, problem] = std::from_chars(json.data(), json.data() + json.size(), out);
  return problem == std::errc{} && end == json.data() + json.size();
}

/// Members that are absent stay as they are. Null when all is well, else the member that is wrong.
const char* read_totals(const internal::json_scan_result& scan, stream_totals& totals) {
  if (auto rows = scan.find("rows"); !rows.empty() && !read_count(rows, totals.rows))
    return "rows";
  if (auto elapsed = scan.find("elapsed_ms"); !elapsed.empty() && !read_count(elapsed, totals.elapsed_ms))
    return "elapsed_ms";
  auto text = scan.find("streams");
  if (text.empty())
    return nullptr;
  auto streams = internal::scan_json(text, stream_totals::streams_max);
  if (!streams.ok() || !streams.object)
    return "streams";
  for (const auto& member : streams.members) {
    std::uint64_t rows = 0;
    if (!read_count(member.value, rows))
      return "streams";
    totals.streams.push_back({internal::decode_json_string(member.name_text), rows});
  }
  return nullptr;
}

/// JSON has no infinity and no "not a number".
bool has_odd_number(const nlohmann::json& value) {
  if (value.is_number_float())
    return !std::isfinite(value.get<double>());
  if (value.is_structured())
    for (const auto& item : value)
      if (has_odd_number(item))
        return true;
  return false;
}

} // namespace

std::string detail::dump_json(const nlohmann::json& value) {
  if (has_odd_number(value))
    throw std::invalid_argument{"a number that is infinite, or none"};
  return value.dump();
}

std::string encode_call(const command_target& target, std::string_view name, std::string_view request_json) {
  std::string body;
  body.reserve(request_json.size() + target.capability.size() + name.size() + 80);
  if (target.where == command_target::place::operation) {
    body.append(R"({"op":)").append(json_string(name));
  } else {
    body.append(R"({"op":"run","capability":{)").append(target.where == command_target::place::lean_module ? R"("module":)" : R"("path":)");
    body.append(json_string(target.capability)).append(R"(},"command":)").append(json_string(name));
  }
  body.append(R"(,"request":)").append(request_json).append("}");
  return body;
}

bool detail::finish_request(std::string_view name, const command_target& target, std::string_view request_json, std::string_view problem, std::string& body,
                            command_error& error) {
  constexpr auto code = errc::request_encode_failed;
  if (auto wrong = name_problem(name, target))
    return fail(error, code, name, {}, 0, {}, wrong);
  if (!problem.empty())
    return fail(error, code, name, {}, 0, {}, problem);
  if (auto scan = internal::check_json(request_json); !scan.ok())
    return not_json(error, code, name, request_json, scan);
  body = encode_call(target, name, request_json);
  error = {};
  return true;
}

bool detail::cut_response(std::string_view name, const command_target& target, std::string_view body, std::string_view& result, command_error& error) {
  constexpr auto code = errc::response_decode_failed;
  bool whole = target.where == command_target::place::operation;
  auto scan = whole ? internal::check_json(body) : internal::scan_json(body, members_max);
  if (!scan.ok())
    return not_json(error, code, name, body, scan);
  result = whole ? trimmed(body) : scan.find("result");
  if (result.empty())
    return fail(error, code, name, body, 0, "result", scan.object ? "the response has no member of that name" : "the response is no object");
  error = {};
  return true;
}

bool detail::cut_summary(std::string_view name, const command_target& target, std::string_view body, std::string_view& summary, stream_totals* totals,
                         command_error& error) {
  constexpr auto code = errc::summary_decode_failed;
  bool whole = target.where == command_target::place::operation;
  auto scan = whole ? internal::check_json(body) : internal::scan_json(body, members_max);
  if (!scan.ok())
    return not_json(error, code, name, body, scan);
  if (!whole && !scan.object)
    return fail(error, code, name, body, 0, {}, "the end of the stream is no object");
  stream_totals read;
  if (auto wrong = whole ? nullptr : read_totals(scan, read))
    return fail(error, code, name, body, offset_in(body, scan.find(wrong)), wrong, "not the count of rows or milliseconds that belongs there");
  if (totals)
    *totals = std::move(read);
  summary = whole ? trimmed(body) : scan.find("metadata");
  // Absent is null; there is no place in the body that could be named.
  if (summary.empty())
    summary = "null";
  error = {};
  return true;
}

bool detail::decode_failed(errc code, std::string_view name, std::string_view body, std::string_view part, std::string_view problem, command_error& error) {
  std::less_equal<const char*> before;
  bool inside = before(body.data(), part.data()) && before(part.data(), body.data() + body.size());
  return fail(error, code, name, body, inside ? offset_in(body, part) : 0, {}, problem);
}

} // namespace leanworker
