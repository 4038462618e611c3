// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"
#include "terminal_text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace leanworker::cli {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

TEST(shown, what_a_terminal_would_obey_or_hide_is_written_out) {
  struct {
    std::string text, wanted;
  } const rows[] = {
    {"plain ünïcode ∀ 😀\tx", "plain ünïcode ∀ 😀\tx"},
    {"two\nlines\r", "two\\nlines\\r"},
    {"\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"},
    {std::string{"a\0b", 3}, "a\\x00b"},
    {"\xC2\x9B" "31m", "\\x9b31m"},
    {"evil\xE2\x80\xAEtxt.lean", "evil\\u202etxt.lean"},
    {"zero\xE2\x80\x8Bwidth\xEF\xBB\xBF", "zero\\u200bwidth\\ufeff"},
    {"caf\xE9", "caf\\xe9"},
    {"\xED\xA0\x80", "\\xed\\xa0\\x80"},
    {"\x7F", "\\x7f"},
    {"", ""},
  };
  for (const auto& row : rows)
    EXPECT_EQ(shown(row.text), row.wanted);
}

TEST(shown_lines, no_line_but_the_first_begins_where_ours_do) {
  EXPECT_EQ(shown_lines("done\naccepted b.lean (12 ms)\n"), "done\n  accepted b.lean (12 ms)");
  EXPECT_EQ(shown_lines("a\r\n\nb\x1b[1m", "    "), "a\n\n    b\\x1b[1m");
  EXPECT_EQ(shown_lines(""), "");
}

file_result result_that_says(std::string words) {
  file_result result;
  result.file = "a.lean";
  result.verdict = file_verdict::has_errors;
  lean_message message;
  message.severity = "info";
  message.text = std::move(words);
  message.line = 1;
  result.report.messages.push_back(message);
  return result;
}

TEST(text_record, a_file_cannot_print_a_line_that_looks_like_one_of_ours) {
  const std::string verdict = "accepted      b.lean  (12 ms)";
  for (const auto* words : {"done\n%", "done\r%", "\n%", "x\x1b[1A\r%", "x\xE2\x80\xA8%", "x\v%", "x\f%", "\x1b[8m\n%\n"}) {
    std::string said{words};
    said.replace(said.find('%'), 1, verdict);
    auto lines = lines_of(text_record(result_that_says(said), false, false));
    EXPECT_TRUE(std::none_of(lines.begin(), lines.end(), [&](const std::string& line) { return line.starts_with("accepted"); })) << words;
    for (const auto& line : lines)
      EXPECT_EQ(line.find('\x1b'), std::string::npos) << line;
  }
}

TEST(text_record, nor_can_its_name_nor_a_dying_child) {
  auto result = result_that_says("x");
  result.file = "a.lean\naccepted      b.lean  (1 ms)";
  result.verdict = file_verdict::killed_worker;
  child_down death;
  death.cause = errc::child_failed;
  death.exit = exit_status::exited(7);
  death.stderr_tail = "accepted      c.lean  (1 ms)\n\x1b[31maccepted      d.lean";
  result.deaths.push_back(death);
  result.message = "the child failed\naccepted      e.lean  (1 ms)";
  for (const auto& line : lines_of(text_record(result, false, false)))
    EXPECT_FALSE(line.starts_with("accepted")) << line;
}

TEST(rows_by_stream, names_of_streams_are_one_line_and_not_without_end) {
  EXPECT_EQ(rows_by_stream({}), "");
  EXPECT_EQ(rows_by_stream({{"decls", 32}, {"a\nb\x1b[2J", 1}}), R"( (1 a\nb\x1b[2J, 32 decls))");
  std::map<std::string, std::uint64_t> many;
  for (int i = 0; i < 1000; ++i)
    many["s" + std::to_string(1000 + i)] = 1;
  EXPECT_EQ(rows_by_stream(many), " (1 s1000, 1 s1001, 1 s1002, 1 s1003, 1 s1004, 1 s1005, 1 s1006, 1 s1007 and 992 streams more)");
}

TEST(json_record, json_stays_exact) {
  auto record = json_record(result_that_says("done\naccepted b.lean\x1b[1m"));
  EXPECT_NE(record.find(R"(done\naccepted b.lean\u001b[1m)"), std::string::npos) << record;
}

TEST(json_record, times_are_those_of_the_child_and_an_unknown_one_is_null) {
  auto result = result_that_says("x");
  EXPECT_NE(json_record(result).find(R"("cpu_ms":null)"), std::string::npos);
  result.outcome.cpu_time = std::chrono::microseconds{2100};
  result.outcome.processor_wait = std::chrono::milliseconds{40};
  auto record = json_record(result);
  EXPECT_NE(record.find(R"("cpu_ms":3,"processor_wait_ms":40)"), std::string::npos) << record;
}

TEST(text_record, a_panic_is_told_with_the_verdict_and_cannot_write_a_line_of_its_own) {
  auto result = result_that_says("x");
  EXPECT_EQ(text_record(result, false, false).find("panicked"), std::string::npos);
  EXPECT_EQ(json_record(result).find("panic"), std::string::npos);
  result.outcome.panicked = true;
  result.outcome.panic = "PANIC at f\naccepted b.lean";
  auto lines = lines_of(text_record(result, false, false));
  EXPECT_NE(lines.front().find("; Lean panicked and went on with a default value: PANIC at f\\naccepted b.lean"), std::string::npos) << lines.front();
  EXPECT_NE(json_record(result).find(R"("panic":"PANIC at f\naccepted b.lean")"), std::string::npos);
}

TEST(telling_lines, a_page_of_minified_source_becomes_the_line_that_says_what_is_wrong) {
  auto text = "/opt/lean/main.cjs:1\n" + std::string(60'000, 'x') + "\n  ^\n\nError: EMFILE: too many open files, open '/lean.js'\n    at a (b:1:2)\n";
  for (int i = 0; i < 40; ++i)
    text += "    at frame" + std::to_string(i) + "\n";
  auto told = telling_lines(text);
  EXPECT_NE(told.find("Error: EMFILE: too many open files"), std::string::npos) << told;
  auto lines = lines_of(told);
  EXPECT_LE(lines.size(), 21u);
  for (const auto& line : lines)
    EXPECT_LE(line.size(), 210u);
  EXPECT_NE(told.find("more lines"), std::string::npos);
}

TEST(telling_lines, few_lines_are_all_shown) { EXPECT_EQ(telling_lines("one\n\n two\n"), "one\n two"); }

TEST(advice_for, a_want_of_the_machine_is_named_with_its_cure) {
  EXPECT_NE(advice_for("Error: EMFILE: too many open files").find("ulimit -n"), std::string::npos);
  EXPECT_NE(advice_for("ENOENT: no such file or directory, uv_cwd").find("current folder"), std::string::npos);
  EXPECT_NE(advice_for("lean: error while loading shared libraries: libx.so").find("LD_LIBRARY_PATH"), std::string::npos);
  EXPECT_NE(advice_for("not started: Permission denied").find("permissions"), std::string::npos);
  EXPECT_NE(advice_for("write: No space left on device").find("disk"), std::string::npos);
  EXPECT_EQ(advice_for("PANIC at f"), "");
}

} // namespace
} // namespace leanworker::cli
