// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/commands.hpp>
#include <leanworker/actors/row_decode.hpp>
#include <leanworker/actors/row_value.hpp>

#include <bit>
#include <string>

namespace leanworker {
namespace detail {

template <class Row>
inline constexpr bool is_fast_row = has_row_fields<Row>;
template <class Row>
inline constexpr bool is_fast_row<std::optional<Row>> = has_row_fields<Row>;

/// Reads a row as a whole; `walk` says why not.
template <class Row>
bool read_row(od::parser& parser, const data_row& row, Row& out, row_walk& walk) {
  static_assert(simdjson::SIMDJSON_PADDING <= slab_padding_bytes, "the parser reads behind its input");
  // To powers of two, so that rows that grow slowly do not allocate each time.
  if (parser.capacity() < row.json.size() && parser.allocate(std::bit_ceil(row.json.size())) != simdjson::SUCCESS)
    throw std::bad_alloc{};
  od::document document;
  if (parser.iterate(row.json.data(), row.json.size(), row.json.size() + slab_padding_bytes).get(document))
    return walk.fail(row_fault::structure, nullptr);
  od::object object;
  if (document.get_object().get(object))
    return walk.fail(row_fault::wrong_type, row.json.data(), "an object");
  if (!decode_members(object, row.json.data(), out, walk))
    return false;
  // The parser has no other word for "nothing is left".
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS || walk.fail(row_fault::structure, nullptr);
}

template <class Row>
bool read_row(od::parser& parser, const data_row& row, std::optional<Row>& out, row_walk& walk) {
  if (row.json != "null")
    return read_row(parser, row, out ? *out : out.emplace(), walk);
  out.reset();
  return true;
}

bool row_codec_failed(std::string_view command, const data_row& row, std::string_view problem, command_error& error);

/// Whether a row is JSON within the bounds of the protocol; cuts the space around its value off.
bool check_row(std::string_view command, const data_row& row, std::string_view& value, command_error& error);

} // namespace detail

/// Reads the rows of one typed command, one by one, straight from the slab. Rows of a type with `row_fields` (row_fields.hpp) are read by simdjson's
/// on-demand parser, about ten times as fast as by nlohmann; rows as `row_value` (row_value.hpp, with how long a value lives) by its DOM parser; all
/// others by `json_codec`. Not thread-safe: one reader per stream of rows. Keeps the parser's memory, about seven times the largest row (14 times for
/// trees), but at most that of `kept_row_bytes_max`; larger rows get a parser of their own.
template <class Row>
class row_reader {
public:
  static constexpr std::size_t kept_row_bytes_max = 1u << 20;

  /// `command` is named in errors.
  explicit row_reader(std::string_view command) : command_{command} {}
  template <class Request, class Summary>
  explicit row_reader(const streaming_command<Request, Row, Summary>& command) : command_{command.name} {}

  /// Reads a row into `out`, which owns what it got and may be used again for the next one. False: `error` is `row_decode_failed` and says where in
  /// `row.json` and why; `out` is unspecified. `error` is not touched on success. Precondition: `slab_padding_bytes` bytes behind `row.json` may be
  /// read.
  bool read(const data_row& row, Row& out, command_error& error) {
    if constexpr (detail::is_fast_row<Row>) {
      detail::row_walk walk;
      if (row.json.size() <= kept_row_bytes_max ? detail::read_row(parser_, row, out, walk) : read_large(row, out, walk))
        return true;
      detail::describe_row_failure(command_, row, std::move(walk.failure), error);
      return false;
    } else if constexpr (is_tree) {
      return parser_.read(command_, row, out, error);
    } else {
      std::string_view value;
      if (!detail::check_row(command_, row, value, error))
        return false;
      std::string problem;
      return detail::decode_json(value, out, problem) || detail::row_codec_failed(command_, row, problem, error);
    }
  }

private:
  struct nothing {};
  static constexpr bool is_tree = std::is_same_v<Row, row_value>;

  static bool read_large(const data_row& row, Row& out, detail::row_walk& walk) {
    detail::od::parser parser;
    return detail::read_row(parser, row, out, walk);
  }

  std::string command_;
  [[no_unique_address]] std::conditional_t<detail::is_fast_row<Row>, detail::od::parser, std::conditional_t<is_tree, detail::row_tree, nothing>> parser_;
};

template <class Request, class Row, class Summary>
row_reader(const streaming_command<Request, Row, Summary>&) -> row_reader<Row>;

} // namespace leanworker
