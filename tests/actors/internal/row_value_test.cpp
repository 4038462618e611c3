// SPDX-License-Identifier: Apache-2.0
#include "padded_json.hpp"

#include <leanworker/actors/row_reader.hpp>
#include <leanworker/child/internal/json_scan.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <random>

namespace leanworker {
namespace {

using internal::padded_json;

std::string nested(std::size_t levels, std::string_view inner = "") {
  return std::string(levels, '[') + std::string{inner} + std::string(levels, ']');
}

/// The same tree, by the other library. Recursive; the trees of these tests are no deeper than 512 levels.
nlohmann::json as_nlohmann(row_value value) {
  switch (value.type()) {
    case simdjson::dom::element_type::ARRAY: {
      auto out = nlohmann::json::array();
      for (auto item : simdjson::dom::array(value))
        out.push_back(as_nlohmann(item));
      return out;
    }
    case simdjson::dom::element_type::OBJECT: {
      auto out = nlohmann::json::object();
      for (auto member : simdjson::dom::object(value))
        out[std::string{member.key}] = as_nlohmann(member.value);
      return out;
    }
    case simdjson::dom::element_type::STRING: return std::string{std::string_view(value)};
    case simdjson::dom::element_type::INT64: return std::int64_t(value);
    case simdjson::dom::element_type::UINT64: return std::uint64_t(value);
    case simdjson::dom::element_type::DOUBLE: return double(value);
    case simdjson::dom::element_type::BOOL: return bool(value);
    default: return nullptr;
  }
}

command_error refused(std::string_view json, char next = '}') {
  row_reader<row_value> reader{"extract"};
  row_value out;
  command_error error;
  padded_json bytes{json, next};
  EXPECT_FALSE(reader.read(bytes.row("decls", 17), out, error)) << json;
  EXPECT_EQ(error.code, errc::row_decode_failed);
  EXPECT_EQ(error.command, "extract");
  EXPECT_EQ(error.stream, "decls");
  EXPECT_EQ(error.sequence, 17u);
  return error;
}

TEST(row_value, is_the_tree_that_nlohmann_makes) {
  row_reader<row_value> reader{"extract"};
  for (std::string text :
       {"null", "true", "0", "-1", "18446744073709551615", "-9223372036854775808", "1.5e-7", "\"\"", "\"a\\u00e9\\ud83d\\ude00\\n\\\"\"", "[]", "{}", " [ 1 , [ ] , {\"a\" : null} ] ",
        R"({"name":"Nat.add_comm","range":{"lines":[1,2]},"sorry":false,"doc":null})"}) {
    padded_json bytes{text};
    row_value value;
    command_error error;
    ASSERT_TRUE(reader.read(bytes.row(), value, error)) << text << ": " << explain(error);
    EXPECT_EQ(as_nlohmann(value), nlohmann::json::parse(text)) << text;
    EXPECT_TRUE(error.ok());
  }
}

TEST(row_value, outlives_its_row_until_the_reader_reads_the_next) {
  row_reader<row_value> reader{"extract"};
  row_value value;
  command_error error;
  {
    padded_json bytes{R"({"name":"of the slab","long":")" + std::string(5000, 'x') + "\"}"};
    ASSERT_TRUE(reader.read(bytes.row(), value, error));
  }
  EXPECT_EQ(std::string_view(value["name"]), "of the slab");
  EXPECT_EQ(std::string_view(value["long"]).size(), 5000u);
}

TEST(row_value, what_is_no_json_is_refused_whatever_follows_it) {
  for (std::string_view json : {"", " ", "nul", "{\"a\":1", "[1,]", "\"a\nb\"", "1 2", "{}{}", "\"\xFF\"", "\"\\ud800\"", "\"\\udc00\"", "{\"a\":01}", "{\"a\" 1}", "{1:2}"})
    for (char next : {'}', ']', '"', ' ', '0', 'l'}) {
      auto error = refused(json, next);
      EXPECT_TRUE(error.message.starts_with("not JSON: ")) << json << ": " << error.message;
      EXPECT_EQ(error.offset_bytes, internal::check_json(json).at) << json;
    }
}

TEST(row_value, numbers_that_no_tree_holds_are_named) {
  auto error = refused(R"({"a":"123456789012345678901234567890 \" 1e999","b":[1,-99999999999999999999]})");
  EXPECT_EQ(error.message, "a number is expected; -99999999999999999999 is out of range");
  EXPECT_EQ(error.offset_bytes, 54u);
  EXPECT_EQ(refused("[18446744073709551616]").offset_bytes, 1u);
  EXPECT_EQ(refused("1e999").message, "a number is expected; 1e999 is out of range");
}

TEST(row_value, counts_512_levels_and_no_more_whatever_is_innermost) {
  row_reader<row_value> reader{"extract"};
  for (std::string inner : {"", "1", "\"a\"", "{\"a\":1}", "{}"}) {
    bool object = inner.starts_with('{');
    row_value value;
    command_error error;
    padded_json deepest{nested(object ? 511 : 512, inner)};
    EXPECT_TRUE(reader.read(deepest.row(), value, error)) << inner << ": " << explain(error);
    auto refusal = refused(nested(object ? 512 : 513, inner));
    EXPECT_TRUE(refusal.message.starts_with("not JSON: ")) << refusal.message;
  }
  refused(nested(1'000'000));
  refused(std::string(1'000'000, '['));
}

TEST(row_value, a_reader_goes_on_after_rows_that_it_refused) {
  row_reader<row_value> reader{"extract"};
  row_value value;
  command_error error;
  for (int round = 0; round < 3; ++round) {
    for (std::string bad : {nested(600), std::string{"{\"a\":"}, std::string{"1e999"}, "[\"" + std::string(2u << 20, 'x')}) {
      padded_json bytes{bad};
      EXPECT_FALSE(reader.read(bytes.row(), value, error));
      EXPECT_EQ(error.code, errc::row_decode_failed);
    }
    for (std::string good : {nested(512), std::string{"[1,2]"}, "[\"" + std::string(2u << 20, 'x') + "\"]"}) {
      padded_json bytes{good};
      ASSERT_TRUE(reader.read(bytes.row(), value, error)) << good.substr(0, 20);
      EXPECT_EQ(simdjson::dom::array(value).size(), good == "[1,2]" ? 2u : 1u);
    }
  }
}

TEST(row_value, of_a_member_that_occurs_twice_the_first_is_found) {
  row_reader<row_value> reader{"extract"};
  row_value value;
  command_error error;
  padded_json bytes{R"({"a":1,"a":2})"};
  ASSERT_TRUE(reader.read(bytes.row(), value, error));
  EXPECT_EQ(std::int64_t(value["a"]), 1);
  EXPECT_EQ(simdjson::dom::object(value).size(), 2u);
}

TEST(row_value, cut_and_changed_rows_are_refused_or_read_as_nlohmann_reads_them) {
  std::mt19937 random{4711};
  const std::string seed = R"({"name":"Nat.add_comm","range":{"lines":[1,22,333]},"doc":"é\u00e9\n","x":[1.5e3,-0,null,true,{}]})";
  row_reader<row_value> reader{"extract"};
  for (int i = 0; i < 20'000; ++i) {
    auto text = seed.substr(0, random() % 3 == 0 ? random() % seed.size() : seed.npos);
    for (auto changes = random() % 4; changes > 0 && !text.empty(); --changes)
      text[random() % text.size()] = "{}[]\",:0189.eE+-\\u \n\x80tfn"[random() % 24];
    padded_json bytes{text, "}]\",0 "[random() % 6]};
    row_value value;
    command_error error;
    if (reader.read(bytes.row(), value, error)) {
      ASSERT_TRUE(nlohmann::json::accept(text)) << text;
      // Repeated members are read differently, so only texts without them are compared.
      if (simdjson::dom::object object; !value.get(object) && object.size() == nlohmann::json::parse(text).size()) {
        ASSERT_EQ(as_nlohmann(value), nlohmann::json::parse(text)) << text;
      }
    } else
      ASSERT_TRUE(!internal::check_json(text).ok() || error.message.ends_with("is out of range")) << text << ": " << explain(error);
  }
}

TEST(row_value, is_the_row_of_a_streaming_command) {
  streaming_command<raw_json, row_value, no_summary> declarations{"extract"};
  row_reader reader{declarations};
  static_assert(std::is_same_v<decltype(reader), row_reader<row_value>>);
  row_value value;
  command_error error;
  padded_json bytes{R"({"name":"a"})"};
  ASSERT_TRUE(reader.read(bytes.row(), value, error));
  EXPECT_EQ(std::string_view(value["name"]), "a");
}

} // namespace
} // namespace leanworker
