// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/row_reader.hpp>

#include <leanworker/child/internal/json_scan.hpp>

namespace leanworker::detail {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// How many digits `text` begins with.
std::size_t digits(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count]))
    ++count;
  return count;
}

bool is_number(std::string_view text) {
  if (text.starts_with('-'))
    text.remove_prefix(1);
  auto whole = digits(text);
  if (whole == 0 || (whole > 1 && text.front() == '0'))
    return false;
  text.remove_prefix(whole);
  if (text.starts_with('.')) {
    auto fraction = digits(text.substr(1));
    if (fraction == 0)
      return false;
    text.remove_prefix(fraction + 1);
  }
  if (!text.starts_with('e') && !text.starts_with('E'))
    return text.empty();
  text.remove_prefix(1);
  if (text.starts_with('+') || text.starts_with('-'))
    text.remove_prefix(1);
  return !text.empty() && text.size() <= internal::json_exponent_digits_max && digits(text) == text.size();
}

const char* kind_of(char first) {
  switch (first) {
    case '{': return "an object";
    case '[': return "an array";
    case '"': return "a string";
    case 't':
    case 'f': return "a boolean";
    case 'n': return "null";
    default: return "a number";
  }
}

/// What stands where something else was expected. The text is JSON.
std::string wrong_type(std::string_view text, std::string_view expected) {
  if (expected.find("integer") != expected.npos || expected == "a number")
    if (is_digit(text.front()) || text.front() == '-') {
      auto end = text.find_first_not_of("-+.eE0123456789");
      auto number = text.substr(0, end);
      bool fraction = number.find_first_of(".eE") != number.npos;
      auto why = fraction && expected != "a number" ? " has a fraction or an exponent" : " is out of range";
      return std::string{expected} + " is expected; " + bounded_text(number, 40) + why;
    }
  return std::string{expected} + " is expected, found " + kind_of(text.front());
}

bool fail(std::string_view command, const data_row& row, std::size_t offset, std::string_view member, std::string_view message, command_error& error) {
  error = {};
  error.code = errc::row_decode_failed;
  error.command = bounded_text(command, command_name_bytes_max);
  error.stream = bounded_text(row.stream, command_name_bytes_max);
  error.sequence = row.sequence;
  error.member = bounded_text(member, command_name_bytes_max);
  error.offset_bytes = offset;
  error.excerpt = excerpt_around(row.json, offset);
  error.message = bounded_text(message, command_message_bytes_max);
  return false;
}

std::string_view first_token(std::string_view json) {
  auto begin = json.find_first_not_of(" \t\r\n");
  return begin == json.npos ? std::string_view{} : json.substr(begin);
}

std::string message_of(const row_failure& failure, std::string_view text) {
  switch (failure.fault) {
    case row_fault::wrong_type: return wrong_type(text, failure.expected);
    case row_fault::missing: return "the member is missing";
    case row_fault::too_deep: return "nested deeper than 512 levels";
    case row_fault::codec: return failure.problem;
    default: return "the parser refuses it";
  }
}

} // namespace

bool is_scalar_token(std::string_view token) {
  if (token.empty())
    return false;
  switch (token.front()) {
    case '"': return !std::memchr(token.data(), '\\', token.size()) || internal::check_json(token).ok();
    case 't': return token == "true";
    case 'f': return token == "false";
    case 'n': return token == "null";
    default: return is_number(token);
  }
}

bool is_json_text(std::string_view text, std::size_t depth) { return internal::check_json(text, internal::json_depth_max - depth).ok(); }
static_assert(row_depth_max == internal::json_depth_max);

void describe_row_failure(std::string_view command, const data_row& row, row_failure failure, command_error& error) {
  if (auto scan = internal::check_json(row.json); !scan.ok()) {
    fail(command, row, scan.at, failure.member, std::string{"not JSON: "} + scan.problem, error);
    return;
  }
  auto at = failure.at ? row.json.substr(static_cast<std::size_t>(failure.at - row.json.data())) : row.json;
  at = first_token(at);
  fail(command, row, static_cast<std::size_t>(at.data() - row.json.data()), failure.member, message_of(failure, at), error);
}

bool row_codec_failed(std::string_view command, const data_row& row, std::string_view problem, command_error& error) {
  auto value = first_token(row.json);
  return fail(command, row, static_cast<std::size_t>(value.data() - row.json.data()), {}, problem, error);
}

bool check_row(std::string_view command, const data_row& row, std::string_view& value, command_error& error) {
  if (auto scan = internal::check_json(row.json); !scan.ok())
    return fail(command, row, scan.at, {}, std::string{"not JSON: "} + scan.problem, error);
  value = first_token(row.json);
  value = value.substr(0, value.find_last_not_of(" \t\r\n") + 1);
  return true;
}

} // namespace leanworker::detail
