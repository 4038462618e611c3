// SPDX-License-Identifier: Apache-2.0
#include <leanworker/lean/lean_version.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>

namespace leanworker {
namespace {

constexpr std::string_view magic = "olean";
constexpr std::size_t version_at = 7, version_bytes = 33, commit_bytes = 40;

bool take_number(std::string_view& text, unsigned& out) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error == std::errc{};
}

bool take_dot(std::string_view& text) {
  bool dot = text.starts_with('.');
  text.remove_prefix(dot ? 1 : 0);
  return dot;
}

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
}

} // namespace

lean_support lean_version_info::support() const noexcept {
  if (text.empty())
    return lean_support::unknown;
  if (major < 4 || (major == 4 && minor < lean_minor_lowest))
    return lean_support::too_old;
  return major == 4 && minor <= lean_minor_highest ? lean_support::supported : lean_support::newer;
}

lean_version_info parse_lean_version(std::string_view text) {
  lean_version_info out;
  auto rest = text;
  if (rest.starts_with('v'))
    rest.remove_prefix(1);
  auto spelled = rest;
  bool numbers = take_number(rest, out.major) && take_dot(rest) && take_number(rest, out.minor) && take_dot(rest) && take_number(rest, out.patch);
  if (!numbers || (!rest.empty() && !rest.starts_with('-')) || !printable(rest))
    return {};
  out.text = spelled;
  return out;
}

lean_version_info read_lean_version(const std::string& sysroot) {
  std::array<char, version_at + version_bytes + commit_bytes> head{};
  std::ifstream file{sysroot + "/lib/lean/Init.olean", std::ios::binary};
  file.read(head.data(), head.size());
  std::string_view bytes{head.data(), static_cast<std::size_t>(std::max<std::streamsize>(0, file.gcount()))};
  if (!bytes.starts_with(magic) || bytes.size() <= magic.size())
    return {};
  if (bytes[magic.size()] == 1)
    return {4, 0, 0, "4, older than 4.22", {}}; // the header that came before had no version in it
  if (bytes[magic.size()] != 2 || bytes.size() < head.size())
    return {};
  auto version = bytes.substr(version_at, version_bytes);
  auto out = parse_lean_version(version.substr(0, version.find('\0')));
  auto commit = bytes.substr(version_at + version_bytes, commit_bytes);
  if (std::all_of(commit.begin(), commit.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }))
    out.commit = commit;
  return out;
}

} // namespace leanworker
