// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/frame.hpp>

#include <algorithm>
#include <cstdio>

namespace leanworker {
namespace {

template <class T>
void put_little_endian(std::uint8_t* to, T value) noexcept {
  for (std::size_t i = 0; i < sizeof(T); ++i)
    to[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

template <class T>
T get_little_endian(const std::uint8_t* from) noexcept {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    value = static_cast<T>(value | (static_cast<T>(from[i]) << (8 * i)));
  return value;
}

bool allowed(std::uint8_t kind, frame_sender sender) noexcept {
  switch (static_cast<frame_kind>(kind)) {
    case frame_kind::configure:
    case frame_kind::request:
    case frame_kind::cancel:
    case frame_kind::terminate: return sender == frame_sender::parent;
    case frame_kind::hello:
    case frame_kind::row:
    case frame_kind::diagnostic:
    case frame_kind::progress:
    case frame_kind::response:
    case frame_kind::log: return sender == frame_sender::child;
  }
  return false;
}

} // namespace

frame_header_buffer encode_frame_header(const frame_header& header) noexcept {
  frame_header_buffer out{};
  std::copy(frame_magic.begin(), frame_magic.end(), out.begin());
  put_little_endian(out.data() + 4, protocol_version);
  out[6] = static_cast<std::uint8_t>(header.kind);
  out[7] = header.flags;
  put_little_endian(out.data() + 8, header.request_id);
  put_little_endian(out.data() + 16, header.body_bytes);
  return out;
}

decoded_frame_header decode_frame_header(std::span<const std::uint8_t, frame_header_bytes> bytes, frame_sender sender,
                                         std::uint32_t body_bytes_max) noexcept {
  decoded_frame_header result;
  auto& header = result.header;
  result.version = get_little_endian<std::uint16_t>(bytes.data() + 4);
  header.kind = static_cast<frame_kind>(bytes[6]);
  header.flags = bytes[7];
  header.request_id = get_little_endian<std::uint64_t>(bytes.data() + 8);
  header.body_bytes = get_little_endian<std::uint32_t>(bytes.data() + 16);
  const std::uint8_t flags_allowed = header.kind == frame_kind::response ? frame_flag_error | frame_flag_retire : 0;
  if (!std::equal(frame_magic.begin(), frame_magic.end(), bytes.begin()))
    result.error = errc::frame_bad_magic;
  else if (result.version != protocol_version)
    result.error = errc::frame_bad_version;
  else if (!allowed(bytes[6], sender))
    result.error = errc::frame_bad_kind;
  else if ((header.flags & ~flags_allowed) != 0 || get_little_endian<std::uint32_t>(bytes.data() + 20) != 0)
    result.error = errc::frame_bad_flags;
  else if (header.body_bytes > body_bytes_max)
    result.error = errc::frame_too_large;
  return result;
}

std::string explain_frame_error(const decoded_frame_header& refused, std::span<const std::uint8_t, frame_header_bytes> bytes,
                                std::uint32_t body_bytes_max) {
  switch (refused.error) {
    case errc::frame_bad_magic: {
      char text[64];
      std::snprintf(text, sizeof text, "the frame begins with %02X %02X %02X %02X, not 4C 57 52 4B", bytes[0], bytes[1], bytes[2],
                    bytes[3]);
      return text;
    }
    case errc::frame_bad_version:
      return "the peer speaks protocol version " + std::to_string(refused.version) + ", this side version "
             + std::to_string(protocol_version);
    case errc::frame_bad_kind: return "frame kind " + std::to_string(bytes[6]) + " is not allowed in this direction";
    case errc::frame_bad_flags: return "flags " + std::to_string(bytes[7]) + " or the reserved field are not zero";
    case errc::frame_too_large:
      return "a frame of " + std::to_string(refused.header.body_bytes) + " bytes exceeds the cap of " + std::to_string(body_bytes_max)
             + " bytes";
    default: return std::string{describe(refused.error)};
  }
}

errc decode_row(std::string_view body, row_view& out) noexcept {
  if (body.size() < row_prefix_bytes)
    return errc::frame_bad_body;
  auto bytes = reinterpret_cast<const std::uint8_t*>(body.data());
  auto name_bytes = get_little_endian<std::uint16_t>(bytes + 8);
  auto rest = body.substr(row_prefix_bytes);
  if (name_bytes == 0 || name_bytes > row_stream_bytes_max || rest.size() <= name_bytes)
    return errc::frame_bad_body;
  out = {get_little_endian<std::uint64_t>(bytes), rest.substr(0, name_bytes), rest.substr(name_bytes)};
  return errc::none;
}

std::string encode_frame(frame_kind kind, std::uint8_t flags, std::uint64_t request_id, std::string_view body) {
  auto header = encode_frame_header({kind, flags, request_id, static_cast<std::uint32_t>(body.size())});
  std::string out;
  out.reserve(header.size() + body.size());
  out.append(reinterpret_cast<const char*>(header.data()), header.size());
  out.append(body);
  return out;
}

std::string encode_row_body(std::uint64_t sequence, std::string_view stream, std::string_view payload) {
  std::uint8_t prefix[row_prefix_bytes];
  put_little_endian(prefix, sequence);
  put_little_endian(prefix + 8, static_cast<std::uint16_t>(stream.size()));
  std::string out;
  out.reserve(row_prefix_bytes + stream.size() + payload.size());
  out.append(reinterpret_cast<const char*>(prefix), row_prefix_bytes).append(stream).append(payload);
  return out;
}

std::string_view to_string(frame_kind kind) noexcept {
  switch (kind) {
    case frame_kind::hello: return "hello";
    case frame_kind::configure: return "configure";
    case frame_kind::request: return "request";
    case frame_kind::cancel: return "cancel";
    case frame_kind::terminate: return "terminate";
    case frame_kind::row: return "row";
    case frame_kind::diagnostic: return "diagnostic";
    case frame_kind::progress: return "progress";
    case frame_kind::response: return "response";
    case frame_kind::log: return "log";
  }
  return "unknown";
}

} // namespace leanworker
