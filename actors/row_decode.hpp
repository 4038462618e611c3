// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/command_error.hpp>
#include <leanworker/actors/json_codec.hpp>
#include <leanworker/actors/row_fields.hpp>
#include <leanworker/child/data_row.hpp>

#include <simdjson.h>

#include <array>
#include <cmath>
#include <concepts>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

/// The inside of row_reader.hpp; nothing here is for users. This is the public header that includes simdjson's: the types of rows are its users'.
namespace leanworker::detail {

namespace od = simdjson::ondemand;

/// Objects and arrays, one within the other: as deep as the protocol allows. simdjson's parser bears 1024, and only asserts that.
inline constexpr std::size_t row_depth_max = 512;

template <class T>
concept has_row_fields = !std::is_same_v<std::remove_cvref_t<decltype(row_fields<T>)>, no_row_fields>;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
concept plain_integer = std::integral<T> && !std::is_same_v<T, bool> && !std::is_same_v<T, char>;

enum class row_fault : std::uint8_t {
  none,
  structure,  ///< simdjson found no JSON; what is wrong is found out by a second look at the text.
  wrong_type, ///< `expected` says what should be there; whether it is another type or out of range is seen in the text.
  missing,    ///< The member is not there.
  too_deep,
  codec,      ///< `problem` is what a codec said.
};

/// What went wrong where. Filled at most once per row, so its cost does not matter.
struct row_failure {
  row_fault fault = row_fault::none;
  const char* at = nullptr; ///< In the row's JSON; null: not known.
  const char* expected = "";
  std::string member; ///< The path, built from the inside out.
  std::string problem;
};

/// Turns a failure into an error. Looks at the whole text again: if it is no JSON, that is what the error says.
void describe_row_failure(std::string_view command, const data_row& row, row_failure failure, command_error& error);

/// Whether a token, as simdjson cut it, is a scalar of JSON: strings are UTF-8 without control characters already.
bool is_scalar_token(std::string_view token);

/// Whether a container's text is JSON within the bounds of the protocol, `depth` levels down.
bool is_json_text(std::string_view text, std::size_t depth);

/// The way down through one row. After a failure nobody goes on, so the depth need not be right then.
struct row_walk {
  row_failure failure;
  std::size_t depth = 1; ///< The row itself is an object.

  bool fail(row_fault fault, const char* at, const char* expected = "") {
    failure.fault = fault;
    failure.at = at;
    failure.expected = expected;
    return false;
  }
  bool enter(const char* at) { return depth++ < row_depth_max || fail(row_fault::too_deep, at); }
  void leave() { --depth; }
};

inline std::string_view without_space_behind(std::string_view text) {
  auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; };
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}

inline std::string_view token_of(od::value& value) { return without_space_behind(value.raw_json_token()); }

template <class T>
constexpr const char* words_for() {
  if constexpr (std::is_same_v<T, bool>)
    return "a boolean";
  else if constexpr (std::integral<T>) {
    constexpr const char* is_signed[] = {"an integer of 8 bits", "an integer of 16 bits", "an integer of 32 bits", "an integer of 64 bits"};
    constexpr const char* is_unsigned[] = {"an unsigned integer of 8 bits",
                                           "an unsigned integer of 16 bits", "an unsigned integer of 32 bits", "an unsigned integer of 64 bits"};
    constexpr auto log2 = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
    return std::is_signed_v<T> ? is_signed[log2] : is_unsigned[log2];
  } else if constexpr (std::floating_point<T>)
    return "a number";
  else if constexpr (std::is_same_v<T, std::string>)
    return "a string";
  else if constexpr (is_vector<T>)
    return "an array";
  else
    return "an object";
}

template <class T>
bool decode_value(od::value& value, T& out, row_walk& walk);

template <class T>
bool decode_number(od::value& value, T& out, row_walk& walk) {
  auto at = value.raw_json_token().data();
  if constexpr (std::floating_point<T>) {
    double read = 0;
    if (value.get_double().get(read) || std::isinf(static_cast<T>(read)))
      return walk.fail(row_fault::wrong_type, at, words_for<T>());
    out = static_cast<T>(read);
  } else {
    std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t> read = 0;
    if constexpr (std::is_signed_v<T>) {
      if (value.get_int64().get(read))
        return walk.fail(row_fault::wrong_type, at, words_for<T>());
    } else if (value.get_uint64().get(read))
      return walk.fail(row_fault::wrong_type, at, words_for<T>());
    if (!std::in_range<T>(read))
      return walk.fail(row_fault::wrong_type, at, words_for<T>());
    out = static_cast<T>(read);
  }
  return true;
}

/// Goes behind a string. simdjson's own way over a value that nobody read takes a string before a colon for a key.
inline bool take_string(od::value& value, std::string_view token, row_walk& walk) {
  od::raw_json_string raw;
  return !value.get_raw_json_string().get(raw) || walk.fail(row_fault::structure, token.data());
}

inline bool decode_string(od::value& value, std::string& out, row_walk& walk) {
  auto token = token_of(value);
  if (token.size() < 2 || token.front() != '"')
    return walk.fail(row_fault::wrong_type, token.data(), words_for<std::string>());
  auto inner = token.substr(1, token.size() - 2);
  // Most strings have no escapes; then a copy is all there is to do.
  if (!std::memchr(inner.data(), '\\', inner.size()))
    return take_string(value, token, walk) && (out.assign(inner), true);
  std::string_view unescaped;
  if (value.get_string().get(unescaped))
    return walk.fail(row_fault::wrong_type, token.data(), words_for<std::string>());
  out.assign(unescaped);
  return true;
}

template <class T>
bool decode_array(od::value& value, std::vector<T>& out, row_walk& walk) {
  auto at = value.raw_json_token().data();
  od::array array;
  if (!walk.enter(at))
    return false;
  if (value.get_array().get(array))
    return walk.fail(row_fault::wrong_type, at, "an array");
  std::size_t index = 0;
  for (auto item : array) {
    od::value element;
    if (std::move(item).get(element))
      return walk.fail(row_fault::structure, at);
    bool good;
    if constexpr (std::is_same_v<T, bool>) {
      bool read = false;
      good = decode_value(element, read, walk);
      if (index < out.size())
        out[index] = read;
      else
        out.push_back(read);
    } else
      good = decode_value(element, index < out.size() ? out[index] : out.emplace_back(), walk);
    if (!good) {
      walk.failure.member.insert(0, '[' + std::to_string(index) + ']');
      return false;
    }
    ++index;
  }
  out.resize(index);
  walk.leave();
  return true;
}

inline simdjson::error_code cut_container(od::value& value, std::string_view& out) {
  od::object object;
  od::array array;
  if (value.raw_json_token().front() == '{') {
    auto failed = value.get_object().get(object);
    return failed ? failed : object.raw_json().get(out);
  }
  auto failed = value.get_array().get(array);
  return failed ? failed : array.raw_json().get(out);
}

/// Cuts the value out as text, checked.
inline bool cut_text(od::value& value, std::string_view& out, row_walk& walk) {
  auto token = token_of(value);
  if (!token.empty() && (token.front() == '{' || token.front() == '[')) {
    std::string_view text;
    if (cut_container(value, text) || !is_json_text(text, walk.depth))
      return walk.fail(row_fault::structure, token.data());
    out = without_space_behind(text);
    return true;
  }
  out = token;
  if (!is_scalar_token(token))
    return walk.fail(row_fault::structure, token.data());
  return token.front() != '"' || take_string(value, token, walk);
}

template <class T>
bool decode_by_codec(od::value& value, T& out, row_walk& walk) {
  std::string_view text;
  if (!cut_text(value, text, walk))
    return false;
  std::string problem;
  if (decode_json(text, out, problem))
    return true;
  walk.failure.problem = std::move(problem);
  return walk.fail(row_fault::codec, text.data());
}

/// The members of one row type, as arrays that a loop can walk.
template <class Row>
struct row_table {
  static constexpr const auto& all = row_fields<Row>;
  static constexpr std::size_t count = std::tuple_size_v<std::remove_cvref_t<decltype(all)>>;
  using indexes = std::make_index_sequence<count>;

  template <std::size_t... I>
  static constexpr std::array<std::string_view, count> make_names(std::index_sequence<I...>) {
    return {std::get<I>(all).name...};
  }
  static constexpr auto names = make_names(indexes{});

  /// Which member a raw key spells; `count` if none. `room`: the bytes from the key to its value. `guess` is looked at first.
  static std::size_t find(const char* key, std::size_t room, std::size_t guess) {
    auto spells = [&](std::string_view name) { return name.size() < room && key[name.size()] == '"' && std::memcmp(key, name.data(), name.size()) == 0; };
    if (guess < count && spells(names[guess]))
      return guess;
    for (std::size_t i = 0; i < count; ++i)
      if (spells(names[i]))
        return i;
    return count;
  }
  static std::size_t find_unescaped(std::string_view key) {
    for (std::size_t i = 0; i < count; ++i)
      if (names[i] == key)
        return i;
    return count;
  }

  template <std::size_t... I>
  static bool decode(std::size_t index, od::value& value, Row& out, row_walk& walk, std::index_sequence<I...>) {
    bool good = false;
    (void)((I == index && ((good = decode_value(value, out.*std::get<I>(all).member, walk)), true)) || ...);
    return good;
  }

  /// Resets the optional members that were not there; the index of a required one that was not, or `count`.
  template <std::size_t... I>
  static std::size_t settle(std::uint64_t seen, Row& out, std::index_sequence<I...>) {
    std::size_t missing = count;
    auto look = [&]<std::size_t Index>(std::integral_constant<std::size_t, Index>) {
      if (seen >> Index & 1)
        return;
      auto& member = out.*std::get<Index>(all).member;
      if constexpr (is_optional<std::remove_cvref_t<decltype(member)>>)
        member.reset();
      else if (missing == count)
        missing = Index;
    };
    (look(std::integral_constant<std::size_t, I>{}), ...);
    return missing;
  }
};

/// A key in which there is an escape; simdjson's own comparison would take it for another name.
inline bool unescape_key(od::field& field, std::string_view& out, const char* key, row_walk& walk) {
  return !field.unescaped_key().get(out) || walk.fail(row_fault::structure, key);
}

inline bool skip_checked(od::value& value, row_walk& walk) {
  std::string_view ignored;
  return cut_text(value, ignored, walk);
}

template <class Row>
bool decode_members(od::object& object, const char* begins, Row& out, row_walk& walk) {
  using table = row_table<Row>;
  std::uint64_t seen = 0;
  std::size_t next = 0;
  for (auto item : object) {
    od::field field;
    if (std::move(item).get(field))
      return walk.fail(row_fault::structure, begins);
    auto key = field.key().raw();
    auto room = static_cast<std::size_t>(field.value().raw_json_token().data() - key);
    auto index = table::find(key, room, next);
    if (index == table::count && std::memchr(key, '\\', room)) {
      std::string_view unescaped;
      if (!unescape_key(field, unescaped, key, walk))
        return false;
      index = table::find_unescaped(unescaped);
    }
    if (index == table::count) {
      if (!skip_checked(field.value(), walk))
        return false;
      continue;
    }
    if (!table::decode(index, field.value(), out, walk, typename table::indexes{})) {
      auto& path = walk.failure.member;
      path.insert(0, path.empty() || path.front() == '[' ? std::string{table::names[index]} : std::string{table::names[index]} + '.');
      return false;
    }
    seen |= std::uint64_t{1} << index;
    next = index + 1;
  }
  auto missing = table::settle(seen, out, typename table::indexes{});
  if (missing == table::count)
    return true;
  walk.failure.member = table::names[missing];
  return walk.fail(row_fault::missing, begins);
}

template <class Row>
bool decode_object(od::value& value, Row& out, row_walk& walk) {
  auto at = value.raw_json_token().data();
  od::object object;
  if (!walk.enter(at))
    return false;
  if (value.get_object().get(object))
    return walk.fail(row_fault::wrong_type, at, "an object");
  bool good = decode_members(object, at, out, walk);
  walk.leave();
  return good;
}

template <class T>
bool decode_optional(od::value& value, std::optional<T>& out, row_walk& walk) {
  bool null = false;
  if (value.is_null().get(null))
    return walk.fail(row_fault::structure, value.raw_json_token().data());
  if (!null)
    return decode_value(value, out ? *out : out.emplace(), walk);
  out.reset();
  return true;
}

template <class T>
bool decode_value(od::value& value, T& out, row_walk& walk) {
  static_assert(!std::is_same_v<T, std::string_view>, "a view would outlive the row; use std::string");
  if constexpr (std::is_same_v<T, bool>)
    return !value.get_bool().get(out) || walk.fail(row_fault::wrong_type, value.raw_json_token().data(), words_for<bool>());
  else if constexpr (plain_integer<T> || std::floating_point<T>)
    return decode_number(value, out, walk);
  else if constexpr (std::is_same_v<T, std::string>)
    return decode_string(value, out, walk);
  else if constexpr (is_vector<T>)
    return decode_array(value, out, walk);
  else if constexpr (is_optional<T>)
    return decode_optional(value, out, walk);
  else if constexpr (has_row_fields<T>)
    return decode_object(value, out, walk);
  else
    return decode_by_codec(value, out, walk);
}

} // namespace leanworker::detail
