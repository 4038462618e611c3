// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/json_line.hpp>

#include <leanworker/child/internal/json_scan.hpp>
#include <leanworker/child/slab.hpp>

#include <simdjson.h>

#include <bit>

namespace leanworker::internal {
namespace {

constexpr std::size_t kept_bytes_max = 1u << 20;

bool parses(simdjson::dom::parser& parser, std::string_view padded_json) {
  static_assert(simdjson::SIMDJSON_PADDING <= slab_padding_bytes, "the parser reads behind its input");
  if (parser.capacity() < padded_json.size() && parser.allocate(std::bit_ceil(padded_json.size()), json_depth_max) != simdjson::SUCCESS)
    return false;
  return parser.parse(padded_json.data(), padded_json.size(), false).error() == simdjson::SUCCESS;
}

} // namespace

struct json_line::parser {
  simdjson::dom::parser kept;
};

json_line::json_line() : parser_{std::make_unique<parser>()} {}
json_line::~json_line() = default;
json_line::json_line(json_line&&) noexcept = default;
json_line& json_line::operator=(json_line&&) noexcept = default;

json_line::verdict json_line::judge(std::string_view padded_json) {
  bool valid = padded_json.size() <= kept_bytes_max && parses(parser_->kept, padded_json);
  if (!valid && !check_json(padded_json).ok())
    return verdict::not_json;
  bool newlines = padded_json.find('\n') != std::string_view::npos || padded_json.find('\r') != std::string_view::npos;
  return newlines ? verdict::has_newlines : verdict::one_line;
}

std::string_view json_line::make(std::string_view padded_json, std::string& storage) {
  switch (judge(padded_json)) {
    case verdict::one_line: return padded_json;
    case verdict::has_newlines: storage = minified_json(padded_json); return storage;
    default: return {};
  }
}

std::string minified_json(std::string_view json) {
  // The vectors of simdjson are stored whole, so it may write behind the last byte that counts.
  std::string out(json.size() + simdjson::SIMDJSON_PADDING, '\0');
  std::size_t bytes = 0;
  if (simdjson::minify(json.data(), json.size(), out.data(), bytes) != simdjson::SUCCESS)
    return {};
  out.resize(bytes);
  return out;
}

} // namespace leanworker::internal
