// SPDX-License-Identifier: Apache-2.0
#include "properties.hpp"

#include <leanworker/child/internal/json_scan.hpp>

#include <nlohmann/json.hpp>

#include <stdexcept>

namespace leanworker::fuzz {
namespace {

using nlohmann::json;

void require(bool holds, const char* what) {
  if (!holds)
    throw std::logic_error{what};
}

/// Remembers whether the other parser gave up because a number does not fit a double. That is no fault of the text.
struct verdict : nlohmann::json_sax<json> {
  bool number_out_of_range = false;
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(json::number_integer_t) override { return true; }
  bool number_unsigned(json::number_unsigned_t) override { return true; }
  bool number_float(json::number_float_t, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(json::binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool key(std::string&) override { return true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) override {
    number_out_of_range = error.id == 406;
    return false;
  }
};

void check_members(std::string_view text, const internal::json_scan_result& scanned) {
  auto tree = json::parse(text);
  require(tree.is_object() == scanned.object, "an object is taken for something else");
  if (!tree.is_object())
    return require(scanned.members.empty(), "members of something that is no object");
  require(scanned.members.size() >= tree.size(), "members are missing");
  for (const auto& member : scanned.members) {
    auto name = internal::decode_json_string(member.name_text);
    require(tree.contains(name), "a member that is not there");
    require(json::parse(scanned.find(name)) == tree[name], "a member has another value");
  }
}

} // namespace

void check_json_scan(bytes input) {
  std::string_view text{reinterpret_cast<const char*>(input.data()), input.size()};
  auto scanned = internal::scan_json(text);
  verdict other;
  bool accepted = json::sax_parse(text, &other);
  if (scanned.ok())
    require(accepted || other.number_out_of_range, "takes what another parser refuses");
  // The other one skips a byte order mark, takes a zero byte for the end, and has no bounds of its own.
  std::string_view problem{scanned.ok() ? "" : scanned.problem};
  bool bounded = problem.starts_with("nested deeper") || problem.starts_with("an exponent");
  bool lenient = bounded || text.starts_with("\xEF\xBB\xBF") || text.find('\0') != text.npos;
  if (!scanned.ok() && !lenient)
    require(!accepted, "refuses what another parser takes");
  if (scanned.ok() && accepted)
    check_members(text, scanned);
}

} // namespace leanworker::fuzz
