// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/row_value.hpp>

#include <leanworker/actors/row_decode.hpp>
#include <leanworker/child/internal/json_scan.hpp>

#include <bit>
#include <charconv>
#include <new>

namespace leanworker::detail {
namespace {

/// What simdjson counts as one level less: the innermost container, when it is empty.
constexpr std::size_t least_depth = row_depth_max;
/// The same 512 levels, however the innermost container looks.
constexpr std::size_t most_depth = row_depth_max + 1;

bool is_number_text(char c) { return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'; }

template <class T>
bool holds(std::string_view number) {
  T value{};
  auto read = std::from_chars(number.data(), number.data() + number.size(), value);
  return read.ec == std::errc{} && read.ptr == number.data() + number.size();
}

bool fits(std::string_view number) {
  return number.find_first_of(".eE") == number.npos ? holds<std::int64_t>(number) || holds<std::uint64_t>(number) : holds<double>(number);
}

/// The first number of a JSON text that no tree can hold; null if there is none.
const char* number_out_of_range(std::string_view json) {
  for (std::size_t i = 0; i < json.size();) {
    if (json[i] == '"') {
      for (++i; i < json.size() && json[i] != '"'; ++i)
        i += json[i] == '\\';
      ++i;
    } else if (json[i] == '-' || (json[i] >= '0' && json[i] <= '9')) {
      auto begin = i;
      while (i < json.size() && is_number_text(json[i]))
        ++i;
      if (!fits(json.substr(begin, i - begin)))
        return json.data() + begin;
    } else
      ++i;
  }
  return nullptr;
}

/// What simdjson refused, though it is JSON.
row_failure failure_of(std::string_view json) {
  row_failure failure;
  failure.at = number_out_of_range(json);
  failure.fault = failure.at ? row_fault::wrong_type : row_fault::structure;
  failure.expected = "a number";
  return failure;
}

simdjson::error_code allocate(simdjson::dom::parser& parser, std::size_t bytes, std::size_t depth_max) {
  auto failed = parser.allocate(bytes, depth_max);
  if (failed == simdjson::MEMALLOC)
    throw std::bad_alloc{};
  return failed;
}

simdjson::error_code parse_with(simdjson::dom::parser& parser, std::string_view json, row_value& out) {
  auto failed = parser.parse(json.data(), json.size(), false).get(out);
  if (failed == simdjson::MEMALLOC)
    throw std::bad_alloc{};
  return failed;
}

} // namespace

simdjson::error_code row_tree::parse(std::string_view padded_json, row_value& out) {
  static_assert(simdjson::SIMDJSON_PADDING <= slab_padding_bytes, "the parser reads behind its input");
  if (padded_json.size() > kept_row_bytes_max)
    return parse_apart(padded_json, least_depth, out);
  // To powers of two, so that rows that grow slowly do not allocate each time.
  if (kept_.capacity() < padded_json.size() || kept_.capacity() == 0)
    if (auto failed = allocate(kept_, std::bit_ceil(std::max<std::size_t>(padded_json.size(), 64)), least_depth))
      return failed;
  return parse_with(kept_, padded_json, out);
}

simdjson::error_code row_tree::parse_apart(std::string_view padded_json, std::size_t depth_max, row_value& out) {
  apart_ = std::make_unique<simdjson::dom::parser>();
  if (auto failed = allocate(*apart_, padded_json.size(), depth_max))
    return failed;
  return parse_with(*apart_, padded_json, out);
}

bool row_tree::read(std::string_view command, const data_row& row, row_value& out, command_error& error) {
  if (apart_)
    apart_.reset();
  auto failed = parse(row.json, out);
  // Exactly 512 levels are the protocol's bound; simdjson counts one more or one less.
  if (failed == simdjson::DEPTH_ERROR && internal::check_json(row.json).ok())
    failed = parse_apart(row.json, most_depth, out);
  if (!failed)
    return true;
  out = {};
  describe_row_failure(command, row, failure_of(row.json), error);
  return false;
}

} // namespace leanworker::detail
