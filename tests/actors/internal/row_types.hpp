// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/row_reader.hpp>

#include <nlohmann/json.hpp>

/// Row types of every kind, for the tests of the reader.
namespace leanworker::row_types {

struct place {
  std::uint32_t line = 0;
  std::vector<std::int8_t> columns;
  friend bool operator==(const place&, const place&) = default;
};

struct declaration {
  std::string name;
  std::int64_t size = 0;
  double seconds = 0;
  bool sorry = false;
  std::optional<std::string> doc;
  std::optional<place> where;
  friend bool operator==(const declaration&, const declaration&) = default;
};

/// The same type for nlohmann.
struct slow_declaration {
  declaration d;
};
inline void from_json(const nlohmann::json& j, slow_declaration& x) {
  j.at("name").get_to(x.d.name);
  j.at("size").get_to(x.d.size);
  j.at("seconds").get_to(x.d.seconds);
  j.at("sorry").get_to(x.d.sorry);
  x.d.doc.reset();
  if (j.contains("doc") && !j.at("doc").is_null())
    x.d.doc = j.at("doc").get<std::string>();
  x.d.where.reset();
  if (j.contains("where") && !j.at("where").is_null())
    x.d.where = place{j.at("where").at("line").get<std::uint32_t>(), j.at("where").at("columns").get<std::vector<std::int8_t>>()};
}

struct numbers {
  std::optional<std::int8_t> i8;
  std::optional<std::uint8_t> u8;
  std::optional<std::int64_t> i64;
  std::optional<std::uint64_t> u64;
  std::optional<float> f32;
  std::optional<double> f64;
};

struct others {
  std::vector<bool> flags;
  std::vector<std::string> names;
  std::vector<std::optional<int>> gaps;
  raw_json raw;
  std::optional<nlohmann::json> tree;
};

/// Contains itself.
struct tree {
  std::vector<tree> t;
};

} // namespace leanworker::row_types

namespace leanworker {

template <>
inline constexpr auto row_fields<row_types::place> = fields(field("line", &row_types::place::line), field("columns", &row_types::place::columns));
template <>
inline constexpr auto row_fields<row_types::declaration> =
    fields(field("name", &row_types::declaration::name), field("size", &row_types::declaration::size), field("seconds", &row_types::declaration::seconds),
           field("sorry", &row_types::declaration::sorry), field("doc", &row_types::declaration::doc), field("where", &row_types::declaration::where));
template <>
inline constexpr auto row_fields<row_types::numbers> =
    fields(field("i8", &row_types::numbers::i8), field("u8", &row_types::numbers::u8), field("i64", &row_types::numbers::i64), field("u64", &row_types::numbers::u64),
           field("f32", &row_types::numbers::f32), field("f64", &row_types::numbers::f64));
template <>
inline constexpr auto row_fields<row_types::others> =
    fields(field("flags", &row_types::others::flags), field("names", &row_types::others::names), field("gaps", &row_types::others::gaps), field("raw", &row_types::others::raw),
           field("tree", &row_types::others::tree));
template <>
inline constexpr auto row_fields<row_types::tree> = fields(field("t", &row_types::tree::t));

} // namespace leanworker
