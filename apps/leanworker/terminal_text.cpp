// SPDX-License-Identifier: Apache-2.0
#include "terminal_text.hpp"

#include <leanworker/child/internal/json_scan.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace leanworker::cli {
namespace {

constexpr std::size_t lines_max = 20, line_bytes_max = 200, program_line_bytes = 2000, telling_max = 12;

char32_t code_point(std::string_view sequence) {
  if (sequence.size() == 1)
    return static_cast<unsigned char>(sequence[0]);
  auto value = static_cast<char32_t>(static_cast<unsigned char>(sequence[0]) & (0xFF >> (sequence.size() + 1)));
  for (std::size_t i = 1; i < sequence.size(); ++i)
    value = value << 6 | (static_cast<unsigned char>(sequence[i]) & 0x3F);
  return value;
}

/// Characters that a terminal obeys, or that cannot be seen.
bool hidden(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x61C || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E)
         || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE007F);
}

std::string written_out(char32_t c) {
  switch (c) {
    case '\n': return "\\n";
    case '\r': return "\\r";
    default: return c < 0x100 ? fmt::format("\\x{:02x}", static_cast<unsigned>(c)) : fmt::format("\\u{:04x}", static_cast<unsigned>(c));
  }
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    lines.push_back(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// An error's words near the beginning of a line; a source excerpt of a minified program has them anywhere.
bool tells(std::string_view line) {
  constexpr std::array<std::string_view, 12> words{"rror: ",  "FATAL",     "PANIC",  "panic",  "annot ",    "No such",
                                                   "not found", "denied", "EMFILE", "ENOMEM", "bad_alloc", "lean host: "};
  auto head = line.substr(0, line_bytes_max);
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return head.find(word) != std::string_view::npos; });
}

} // namespace

std::string shown(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    auto length = internal::utf8_length(text);
    auto sequence = text.substr(0, std::max<std::size_t>(length, 1));
    auto c = length == 0 ? char32_t{0} : code_point(sequence);
    if (length == 0)
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(text[0])));
    else if (hidden(c) && c != '\t')
      out += written_out(c);
    else
      out += sequence;
    text.remove_prefix(sequence.size());
  }
  return out;
}

std::string shown_lines(std::string_view text, std::string_view indent) {
  std::string out;
  bool first = true;
  for (auto line : lines_of(text)) {
    if (!std::exchange(first, false)) {
      out += '\n';
      out += line.empty() ? std::string_view{} : indent;
    }
    out += shown(line);
  }
  return out;
}

std::string telling_lines(std::string_view text) {
  auto lines = lines_of(text);
  std::erase_if(lines, [](std::string_view line) { return line.find_first_not_of(" \t") == std::string_view::npos; });
  std::vector<bool> chosen(lines.size(), lines.size() <= lines_max);
  std::size_t count = 0;
  for (std::size_t i = 0; i < lines.size() && count < telling_max && lines.size() > lines_max; ++i)
    if (tells(lines[i])) {
      chosen[i] = true;
      ++count;
    }
  for (auto i = lines.size(); i-- > 0 && count < lines_max && lines.size() > lines_max;)
    if (!chosen[i]) {
      chosen[i] = true;
      ++count;
    }
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (chosen[i] && lines[i].size() > program_line_bytes && !tells(lines[i]))
      out += fmt::format("(a line of {} bytes, not of words for people)\n", lines[i].size());
    else if (chosen[i]) {
      auto line = shown(lines[i].substr(0, line_bytes_max));
      out += line + (lines[i].size() > line_bytes_max ? "…\n" : "\n");
    }
  if (lines.size() > lines_max)
    out += fmt::format("({} more lines; all of them: --json, --event-log)\n", lines.size() - lines_max);
  if (!out.empty())
    out.pop_back();
  return out;
}

file_result for_people(file_result result) {
  result.file = shown(result.file);
  result.message = shown_lines(result.message);
  result.outcome.panic = shown(result.outcome.panic);
  for (auto& message : result.report.messages) {
    message.text = shown_lines(message.text);
    message.kind = shown(message.kind);
    message.severity = shown(message.severity);
  }
  for (auto& declaration : result.report.declarations) {
    declaration.name = shown(declaration.name);
    for (auto& axiom : declaration.axioms)
      axiom = shown(axiom);
    for (auto& name : declaration.not_seen)
      name = shown(name);
  }
  for (auto& item : result.report.trust)
    item.name = shown(item.name);
  for (auto& death : result.deaths) {
    death.detail = shown(death.detail);
    death.stderr_tail = telling_lines(death.stderr_tail);
    death.stdout_tail = telling_lines(death.stdout_tail);
  }
  return result;
}

std::string rows_by_stream(const std::map<std::string, std::uint64_t>& streams) {
  constexpr std::size_t streams_shown = 8;
  std::string out;
  std::size_t told = 0;
  for (const auto& [name, rows] : streams) {
    if (told == streams_shown)
      break;
    out += fmt::format("{}{} {}", told++ == 0 ? " (" : ", ", rows, shown(name));
  }
  if (streams.size() > told)
    out += fmt::format(" and {} streams more", streams.size() - told);
  return out.empty() ? out : out + ")";
}

std::string advice_for(std::string_view words) {
  struct {
    std::string_view sign;
    const char* advice;
  } const known[] = {
    {"EMFILE", "this process may not open enough files; raise the limit, for example: ulimit -n 1024"},
    {"oo many open files", "this process may not open enough files; raise the limit, for example: ulimit -n 1024"},
    {"ENFILE", "the machine has too many files open"},
    {"uv_cwd", "the current folder has been deleted; change into one that exists"},
    {"ENOMEM", "the machine, or a limit of this process, gives no more memory; use fewer children (--jobs), or raise ulimit -v"},
    {"bad_alloc", "the machine, or a limit of this process, gives no more memory; use fewer children (--jobs), or raise ulimit -v"},
    {"annot allocate memory", "the machine, or a limit of this process, gives no more memory; use fewer children (--jobs), or raise ulimit -v"},
    {"esource temporarily unavailable", "no more processes or threads may be started; raise ulimit -u or ulimit -v, or use fewer children (--jobs)"},
    {"EAGAIN", "no more processes or threads may be started; raise ulimit -u or ulimit -v, or use fewer children (--jobs)"},
    {"ENOSPC", "the disk is full; make room"},
    {"o space left on device", "the disk is full; make room"},
    {"ile too large", "this process may not write larger files; raise the limit: ulimit -f unlimited"},
    {"isk quota exceeded", "your part of the disk is full; make room"},
    {"error while loading shared libraries", "a shared library is missing; install it, or set LD_LIBRARY_PATH"},
    {"EACCES", "a file may not be read or executed; look at its permissions"},
    {"ermission denied", "a file may not be read or executed; look at its permissions"},
  };
  for (const auto& one : known)
    if (words.find(one.sign) != std::string_view::npos)
      return one.advice;
  return {};
}

} // namespace leanworker::cli
