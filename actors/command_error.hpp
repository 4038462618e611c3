// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/errc.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace leanworker {

/// Why a typed command, or a look at what a capability says of itself, failed on this side of the pipe. A value; owns all of its text, and every text
/// is bounded.
struct command_error {
  errc code = errc::none;         ///< From `request_encode_failed` to `metadata_mismatch`.
  std::string command;            ///< The name of the command or export.
  std::string stream;             ///< Of the row; empty for everything else.
  std::uint64_t sequence = 0;     ///< Of the row.
  std::string member;             ///< The JSON member that is wrong, as a path such as "range.lines[3]"; empty where it is the whole payload, or not known.
  std::size_t offset_bytes = 0;   ///< In the payload: the response's body, the row's JSON, the metadata's JSON.
  std::string excerpt;            ///< Of the payload around the offset; see `excerpt_around`.
  std::string message;            ///< One sentence that says what is wrong with it, without the facts above.

  bool ok() const noexcept { return code == errc::none; }
  friend bool operator==(const command_error&, const command_error&) = default;
};

/// The bounds of `command_error`'s texts, in bytes.
inline constexpr std::size_t excerpt_bytes_max = 160;
inline constexpr std::size_t command_message_bytes_max = 512;
inline constexpr std::size_t command_name_bytes_max = 255;

/// At most `excerpt_bytes_max` bytes of `payload` around an offset, in one line of UTF-8: cut between characters; control characters are shown as a
/// space, bytes that are no UTF-8 as '?'.
std::string excerpt_around(std::string_view payload, std::size_t offset_bytes);

/// The beginning of a text: at most `bytes_max` bytes, cleaned in the same way; a text that was cut ends with "...". Precondition: `bytes_max` >= 3.
std::string bounded_text(std::string_view text, std::size_t bytes_max);

/// All of it in one line for people, for example: `row_decode_failed: command "extract", stream "decls", row 17, byte 12, member "line": an integer
/// is expected, found a string; near {"line":"12"}`.
std::string explain(const command_error& error);

} // namespace leanworker
