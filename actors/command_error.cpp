// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/command_error.hpp>

#include <leanworker/child/internal/json_scan.hpp>

#include <algorithm>

namespace leanworker {
namespace {

bool is_tail(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Where a cut at `at` has to be made so that no character is halved: at most three bytes earlier.
std::size_t cut_before(std::string_view text, std::size_t at) {
  for (std::size_t back = 0; back <= 3 && back < at && at < text.size(); ++back)
    if (!is_tail(text[at - back]))
      return at - back;
  return at;
}

std::string one_line(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    auto length = internal::utf8_length(text);
    auto first = static_cast<unsigned char>(text.front());
    if (length == 0)
      out.push_back('?');
    else if (first < 0x20 || first == 0x7F)
      out.push_back(' ');
    else
      out.append(text.substr(0, length));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

} // namespace

std::string excerpt_around(std::string_view payload, std::size_t offset_bytes) {
  auto at = std::min(offset_bytes, payload.size());
  auto end = std::min(payload.size(), std::max(at, excerpt_bytes_max / 2) + excerpt_bytes_max / 2);
  auto begin = end > excerpt_bytes_max ? end - excerpt_bytes_max : 0;
  for (int step = 0; step < 3 && begin > 0 && begin < at && is_tail(payload[begin]); ++step)
    ++begin;
  return one_line(payload.substr(begin, cut_before(payload, end) - begin));
}

std::string bounded_text(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max)
    return one_line(text);
  return one_line(text.substr(0, cut_before(text, bytes_max - 3))) + "...";
}

std::string explain(const command_error& error) {
  std::string out{to_string(error.code)};
  out += ": command \"" + error.command + '"';
  if (!error.stream.empty())
    out += ", stream \"" + error.stream + "\", row " + std::to_string(error.sequence);
  out += ", byte " + std::to_string(error.offset_bytes);
  if (!error.member.empty())
    out += ", member \"" + error.member + '"';
  out += ": " + error.message;
  if (!error.excerpt.empty())
    out += "; near " + error.excerpt;
  return out;
}

} // namespace leanworker
