// SPDX-License-Identifier: Apache-2.0
#include <leanworker/child/internal/json_line.hpp>

#include <leanworker/child/slab.hpp>

#include <simdjson.h>

namespace leanworker::internal {

static_assert(slab_padding_bytes >= simdjson::SIMDJSON_PADDING);

struct json_line::parser {
  simdjson::dom::parser dom;
};

json_line::json_line() : parser_{std::make_unique<parser>()} {}
json_line::~json_line() = default;
json_line::json_line(json_line&&) noexcept = default;
json_line& json_line::operator=(json_line&&) noexcept = default;

std::string json_quoted(std::string_view text) {
  constexpr const char* digits = "0123456789abcdef";
  std::string out = "\"";
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (byte < 0x20)
      ((out += "\\u00") += digits[byte >> 4]) += digits[byte & 15];
    else
      out += c;
  }
  return out += '"';
}

bool json_line::append(std::string_view padded_json, std::string& out) {
  auto parsed = parser_->dom.parse(padded_json.data(), padded_json.size(), false);
  if (parsed.error() != simdjson::SUCCESS) {
    problem_ = simdjson::error_message(parsed.error());
    return false;
  }
  if (padded_json.find_first_of("\n\r") == std::string_view::npos) {
    out += padded_json;
    return true;
  }
  auto begin = out.size();
  out.resize(begin + padded_json.size() + slab_padding_bytes);
  std::size_t written = 0;
  auto error = simdjson::minify(padded_json.data(), padded_json.size(), out.data() + begin, written);
  out.resize(begin + written);
  problem_ = simdjson::error_message(error);
  return error == simdjson::SUCCESS;
}

} // namespace leanworker::internal
