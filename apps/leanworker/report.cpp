// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include "output.hpp"
#include "remarks.hpp"
#include "terminal_text.hpp"

#include <fmt/color.h>
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include <unistd.h>

namespace leanworker::cli {
namespace {

constexpr std::size_t stderr_lines_shown = 21; // what `telling_lines` leaves

fmt::text_style style_of(file_verdict value) {
  switch (value) {
    case file_verdict::accepted: return fmt::fg(fmt::terminal_color::green);
    case file_verdict::has_warnings:
    case file_verdict::incomplete: return fmt::fg(fmt::terminal_color::yellow);
    case file_verdict::interrupted: return fmt::fg(fmt::terminal_color::bright_black);
    default: return fmt::fg(fmt::terminal_color::red);
  }
}

std::string painted(std::string text, fmt::text_style style, bool colors) { return colors ? fmt::format(style, "{}", text) : text; }

std::string last_lines(const std::string& text, std::size_t count) {
  auto end = text.find_last_not_of("\r\n ");
  if (end == std::string::npos)
    return {};
  auto begin = end;
  for (std::size_t lines = 0; begin > 0; --begin)
    if (text[begin - 1] == '\n' && ++lines == count)
      break;
  return text.substr(begin, end + 1 - begin);
}

std::string indented(const std::string& text) {
  std::string out = "    ";
  for (char c : text) {
    out += c;
    if (c == '\n')
      out += "    ";
  }
  return out + "\n";
}

std::string message_lines(const file_result& result) {
  std::string out;
  for (const auto& m : result.report.messages)
    out += fmt::format("{}:{}:{}: {}: {}{}", result.file, m.line, m.column, severity_text(m), m.text, m.text.ends_with('\n') ? "" : "\n");
  return out + (result.partial ? stopped_line(result) : left_out_lines(result));
}

std::string axiom_lines(const file_result& result) {
  std::string out;
  for (const auto& d : result.report.declarations) {
    if (d.axioms.empty() && d.library_theorems_assumed == 0 && d.not_seen.empty())
      continue;
    auto assumed = d.library_theorems_assumed == 0
                     ? std::string{}
                     : fmt::format("{}{} library theorem{} assumed", d.axioms.empty() ? "" : "; ", d.library_theorems_assumed,
                                   d.library_theorems_assumed == 1 ? "" : "s");
    if (!d.not_seen.empty())
      assumed += fmt::format("{}not seen: {}", d.axioms.empty() && assumed.empty() ? "" : "; ", fmt::join(d.not_seen, ", "));
    out += fmt::format("{}: axioms: {}: {}{}\n", result.file, d.name, fmt::join(d.axioms, ", "), assumed);
  }
  return out;
}

std::string failure_lines(const file_result& result) {
  std::string out = (result.partial ? message_lines(result) : std::string{}) + fmt::format("{}: {}\n", result.file, result.message);
  for (const auto& death : result.deaths) {
    out += fmt::format("  its child, generation {}: {}\n", death.generation, death.str());
    if (auto words = last_lines(death.stderr_tail, stderr_lines_shown); !words.empty())
      out += indented(words);
  }
  return out;
}

std::string counts_text(const verdict_counts& counts) {
  std::string out;
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > 0)
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", counts[i], to_string(static_cast<file_verdict>(i)));
  return out.empty() ? "nothing yet" : out;
}

bool use_colors(const std::string& choice, int fd) {
  if (choice != "auto")
    return choice == "always";
  return ::isatty(fd) != 0 && std::getenv("NO_COLOR") == nullptr;
}

} // namespace

std::string text_record(const file_result& given, bool quiet, bool colors) {
  auto result = for_people(given);
  std::string out;
  bool from_lean = result.verdict <= file_verdict::incomplete;
  if (!quiet || result.verdict != file_verdict::accepted) {
    auto time = from_lean ? result.report.elapsed_ms : static_cast<std::uint64_t>(result.outcome.elapsed.count());
    auto name = painted(fmt::format("{:<13}", to_string(result.verdict)), style_of(result.verdict), colors);
    auto remarks = from_lean ? trust_remark(result.report) + panic_remark(result) + deaths_remark(result) : std::string{};
    out = fmt::format("{} {}  ({} ms{})\n", name, result.file, time, remarks);
  }
  return out + (from_lean ? message_lines(result) + axiom_lines(result) : failure_lines(result));
}

std::string progress_line(const tally& counts, std::chrono::milliseconds elapsed) {
  std::string left;
  if (counts.done > 0 && counts.done < counts.total) {
    auto rest = elapsed.count() * static_cast<long long>(counts.total - counts.done) / static_cast<long long>(counts.done);
    left = fmt::format(" | about {} s left", (rest + 999) / 1000);
  }
  return fmt::format("[{}/{}] {} | {} busy | {} restart{}{}", counts.done, counts.total, counts_text(counts.verdicts), counts.busy,
                     counts.restarts, counts.restarts == 1 ? "" : "s", left);
}

std::string summary_line(const tally& counts, std::chrono::milliseconds elapsed) {
  return fmt::format("{} file{} in {:.1f} s: {}; {} worker{}, {} restart{}\n", counts.total, counts.total == 1 ? "" : "s",
                     static_cast<double>(elapsed.count()) / 1000.0, counts_text(counts.verdicts), counts.workers,
                     counts.workers == 1 ? "" : "s", counts.restarts, counts.restarts == 1 ? "" : "s");
}

printer::printer(const check_options& options)
    : json_{options.json}, quiet_{options.quiet}, colors_{use_colors(options.common.color, STDOUT_FILENO)},
      progress_{!options.quiet && ::isatty(STDERR_FILENO) != 0} {}

void printer::out(const std::string& text) {
  good_ = good_ && put(text);
}

void printer::record(const file_result& result) {
  clear_progress();
  out(json_ ? json_record(result) : text_record(result, quiet_, colors_));
}

void printer::progress(const tally& counts, std::chrono::milliseconds elapsed) {
  auto now = std::chrono::steady_clock::now();
  if (!progress_ || (drawn_ && now - drawn_at_ < std::chrono::milliseconds{100}))
    return;
  drawn_ = true;
  drawn_at_ = now;
  tell("\r\x1b[K{}", progress_line(counts, elapsed));
}

void printer::clear_progress() {
  if (std::exchange(drawn_, false))
    tell("\r\x1b[K");
}

void printer::summary(const tally& counts, std::chrono::milliseconds elapsed) {
  clear_progress();
  if (quiet_ || reader_left())
    return;
  if (json_)
    tell("{}", summary_line(counts, elapsed));
  else
    out(summary_line(counts, elapsed));
}

} // namespace leanworker::cli
