// SPDX-License-Identifier: Apache-2.0
#include "padded_json.hpp"
#include "row_types.hpp"

#include <gtest/gtest.h>

namespace leanworker {
namespace {

using internal::padded_json;
using namespace row_types;

template <class Row>
Row read(std::string_view json) {
  row_reader<Row> reader{"extract"};
  Row out{};
  command_error error;
  padded_json bytes{json};
  EXPECT_TRUE(reader.read(bytes.row(), out, error)) << explain(error);
  EXPECT_TRUE(error.ok());
  return out;
}

constexpr auto full = R"({"name":"List.map","size":-12,"seconds":0.25,"sorry":true,"doc":"Maps.","where":{"line":7,"columns":[1,-2,3]}})";
const declaration meant{"List.map", -12, 0.25, true, "Maps.", place{7, {1, -2, 3}}};

TEST(row_reader, reads_every_kind_of_member) {
  EXPECT_EQ(read<declaration>(full), meant);
  auto n = read<numbers>(R"({"i8":-128,"u8":255,"i64":-9223372036854775808,"u64":18446744073709551615,"f32":1.5e3,"f64":-1})");
  EXPECT_EQ(n.i8, -128);
  EXPECT_EQ(n.u8, 255);
  EXPECT_EQ(n.i64, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(n.u64, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(n.f32, 1500.f);
  EXPECT_EQ(n.f64, -1.0);
  auto o = read<others>(R"({"flags":[true,false , true],"names":["a","\u00e9\n"],"gaps":[1,null,3],"raw":{"x" : [1e400, "\"" ]} ,"tree":[1,{"a":null}]})");
  EXPECT_EQ(o.flags, (std::vector{true, false, true}));
  EXPECT_EQ(o.names, (std::vector<std::string>{"a", "é\n"}));
  EXPECT_EQ(o.gaps, (std::vector<std::optional<int>>{1, std::nullopt, 3}));
  EXPECT_EQ(o.raw.text, R"({"x" : [1e400, "\"" ]})");
  EXPECT_EQ(o.tree, nlohmann::json::parse(R"([1,{"a":null}])"));
  EXPECT_EQ(read<others>(R"({"flags":[],"names":[],"gaps":[],"raw": "text" })").raw.text, "\"text\"");
}

TEST(row_reader, order_space_and_what_is_not_wanted_do_not_matter) {
  for (auto text : {R"({"where":{"columns":[1,-2,3],"line":7},"doc":"Maps.","sorry":true,"seconds":0.25,"size":-12,"name":"List.map"})",
                    " { \"name\" : \"List.map\" , \"size\" : -12 , \"seconds\" : 2.5e-1 , \"sorry\" : true , \"doc\" : \"Maps.\" ,\n\t\"where\" : { \"line\" : 7 , "
                    "\"columns\" : [ 1 , -2 , 3 ] } } ",
                    R"({"":0,"nam":[1,{"name":2}],"name":"List.map","names":"","size":-12,"x":{"size":[]},"seconds":0.25,"sorry":true,"doc":"Maps.","y":"\"","where":{"line":7,"z":{},"columns":[1,-2,3]},"w":1e999})",
                    R"({"na\u006de":"List.\u006dap","si\u007ae":-12,"seconds":0.25,"sorry":true,"do\u0063":"Maps.","where":{"line":7,"columns":[1,-2,3]},"\"":"\\"})"})
    EXPECT_EQ(read<declaration>(text), meant) << text;
}

TEST(row_reader, of_a_member_that_occurs_twice_the_last_counts) {
  EXPECT_EQ(read<declaration>(R"({"name":"a","size":1,"seconds":0,"sorry":true,"name":"b","doc":"c","doc":null,"size":2})"), (declaration{"b", 2, 0, true, {}, {}}));
}

TEST(row_reader, null_and_absence_reset_what_the_last_row_left) {
  row_reader<declaration> reader{"extract"};
  declaration out = meant;
  command_error error;
  for (auto text : {R"({"name":"a","size":1,"seconds":2,"sorry":false})", R"({"name":"a","size":1,"seconds":2,"sorry":false,"doc":null,"where": null })"}) {
    padded_json first{full}, second{text};
    ASSERT_TRUE(reader.read(first.row(), out, error));
    ASSERT_TRUE(reader.read(second.row(), out, error)) << explain(error);
    EXPECT_EQ(out, (declaration{"a", 1, 2, false, {}, {}}));
  }
  padded_json shorter{R"({"name":"a","size":1,"seconds":2,"sorry":false,"where":{"line":1,"columns":[9]}})"}, longer{full};
  ASSERT_TRUE(reader.read(longer.row(), out, error) && reader.read(shorter.row(), out, error));
  EXPECT_EQ(out.where->columns, (std::vector<std::int8_t>{9}));
}

TEST(row_reader, null_is_a_row_for_types_that_have_one) {
  EXPECT_EQ(read<std::optional<declaration>>("null"), std::nullopt);
  EXPECT_EQ(read<std::optional<declaration>>(full), meant);
  EXPECT_EQ(read<std::optional<int>>(" null "), std::nullopt);
  EXPECT_EQ(read<nlohmann::json>("null"), nlohmann::json(nullptr));
  read<std::nullptr_t>("null");
  EXPECT_EQ(read<raw_json>(" null ").text, "null");
}

TEST(row_reader, raw_row_streaming_remains_available) {
  for (std::string text : {"null", "\"\\u0041\"", "{ \"a\":1e400, \"a\" : [ ] }", "123456789012345678901234567890"})
    EXPECT_EQ(read<raw_json>(text).text, text);
  constexpr streaming_command<raw_json, raw_json, raw_json> raw{"extract"};
  row_reader reader{raw};
  static_assert(std::is_same_v<decltype(reader), row_reader<raw_json>>);
}

TEST(row_reader, rows_of_other_types_are_read_by_their_codec) {
  EXPECT_EQ(read<int>("42"), 42);
  EXPECT_EQ(read<std::string>(R"("a\nb")"), "a\nb");
  EXPECT_EQ((read<std::map<std::string, int>>(R"({"a":1})")), (std::map<std::string, int>{{"a", 1}}));
  EXPECT_EQ(read<slow_declaration>(full).d, meant);
}

TEST(row_reader, typed_streaming_command_decodes_large_payload_from_performance_path) {
  constexpr auto bytes = std::size_t{64} << 20;
  auto text = R"({"size":1,"other":[)" + std::string(300, '1') + R"(],"name":")" + std::string(bytes, 'x') + R"(","seconds":1,"sorry":false})";
  padded_json row{text};
  constexpr streaming_command<int, declaration> command{"extract"};
  row_reader reader{command};
  declaration out;
  command_error error;
  ASSERT_TRUE(reader.read(row.row(), out, error)) << explain(error);
  EXPECT_EQ(out.name.size(), bytes);
  padded_json small{full};
  ASSERT_TRUE(reader.read(small.row(), out, error)) << "a small one after it";
  EXPECT_EQ(out, meant);
  padded_json wrong{R"({"name":")" + std::string(bytes, 'x') + R"(","size":"1"})"};
  ASSERT_FALSE(reader.read(wrong.row(), out, error));
  EXPECT_EQ(error.member, "size");
  EXPECT_EQ(error.offset_bytes, bytes + 18);
  EXPECT_LE(error.excerpt.size(), excerpt_bytes_max);
  EXPECT_EQ(read<slow_declaration>(text).d.name.size(), bytes);
}

TEST(row_reader, rows_of_every_length_are_read_whatever_follows_them) {
  row_reader<declaration> reader{"extract"};
  declaration out;
  command_error error;
  for (std::size_t length = 0; length < 600; ++length)
    for (char next : {'}', ']', ',', '"', '{', '9', ' ', '\0', '\\', '\xFF'}) {
      padded_json row{R"({"size":1,"seconds":1,"sorry":true,"name":")" + std::string(length, 'n') + "\"}", next};
      ASSERT_TRUE(reader.read(row.row(), out, error)) << length << next << explain(error);
      ASSERT_EQ(out.name.size(), length);
    }
}

} // namespace
} // namespace leanworker
