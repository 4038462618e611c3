// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/capability_facts.hpp>

#include <leanworker/actors/internal/json_items.hpp>

#include <gtest/gtest.h>

namespace leanworker {
namespace {

const capability_metadata meant{{{"extract", "1"}, {"scan \"x\"", ""}}, {{"axioms", "2"}}, "4.28.0-pre", R"({ "b" : 1e400, "a":[] })"};
constexpr auto metadata_text = R"( { "commands" : [ {"name":"extract","version":"1","more":[1]} , {"version":"","name":"scan \"x\""} ] , "capabilities":[{"name":"axioms","version":"2"}],
  "lean_version":"4.28.0-pre","extra":{ "b" : 1e400, "a":[] },"unknown":null})";

command_error metadata_error(std::string_view json) {
  capability_metadata out;
  command_error error;
  EXPECT_FALSE(decode_metadata("facts", json, out, error)) << json;
  EXPECT_EQ(error.code, errc::metadata_malformed);
  EXPECT_EQ(error.command, "facts");
  EXPECT_EQ(error.excerpt, excerpt_around(json, error.offset_bytes));
  return error;
}

command_error doctor_error(std::string_view json) {
  doctor_report out;
  command_error error;
  EXPECT_FALSE(decode_doctor("doctor", json, out, error)) << json;
  EXPECT_EQ(error.code, errc::doctor_malformed);
  EXPECT_EQ(error.command, "doctor");
  EXPECT_EQ(error.excerpt, excerpt_around(json, error.offset_bytes));
  return error;
}

TEST(capability_facts, metadata_is_read_with_its_extra_as_it_came) {
  capability_metadata out;
  command_error error;
  ASSERT_TRUE(decode_metadata("facts", metadata_text, out, error)) << explain(error);
  EXPECT_EQ(out, meant);
  ASSERT_TRUE(decode_metadata("facts", R"({"commands":[ ],"capabilities":[],"lean_version":null})", out, error));
  EXPECT_EQ(out, capability_metadata{}) << "nothing is left of what was read before";
  EXPECT_TRUE(error.ok());
}

TEST(capability_facts, doctor_reports_pass_warning_and_error_diagnostics) {
  doctor_report out;
  command_error error;
  ASSERT_TRUE(decode_doctor("doctor", R"({"diagnostics":[{"severity":"pass","code":"lean","message":""},{"severity":"warning","code":"disk","message":"little \"room\"","details":{"free" : 1}},
    {"severity":"error","code":"olean","message":"missing","details":null}],"metadata":{ "x":1 }})",
                            out, error))
      << explain(error);
  EXPECT_EQ(out, (doctor_report{{{doctor_severity::pass, "lean", "", ""}, {doctor_severity::warning, "disk", "little \"room\"", R"({"free" : 1})"},
                                 {doctor_severity::error, "olean", "missing", "null"}},
                                R"({ "x":1 })"}));
  EXPECT_EQ(out.worst(), doctor_severity::error);
  out.diagnostics.pop_back();
  EXPECT_EQ(out.worst(), doctor_severity::warning);
  ASSERT_TRUE(decode_doctor("doctor", R"({"diagnostics":[]})", out, error));
  EXPECT_EQ(out, doctor_report{});
  EXPECT_EQ(out.worst(), doctor_severity::pass);
  EXPECT_EQ(to_string(doctor_severity::warning), "warning");
}

struct wrong {
  const char* json;
  const char* member;
  std::size_t offset;
  const char* message;
};

const wrong wrong_metadata[] = {
    {"", "", 0, "not JSON: the text ends where a value is expected"},
    {R"({"commands":[)", "", 13, "not JSON: the text ends where a value is expected"},
    {R"({"commands":[],})", "", 15, "not JSON: a member name is expected"},
    {"null", "", 0, "an object is expected"},
    {"[]", "", 0, "an object is expected"},
    {R"({"capabilities":[]})", "commands", 0, "the member is missing"},
    {R"({"commands":[]})", "capabilities", 0, "the member is missing"},
    {R"({"commands":{},"capabilities":[]})", "commands", 12, "an array is expected"},
    {R"({"commands":null,"capabilities":[]})", "commands", 12, "an array is expected"},
    {R"({"commands":["extract"],"capabilities":[]})", "commands[0]", 13, "an object is expected"},
    {R"({"commands":[{"name":"a","version":"1"}, {"name":"b"}],"capabilities":[]})", "commands[1].version", 41, "the member is missing"},
    {R"({"commands":[{"name":"","version":"1"}],"capabilities":[]})", "commands[0].name", 21, "the text is empty"},
    {R"({"commands":[],"capabilities":[{"name":"a","version":1}]})", "capabilities[0].version", 53, "a string is expected"},
    {R"({"commands":[],"capabilities":[{"name":null,"version":"1"}]})", "capabilities[0].name", 39, "a string is expected"},
    {R"({"commands":[],"capabilities":[],"lean_version":4})", "lean_version", 48, "a string is expected"},
};

const wrong wrong_doctor[] = {
    {"{", "", 1, "not JSON: a member name is expected"},
    {"7", "", 0, "an object is expected"},
    {"{}", "diagnostics", 0, "the member is missing"},
    {R"({"diagnostics":"none"})", "diagnostics", 15, "an array is expected"},
    {R"({"diagnostics":[1]})", "diagnostics[0]", 16, "an object is expected"},
    {R"({"diagnostics":[{"code":"a","message":"b"}]})", "diagnostics[0].severity", 16, "the member is missing"},
    {R"({"diagnostics":[{"severity":"fatal","code":"a","message":"b"}]})", "diagnostics[0].severity", 28, "\"pass\", \"warning\" or \"error\" is expected"},
    {R"({"diagnostics":[{"severity":"PASS","code":"a","message":"b"}]})", "diagnostics[0].severity", 28, "\"pass\", \"warning\" or \"error\" is expected"},
    {R"({"diagnostics":[{"severity":0,"code":"a","message":"b"}]})", "diagnostics[0].severity", 28, "a string is expected"},
    {R"({"diagnostics":[{"severity":"pass","code":"","message":"b"}]})", "diagnostics[0].code", 42, "the text is empty"},
    {R"({"diagnostics":[{"severity":"pass","code":"a"}]})", "diagnostics[0].message", 16, "the member is missing"},
};

TEST(capability_facts, malformed_metadata_and_doctor_json_are_typed) {
  auto check = [](const command_error& error, const wrong& row) {
    EXPECT_EQ(error.member, row.member) << row.json;
    EXPECT_EQ(error.offset_bytes, row.offset) << row.json;
    EXPECT_EQ(error.message, row.message) << row.json;
  };
  for (const auto& row : wrong_metadata)
    check(metadata_error(row.json), row);
  for (const auto& row : wrong_doctor)
    check(doctor_error(row.json), row);
}

TEST(capability_facts, hostile_sizes_and_depths_are_refused) {
  std::string list = R"({"severity":"pass","code":"a","message":""})", many = list;
  for (std::size_t i = 1; i < capability_items_max; ++i)
    many += ',' + list;
  doctor_report out;
  command_error error;
  EXPECT_TRUE(decode_doctor("doctor", R"({"diagnostics":[)" + many + "]}", out, error));
  EXPECT_EQ(out.diagnostics.size(), capability_items_max);
  EXPECT_EQ(doctor_error(R"({"diagnostics":[)" + many + ',' + list + "]}").message, "more items than are allowed");
  EXPECT_EQ(metadata_error(R"({"extra":)" + std::string(1'000'000, '[')).message, "not JSON: nested deeper than 512 levels");
  std::string members = "{";
  for (int i = 0; i < 2'000; ++i)
    members += R"("":0,)";
  EXPECT_EQ(metadata_error(members + R"("commands":[],"capabilities":[]})").message, "not JSON: more members than are allowed here");
}

TEST(capability_facts, expected_metadata_is_compared_member_by_member) {
  command_error error;
  auto same = meant;
  same.extra = R"({"a":[],"b":1e400})";
  EXPECT_TRUE(expect_metadata("facts", meant, meant, error));
  auto spelled = meant, other_order = meant;
  spelled.extra = R"({"x":1,"y":[2]})";
  other_order.extra = R"({ "y": [2], "x": 1 })";
  EXPECT_TRUE(expect_metadata("facts", spelled, other_order, error)) << "the same JSON";
  auto differ = [&](auto change) {
    auto actual = meant;
    change(actual);
    EXPECT_FALSE(expect_metadata("facts", meant, actual, error));
    EXPECT_EQ(error.code, errc::metadata_mismatch);
    EXPECT_EQ(error.command, "facts");
    return error.member + ": " + error.message;
  };
  EXPECT_EQ(differ([](auto& m) { m.commands.pop_back(); }), R"(commands: expected [extract 1, scan "x" ], found [extract 1])");
  EXPECT_EQ(differ([](auto& m) { std::swap(m.commands[0], m.commands[1]); }), R"(commands: expected [extract 1, scan "x" ], found [scan "x" , extract 1])");
  EXPECT_EQ(differ([](auto& m) { m.capabilities[0].version = "3"; }), "capabilities: expected [axioms 2], found [axioms 3]");
  EXPECT_EQ(differ([](auto& m) { m.lean_version.reset(); }), R"(lean_version: expected "4.28.0-pre", found none)");
  EXPECT_EQ(differ([](auto& m) { m.extra.clear(); }), R"(extra: expected { "b" : 1e400, "a":[] }, found none)");
  EXPECT_EQ(differ([](auto& m) { m.extra = "broken"; }), R"(extra: expected { "b" : 1e400, "a":[] }, found broken)");
}

TEST(capability_facts, a_mismatch_of_long_lists_is_told_where_they_begin_to_differ) {
  capability_metadata expected, actual;
  for (int i = 0; i < 1'000; ++i)
    expected.commands.push_back({"command_" + std::to_string(i), "1"});
  actual = expected;
  actual.commands[700].version = "2";
  command_error error;
  ASSERT_FALSE(expect_metadata(std::string(1'000, 'f'), expected, actual, error));
  EXPECT_NE(error.message.find("command_700 1,"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("command_700 2,"), std::string::npos) << error.message;
  EXPECT_LE(error.message.size(), command_message_bytes_max);
  EXPECT_LE(error.command.size(), command_name_bytes_max);
  EXPECT_LE(error.excerpt.size(), excerpt_bytes_max);
}

TEST(capability_facts, arrays_are_cut_into_their_items) {
  std::vector<std::string_view> items;
  ASSERT_TRUE(internal::cut_json_items(R"( [ 1 ,"a,]\"\\", {"x":[1,2],"y":"}"} ,[[],[3]],null ] )", 5, items));
  EXPECT_EQ(items, (std::vector<std::string_view>{"1", R"("a,]\"\\")", R"({"x":[1,2],"y":"}"})", "[[],[3]]", "null"}));
  EXPECT_TRUE(internal::cut_json_items("[ ]", 0, items));
  EXPECT_TRUE(items.empty());
  EXPECT_FALSE(internal::cut_json_items("[1,2]", 1, items));
  EXPECT_TRUE(items.empty());
  EXPECT_FALSE(internal::cut_json_items(R"({"a":1})", 9, items));
}

} // namespace
} // namespace leanworker
