// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/log_ring.hpp>

#include <leanworker/child/utf8_tail.hpp>

#include <algorithm>

namespace leanworker {
namespace {

/// Length of the well-formed UTF-8 sequence at the start of `text` (RFC 3629, table in section 4), 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto lead = byte(0);
  if (lead < 0x80)
    return 1;
  std::size_t length = lead >= 0xC2 && lead <= 0xDF ? 2 : (lead & 0xF0) == 0xE0 ? 3 : lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
  if (length == 0 || text.size() < length)
    return 0;
  for (std::size_t i = 1; i < length; ++i)
    if (!is_utf8_continuation(text[i]))
      return 0;
  auto second = byte(1);
  bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  bool surrogate = lead == 0xED && second > 0x9F;
  bool too_high = lead == 0xF4 && second > 0x8F;
  return overlong || surrogate || too_high ? 0 : length;
}

} // namespace

void log_ring::append(std::string_view text) {
  total_ += text.size();
  if (text.size() > capacity_)
    text.remove_prefix(text.size() - capacity_);
  auto room = std::min(text.size(), capacity_ - bytes_.size());
  bytes_.append(text.substr(0, room));
  for (text.remove_prefix(room); !text.empty();) {
    auto n = std::min(text.size(), capacity_ - oldest_);
    std::copy_n(text.begin(), n, bytes_.begin() + static_cast<std::ptrdiff_t>(oldest_));
    oldest_ = (oldest_ + n) % capacity_;
    text.remove_prefix(n);
  }
}

std::string log_ring::tail(std::size_t bytes_max) const {
  auto ordered = bytes_.substr(oldest_) + bytes_.substr(0, oldest_);
  bool cut = total_ > ordered.size();
  std::string_view view{ordered};
  if (view.size() > bytes_max) {
    view.remove_prefix(view.size() - bytes_max);
    cut = true;
  }
  // Only a cut can have split a character; broken bytes of the child itself are shown as such.
  for (int i = 0; cut && i < 3 && !view.empty() && is_utf8_continuation(view.front()); ++i)
    view.remove_prefix(1);
  // Each byte that is none of UTF-8 has become three.
  auto text = make_valid_utf8(view);
  keep_utf8_tail(text, std::min(bytes_max, capacity_));
  return text;
}

std::string make_valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    auto length = sequence_length(text);
    if (length == 0)
      out += "\xEF\xBF\xBD";
    else
      out.append(text.substr(0, length));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

} // namespace leanworker
