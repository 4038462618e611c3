// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// A strict look at JSON text that keeps it as it is: numbers of any length, order and spelling survive, because values are handed on as text.
namespace leanworker::internal {

/// JSON nested deeper is refused.
inline constexpr std::size_t json_depth_max = 512;
/// Numbers with a longer exponent are refused: a peer that writes them out would need gigabytes.
inline constexpr std::size_t json_exponent_digits_max = 4;

/// A member of the outermost object; both texts point into what was scanned.
struct json_member {
  std::string_view name_text; ///< With its quotes and escapes.
  std::string_view value;
};

struct json_scan_result {
  const char* problem = nullptr; ///< Null when the text is exactly one JSON value in UTF-8, else why not.
  std::size_t at = 0;            ///< The offset of the problem.
  bool object = false;           ///< The value is an object, with these members.
  std::vector<json_member> members;

  bool ok() const noexcept { return problem == nullptr; }
  /// The value of the last member of that name; empty when there is none.
  std::string_view find(std::string_view name) const;
};

/// More than `members_max` members in the outermost object are a problem, so that a text of many tiny members cannot cost many times its size.
json_scan_result scan_json(std::string_view text, std::size_t members_max = std::string_view::npos);

/// The same check of any text, keeping no members: takes no memory. `depth_max`: at most `json_depth_max`; less for a part of something nested.
json_scan_result check_json(std::string_view text, std::size_t depth_max = json_depth_max);

/// How long the UTF-8 sequence at the front of `text` is; 0 if it is none (overlong forms and surrogates are none). Precondition: not empty.
std::size_t utf8_length(std::string_view text);

/// Whether a text, quotes included, that passed the scan spells this string.
bool json_spells(std::string_view string_text, std::string_view wanted);

/// A text as a JSON string, quotes included. Bytes that are no UTF-8 are kept as they are.
std::string json_quoted(std::string_view text);

/// The string that such a text spells.
std::string decode_json_string(std::string_view string_text);

} // namespace leanworker::internal
