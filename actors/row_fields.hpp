// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <tuple>

/// The fast way to read a row: the members of its JSON object that are wanted, and where they go. Standard library only.
///
///     struct declaration { std::string name; std::uint32_t line = 0; std::optional<std::string> doc; };
///     template <>
///     inline constexpr auto leanworker::row_fields<declaration> =
///         leanworker::fields(leanworker::field("name", &declaration::name), leanworker::field("line", &declaration::line), leanworker::field("doc", &declaration::doc));
namespace leanworker {

/// One member of the JSON object and the member of the struct that it is read into.
template <class Row, class Member>
struct row_field {
  using member_type = Member;
  std::string_view name;
  Member Row::*member;
};

/// Names are compared with the bytes of the JSON text, so one with a quote, a backslash or a control character does not compile.
template <class Row, class Member>
consteval row_field<Row, Member> field(std::string_view name, Member Row::*member) {
  for (char c : name)
    if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20)
      throw "the name of a field may not need an escape in JSON";
  return {name, member};
}

/// In the order in which the sender usually writes them: then each is found at the first look. At most 64.
template <class... Fields>
consteval auto fields(Fields... all) {
  static_assert(sizeof...(Fields) <= 64);
  return std::tuple<Fields...>{all...};
}

struct no_row_fields {};

/// Specialise it to have a struct read the fast way; without it, rows are read by `json_codec`. Members may be: bool, integers and floating-point
/// numbers (range-checked), std::string, std::vector and std::optional of such, structs with `row_fields`, raw_json (the text, copied), and whatever
/// `json_codec` reads, slower. std::string_view is refused: it would outlive the row.
///   - A std::optional member may be absent or null, and is then reset; every other one must be there and not be null.
///   - Of a member that occurs twice the last counts. Members that are not listed are skipped, but checked: what is read is valid JSON altogether.
///   - A row that is read into again keeps the memory of its strings and vectors.
template <class Row>
inline constexpr auto row_fields = no_row_fields{};

} // namespace leanworker
