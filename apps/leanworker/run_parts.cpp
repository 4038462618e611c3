// SPDX-License-Identifier: Apache-2.0
#include "run_parts.hpp"

#include <leanworker/child/internal/json_scan.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace leanworker::cli {
namespace {

using internal::scan_json;

bool read_file(const std::string& path, std::string& text, std::string& problem) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) { // opening one succeeds, and reading it throws
    problem = "cannot read " + path + ": it is a folder";
    return false;
  }
  errno = 0;
  std::ifstream file{path, std::ios::binary};
  text.assign(std::istreambuf_iterator<char>{file}, {});
  if (file.is_open() && !file.bad())
    return true;
  problem = "cannot read " + path + ": " + std::strerror(errno);
  return false;
}

std::vector<std::string> pieces(const std::string& text, char separator) {
  std::vector<std::string> found;
  for (std::size_t begin = 0; begin <= text.size();) {
    auto end = std::min(text.find(separator, begin), text.size());
    auto piece = text.substr(begin, end - begin);
    if (piece.ends_with('\r'))
      piece.pop_back();
    if (!piece.empty())
      found.push_back(std::move(piece));
    begin = end + 1;
  }
  return found;
}

/// The request with one member replaced, or added.
std::string with_member(const internal::json_scan_result& request, const std::string& key, const std::string& value) {
  std::string out = "{";
  for (const auto& member : request.members)
    if (!internal::json_spells(member.name_text, key))
      out += std::string{member.name_text} + ":" + std::string{member.value} + ",";
  return out + internal::json_quoted(key) + ":" + value + "}";
}

} // namespace

bool read_request(const std::string& option, std::string& json, std::string& problem) {
  bool from_file = option.starts_with('@');
  if (!from_file)
    json = option;
  else if (!read_file(option.substr(1), json, problem))
    return false;
  auto scanned = scan_json(json);
  if (!scanned.ok())
    problem = (from_file ? option.substr(1) : "--request") + ": no JSON at byte " + std::to_string(scanned.at) + ": " + scanned.problem;
  return scanned.ok();
}

bool split_request(const std::string& request, const std::string& split, std::vector<run_part>& parts, std::string& problem) {
  if (split.empty()) {
    parts.push_back({"", request});
    return true;
  }
  auto equals = split.find('=');
  auto key = split.substr(0, equals);
  bool as_array = key.ends_with("[]");
  if (as_array)
    key.resize(key.size() - 2);
  if (equals == std::string::npos || key.empty()) {
    problem = "--split: '" + split + "' is not of the form KEY=a,b,c or KEY=@file";
    return false;
  }
  auto scanned = scan_json(request);
  if (!scanned.object) {
    problem = "--split: the request must be a JSON object, so that its member '" + key + "' can be set";
    return false;
  }
  auto list = split.substr(equals + 1);
  std::vector<std::string> items;
  if (std::string text; list.starts_with('@')) {
    if (!read_file(list.substr(1), text, problem))
      return false;
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    items = pieces(text.starts_with(byte_order_mark) ? text.substr(byte_order_mark.size()) : text, '\n');
  } else {
    items = pieces(list, ',');
  }
  if (items.empty()) {
    problem = "--split: no item in '" + split + "'";
    return false;
  }
  for (auto& item : items) {
    auto value = internal::json_quoted(item);
    if (!scan_json(value).ok()) {
      problem = "--split: an item is not UTF-8";
      return false;
    }
    parts.push_back({std::move(item), with_member(scanned, key, as_array ? "[" + value + "]" : value)});
  }
  return true;
}

} // namespace leanworker::cli
