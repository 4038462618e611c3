// SPDX-License-Identifier: Apache-2.0
#include "remarks.hpp"

#include <gtest/gtest.h>

namespace leanworker::cli {
namespace {

file_result with(file_verdict verdict, std::vector<trust_item> trust = {}) {
  file_result result;
  result.file = "a.lean";
  result.verdict = verdict;
  result.report.trust = std::move(trust);
  return result;
}

TEST(fail_rules, reject_only_what_they_name_and_never_twice) {
  const fail_rules none, warning{true, false}, axiom{false, true};
  const auto plain = with(file_verdict::accepted), warned = with(file_verdict::has_warnings), declares = with(file_verdict::accepted, {{"axiom", "a", 1}}),
             code = with(file_verdict::accepted, {{"opaque", "o", 1}, {"hidden_error", "_example", 2}}),
             broken = with(file_verdict::has_errors, {{"axiom", "a", 1}});
  struct {
    const fail_rules& rules;
    const file_result& result;
    bool rejected;
  } rows[] = {{none, plain, false},   {none, warned, false},  {none, declares, false}, {warning, warned, true}, {warning, declares, false},
              {axiom, declares, true}, {axiom, warned, false}, {axiom, code, false},    {axiom, plain, false},   {axiom, broken, false}};
  for (const auto& row : rows)
    EXPECT_EQ(rejected_by(row.rules, row.result), row.rejected) << to_string(row.result.verdict) << row.rules.on_warning << row.rules.on_axiom;
  auto unknown = with(file_verdict::accepted);
  unknown.report.trust_truncated = true;
  EXPECT_TRUE(rejected_by(axiom, unknown));
}

TEST(exit_code, the_largest_applies) {
  verdict_counts none{}, wrong{}, unchecked{};
  wrong[static_cast<std::size_t>(file_verdict::has_errors)] = 1;
  unchecked[static_cast<std::size_t>(file_verdict::not_checked)] = 1;
  EXPECT_EQ(exit_code(none, 0, false), 0);
  EXPECT_EQ(exit_code(none, 1, false), 1);
  EXPECT_EQ(exit_code(wrong, 0, false), 1);
  EXPECT_EQ(exit_code(unchecked, 1, false), 3);
  EXPECT_EQ(exit_code(unchecked, 1, true), 130);
}

TEST(partial, what_the_child_told_before_its_end_is_kept_with_the_place) {
  const std::string source = "def a := 1\n-- é\n  é theorem b\n";
  EXPECT_EQ(place_of(source, 0), (source_place{1, 0}));
  EXPECT_EQ(place_of(source, source.find("theorem")), (source_place{3, 4}));
  EXPECT_EQ(place_of(source, 1u << 20), (source_place{4, 0}));
  auto result = with(file_verdict::timed_out);
  result.outcome.partial.has_position = true;
  result.outcome.partial.position_bytes = 11;
  result.outcome.partial.diagnostics = {R"({"code":"message","message":"","severity":"error","text":"no","kind":"","line":1,"column":2,"end_line":null,"end_column":null})",
                                        R"({"code":"other","message":"x"})"};
  auto judged = with(file_verdict::accepted);
  judged.outcome.partial = result.outcome.partial;
  add_partial(judged, source);
  EXPECT_FALSE(judged.partial);
  add_partial(result, source);
  EXPECT_TRUE(result.partial);
  ASSERT_EQ(result.report.messages.size(), 1u);
  EXPECT_EQ(result.report.messages[0].text, "no");
  EXPECT_EQ(result.stopped_at, (source_place{2, 0}));
  EXPECT_EQ(stopped_line(result), "a.lean:2:0: note: the work stood at the command that begins here\n");
}

TEST(remarks, name_a_few_of_each_sort) {
  check_report report;
  EXPECT_EQ(trust_remark(report), "");
  report.trust = {{"opaque", "o", 1}, {"axiom", "a", 1}, {"axiom", "b", 1}, {"axiom", "c", 1}, {"axiom", "d", 1}};
  EXPECT_EQ(trust_remark(report), "; declares axiom a, b, c and 1 more; opaque o");
}

TEST(remarks, a_file_that_was_judged_after_deaths_says_so) {
  auto result = with(file_verdict::accepted);
  EXPECT_EQ(deaths_remark(result), "");
  result.deaths.resize(2);
  EXPECT_EQ(deaths_remark(result).find("; after 2 deaths of its child: "), 0u) << deaths_remark(result);
}

TEST(remarks, what_is_left_out_is_counted_by_weight) {
  auto result = with(file_verdict::has_errors);
  EXPECT_EQ(left_out_lines(result), "");
  result.report.messages_truncated = true;
  result.report.errors = 3;
  result.report.infos = 5;
  result.report.messages.resize(2);
  result.report.messages[0].severity = result.report.messages[1].severity = "error";
  EXPECT_NE(left_out_lines(result).find("1 errors, 0 warnings and 5 infos"), std::string::npos) << left_out_lines(result);
}

TEST(remarks, a_message_with_a_name_is_called_by_it) {
  lean_message message;
  message.severity = "error";
  message.kind = "lean.unknownIdentifier._namedError";
  EXPECT_EQ(severity_text(message), "error(lean.unknownIdentifier)");
  message.kind = "hasSorry";
  EXPECT_EQ(severity_text(message), "error");
}

} // namespace
} // namespace leanworker::cli
