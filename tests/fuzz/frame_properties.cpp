// SPDX-License-Identifier: Apache-2.0
#include "properties.hpp"

#include <leanworker/child/internal/frame_cutter.hpp>
#include <leanworker/child/seal.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace leanworker::fuzz {
namespace {

void require(bool holds, const char* what) {
  if (!holds)
    throw std::logic_error{what};
}

frame_sender sender_of(std::uint8_t choices) { return (choices & 1) != 0 ? frame_sender::child : frame_sender::parent; }

std::uint32_t cap_of(std::uint8_t choices) {
  static constexpr std::uint32_t caps[] = {0, 100, frame_bytes_max_lowest, frame_bytes_max_highest};
  return caps[choices >> 1 & 3];
}

std::uint64_t number(bytes from, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  while (count-- > 0)
    value = value << 8 | from[at + count];
  return value;
}

/// The checks of section 1 once more, written from the document and not from the code.
errc expected_error(bytes header, frame_sender sender, std::uint32_t cap) {
  static constexpr std::uint8_t from_parent[] = {2, 3, 4, 5}, from_child[] = {1, 16, 17, 18, 19, 20};
  auto kind = header[6], flags = header[7];
  bool known = sender == frame_sender::parent ? std::ranges::count(from_parent, kind) == 1 : std::ranges::count(from_child, kind) == 1;
  if (number(header, 0, 4) != 0x4B52574C)
    return errc::frame_bad_magic;
  if (number(header, 4, 2) != 1)
    return errc::frame_bad_version;
  if (!known)
    return errc::frame_bad_kind;
  if (flags > (kind == 19 ? 3 : 0) || number(header, 20, 4) != 0)
    return errc::frame_bad_flags;
  return number(header, 16, 4) > cap ? errc::frame_too_large : errc::none;
}

std::string_view text_of(bytes from) { return {reinterpret_cast<const char*>(from.data()), from.size()}; }

void check_row(bytes body) {
  row_view row;
  auto error = decode_row(text_of(body), row);
  if (error == errc::none)
    require(encode_row_body(row.sequence, row.stream, row.payload) == text_of(body), "a row does not come back as it went");
  std::size_t name_bytes = body.size() < row_prefix_bytes ? 0 : number(body, 8, 2);
  bool good = name_bytes >= 1 && name_bytes <= row_stream_bytes_max && body.size() > row_prefix_bytes + name_bytes;
  require(good == (error == errc::none), "a row is taken that should not be, or the other way round");
  require(good || error == errc::frame_bad_body, "a row has only one error");
}

struct cut_frame {
  frame_header header;
  std::string body;
  bool operator==(const cut_frame&) const = default;
};

/// What comes out of a stream.
struct outcome {
  std::vector<cut_frame> frames;
  errc error = errc::none;
  bool inside_frame = false;
  bool operator==(const outcome&) const = default;
};

outcome cut_at_once(bytes stream, frame_sender sender, std::uint32_t cap) {
  outcome out;
  while (stream.size() >= frame_header_bytes) {
    auto decoded = decode_frame_header(stream.first<frame_header_bytes>(), sender, cap);
    out.error = decoded.error;
    if (out.error != errc::none)
      return out;
    auto whole = frame_header_bytes + decoded.header.body_bytes;
    if (stream.size() < whole)
      break;
    out.frames.push_back({decoded.header, std::string{text_of(stream.subspan(frame_header_bytes, decoded.header.body_bytes))}});
    stream = stream.subspan(whole);
  }
  out.inside_frame = !stream.empty();
  return out;
}

class cutting {
public:
  cutting(std::uint8_t choices, std::size_t slab_bytes)
      : cap_{cap_of(choices)}, keeps_{(choices & 8) != 0}, pool_{slab_bytes, 2}, cutter_{pool_, sender_of(choices), cap_} {}

  /// False once the stream has failed.
  bool feed(bytes piece) {
    while (!piece.empty()) {
      auto space = cutter_.space();
      require(!space.empty(), "no room before an error");
      require(space.size() <= std::max<std::size_t>(pool_.slab_bytes(), frame_header_bytes + cap_), "more room than the largest frame needs");
      auto count = std::min(space.size(), piece.size());
      std::copy_n(piece.begin(), count, space.begin());
      piece = piece.subspan(count);
      take(cutter_.commit(count));
      if (out_.error != errc::none) {
        require(cutter_.failed() && cutter_.space().empty(), "room after an error");
        return false;
      }
    }
    return true;
  }

  outcome finish() {
    for (const auto& batch : kept_)
      append(*batch);
    out_.inside_frame = out_.error == errc::none && cutter_.inside_frame();
    return std::move(out_);
  }

private:
  void take(internal::frame_cutter::result result) {
    out_.error = result.error;
    require((result.error == errc::none) == result.detail.empty(), "an error is explained, and nothing else is");
    if (!result.batch)
      return;
    require(!result.batch->frames().empty(), "a batch without frames");
    if (keeps_)
      kept_.push_back(std::move(result.batch));
    else
      append(*result.batch);
  }
  void append(const frame_batch& batch) {
    for (const auto& frame : batch.frames())
      out_.frames.push_back({frame.header, std::string{frame.body}});
  }

  std::uint32_t cap_;
  bool keeps_;
  slab_pool pool_;
  internal::frame_cutter cutter_;
  std::vector<frame_batch_ptr> kept_;
  outcome out_;
};

} // namespace

void check_frame(bytes input) {
  if (input.size() < 1 + frame_header_bytes)
    return;
  auto sender = sender_of(input[0]);
  auto cap = cap_of(input[0]);
  auto header = input.subspan<1, frame_header_bytes>();
  auto decoded = decode_frame_header(header, sender, cap);
  require(decoded.error == expected_error(header, sender, cap), "not the error that the document gives");
  if (decoded.error == errc::none)
    require(std::ranges::equal(encode_frame_header(decoded.header), header), "a header does not come back as it went");
  else
    require(!explain_frame_error(decoded, header, cap).empty(), "a refusal without explanation");
  check_row(input.subspan(1 + frame_header_bytes));
}

void check_seal(bytes input) {
  if (input.size() < 25)
    return;
  seal_key key;
  std::ranges::copy(input.first(16), key.bytes.begin());
  auto kind = static_cast<frame_kind>(input[16] & 31);
  auto field = number(input, 17, 8);
  std::uint64_t id = field & 0xffffffff;
  seal_check check;
  check.expect(key, 1);
  require(check.open({frame_kind::response, 0, seal_id(key, frame_kind::response, 1), 0}).error == errc::none, "the handshake's own seal is refused");
  auto opened = check.open({kind, 0, field, 0});
  require((opened.error == errc::none) == (field == seal_id(key, kind, id)), "a field opens that the key did not seal, or the other way round");
  require(opened.error == errc::none || (opened.error == errc::frame_bad_seal && !opened.detail.empty()), "a refusal of another kind, or without explanation");
  require(check.open({kind, 0, seal_id(key, kind, id), 0}).request_id == id, "a sealed id does not come back as it went");
}

void check_frame_cutter(bytes input) {
  if (input.size() < 2)
    return;
  auto choices = input[0];
  auto lengths = input.subspan(2, std::min<std::size_t>(input[1], input.size() - 2));
  auto stream = input.subspan(2 + lengths.size());
  static constexpr std::size_t slab_sizes[] = {32, 256, 8192, slab_bytes_default};
  cutting pieces{choices, slab_sizes[choices >> 4 & 3]};
  std::size_t turn = 0;
  for (auto rest = stream; !rest.empty();) {
    auto count = lengths.empty() ? rest.size() : std::min<std::size_t>(rest.size(), 1u + lengths[turn++ % lengths.size()]);
    if (!pieces.feed(rest.first(count)))
      break;
    rest = rest.subspan(count);
  }
  require(pieces.finish() == cut_at_once(stream, sender_of(choices), cap_of(choices)), "split otherwise, something else comes out");
}

} // namespace leanworker::fuzz
