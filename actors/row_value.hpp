// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/command_error.hpp>
#include <leanworker/child/data_row.hpp>

#include <simdjson.h>

#include <cstddef>
#include <memory>
#include <string_view>

namespace leanworker {

/// A row as a tree, for rows whose form is known only when they are there: simdjson's DOM value. Where the members are known, a struct with `row_fields` is faster.
///
///     row_reader<row_value> reader{"rows"};  // or typed_rows<row_value, F>, or streaming_command<Request, row_value, Summary>
///     if (reader.read(row, value, error) && value["line"].get(line) == simdjson::SUCCESS) …
///
///   - Lifetime: a value, and every value, array, object and std::string_view got from it, points into its reader. It is valid until the next `read` of that
///     reader, successful or not, or until the reader is moved or destroyed. It does not need the row: the slab may be gone. Who keeps something, copies it.
///   - It may be read by several threads as long as nobody reads the next row.
///   - Of a member that occurs twice `value["name"]` finds the first, and iterating shows both.
///   - Integers from -2^63 to 2^64 - 1 are exact, other numbers are doubles. A row with a number beyond those is `row_decode_failed`: read it as `raw_json`.
///   - A default-made value belongs to no row: nothing may be asked of it.
using row_value = simdjson::dom::element;

namespace detail {

/// The memory of trees, one row at a time.
class row_tree {
public:
  /// Rows up to this size share one parser, which keeps its memory: about 14 times the largest of them. A larger one has a parser of its own until the next row.
  static constexpr std::size_t kept_row_bytes_max = 1u << 20;

  /// Refuses what is no JSON, or nested deeper than 512 levels, before there is a tree. Precondition: `slab_padding_bytes` bytes behind `row.json` may be read.
  bool read(std::string_view command, const data_row& row, row_value& out, command_error& error);

private:
  simdjson::error_code parse(std::string_view padded_json, row_value& out);
  simdjson::error_code parse_apart(std::string_view padded_json, std::size_t depth_max, row_value& out);

  simdjson::dom::parser kept_;
  std::unique_ptr<simdjson::dom::parser> apart_;
};

} // namespace detail
} // namespace leanworker
