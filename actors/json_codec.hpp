// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

/// How the types of typed commands are written as JSON and read from it. No CAF. This public header needs nlohmann's, since its users' `to_json` and
/// `from_json` are found through it.
namespace leanworker {

/// JSON text that is handed on as it is, for who wants no types, or has a parser of their own.
struct raw_json {
  std::string text = "null";
  friend bool operator==(const raw_json&, const raw_json&) = default;
};

/// The summary of a stream that has none: whatever metadata its end carries is ignored.
struct no_summary {
  friend bool operator==(no_summary, no_summary) = default;
};

namespace detail {

/// `dump` writes numbers that JSON does not have as null; here they are an error. Throws std::exception.
std::string dump_json(const nlohmann::json& value);

} // namespace detail

/// The codec of a type; by default nlohmann's `to_json` and `from_json`. Specialise it for a type that nlohmann does not know. Both functions may
/// throw anything derived from std::exception: it becomes a `command_error` with its text. `decode` gets one JSON value that was checked: UTF-8, at
/// most 512 levels deep. nlohmann's own conversions between numbers are silent: 300 read into 8 bits is 44, 1.5 read into an integer is 1, and so is
/// true; a number beyond a double is an error even where nobody wants it. Of repeated members the last counts.
template <class T>
struct json_codec {
  static std::string encode(const T& value) { return detail::dump_json(nlohmann::json(value)); }
  static void decode(std::string_view json, T& out) { nlohmann::json::parse(json).get_to(out); }
};

template <>
struct json_codec<raw_json> {
  static std::string encode(const raw_json& value) { return value.text; }
  static void decode(std::string_view json, raw_json& out) { out.text.assign(json); }
};

template <>
struct json_codec<no_summary> {
  static std::string encode(no_summary) { return "null"; }
  static void decode(std::string_view, no_summary&) {}
};

template <>
struct json_codec<std::monostate> {
  static std::string encode(std::monostate) { return "null"; }
  static void decode(std::string_view, std::monostate&) {}
};

/// `null` is no value. Only for a whole payload: nlohmann 3.11 knows no optional members.
template <class T>
struct json_codec<std::optional<T>> {
  static std::string encode(const std::optional<T>& value) { return value ? json_codec<T>::encode(*value) : "null"; }
  static void decode(std::string_view json, std::optional<T>& out) {
    if (json == "null")
      out.reset();
    else
      json_codec<T>::decode(json, out ? *out : out.emplace());
  }
};

/// Whether the payload `null` is given to the type's codec. For every other type it is an error that says so, whatever its `from_json` would do with
/// it.
template <class T>
inline constexpr bool takes_null = false;
template <>
inline constexpr bool takes_null<nlohmann::json> = true;
template <>
inline constexpr bool takes_null<std::nullptr_t> = true;
template <>
inline constexpr bool takes_null<raw_json> = true;
template <>
inline constexpr bool takes_null<no_summary> = true;
template <>
inline constexpr bool takes_null<std::monostate> = true;
template <class T>
inline constexpr bool takes_null<std::optional<T>> = true;

namespace detail {

/// Runs the codec; false, with why, instead of an exception. `json`: one value without space around it.
template <class T>
bool decode_json(std::string_view json, T& out, std::string& problem) {
  if (json == "null" && !takes_null<T>) {
    problem = "null, where a value is expected";
    return false;
  }
  try {
    json_codec<T>::decode(json, out);
    return true;
  } catch (const std::exception& thrown) {
    problem = thrown.what();
  } catch (...) {
    problem = "the codec threw something that is no std::exception";
  }
  return false;
}

template <class T>
bool encode_json(const T& value, std::string& json, std::string& problem) {
  try {
    json = json_codec<T>::encode(value);
    return true;
  } catch (const std::exception& thrown) {
    problem = thrown.what();
  } catch (...) {
    problem = "the codec threw something that is no std::exception";
  }
  return false;
}

} // namespace detail

} // namespace leanworker
