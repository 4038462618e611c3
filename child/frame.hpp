// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/errc.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// The frame header of docs/PROTOCOL.md, section 1: constants and pure functions that both ends share. No I/O, no allocation.
namespace leanworker {

inline constexpr std::size_t frame_header_bytes = 24;
inline constexpr std::array<std::uint8_t, 4> frame_magic{0x4C, 0x57, 0x52, 0x4B};
inline constexpr std::uint16_t protocol_version = 1;

/// Bounds and default of the negotiated caps on a frame's body, in bytes.
inline constexpr std::uint32_t frame_bytes_max_initial = 64u << 10; ///< Until `configure` is answered.
inline constexpr std::uint32_t frame_bytes_max_lowest = 64u << 10;
inline constexpr std::uint32_t frame_bytes_max_highest = 256u << 20;
inline constexpr std::uint32_t frame_bytes_max_default = 16u << 20;

/// A row's body before its stream name: 8 bytes of sequence, 2 bytes of name length.
inline constexpr std::size_t row_prefix_bytes = 10;
inline constexpr std::size_t row_stream_bytes_max = 255;

enum class frame_kind : std::uint8_t {
  hello = 1,      ///< child → parent, first frame
  configure = 2,  ///< parent → child, answered by a response
  request = 3,    ///< parent → child, answered by a response
  cancel = 4,     ///< parent → child, no body
  terminate = 5,  ///< parent → child, no body
  row = 16,       ///< child → parent
  diagnostic = 17,///< child → parent
  progress = 18,  ///< child → parent
  response = 19,  ///< child → parent, terminal, exactly one per request
  log = 20,       ///< child → parent
};

/// On `response`: the body is an error object.
inline constexpr std::uint8_t frame_flag_error = 0x01;
/// On `response`: the child asks to be replaced before its next request.
inline constexpr std::uint8_t frame_flag_retire = 0x02;

/// Which end sent a frame; decides the kinds that are allowed.
enum class frame_sender : std::uint8_t { parent, child };

struct frame_header {
  frame_kind kind = frame_kind::request;
  std::uint8_t flags = 0;
  std::uint64_t request_id = 0;
  std::uint32_t body_bytes = 0;
  friend bool operator==(const frame_header&, const frame_header&) = default;
};

using frame_header_buffer = std::array<std::uint8_t, frame_header_bytes>;

/// Writes a header. Precondition: the caller keeps `body_bytes` within its cap.
frame_header_buffer encode_frame_header(const frame_header& header) noexcept;

struct decoded_frame_header {
  errc error = errc::none; ///< The first check that failed, in the order of the document; `none` when `header` is valid.
  frame_header header;
  std::uint16_t version = 0; ///< As read, for the message of `frame_bad_version`.
};

/// Reads and checks a header that `sender` wrote; `body_bytes_max` is the cap of that direction.
decoded_frame_header decode_frame_header(std::span<const std::uint8_t, frame_header_bytes> bytes, frame_sender sender,
                                         std::uint32_t body_bytes_max) noexcept;

/// One sentence about a header that `decode_frame_header` refused, naming the offending values.
std::string explain_frame_error(const decoded_frame_header& refused, std::span<const std::uint8_t, frame_header_bytes> bytes,
                                std::uint32_t body_bytes_max);

/// A row's body taken apart; the views point into the body.
struct row_view {
  std::uint64_t sequence = 0;
  std::string_view stream;
  std::string_view payload;
};

/// Takes a row's body apart. `none`, or `frame_bad_body` when a length does not fit, the name is empty or too long, or the payload is empty.
errc decode_row(std::string_view body, row_view& out) noexcept;

/// A whole frame as bytes, for senders. Precondition: the body fits into 32 bits.
std::string encode_frame(frame_kind kind, std::uint8_t flags, std::uint64_t request_id, std::string_view body);

/// The body of a row. Precondition: 1 ≤ stream.size() ≤ row_stream_bytes_max, payload not empty.
std::string encode_row_body(std::uint64_t sequence, std::string_view stream, std::string_view payload);

/// The kind's name as in the document, "unknown" otherwise.
std::string_view to_string(frame_kind kind) noexcept;

} // namespace leanworker
