// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include "terminal_text.hpp"
#include "usage.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace leanworker::cli {
namespace {

constexpr std::int64_t duration_ms_max = 7 * 24 * 3'600'000LL;

/// One of these words; else says which, and which is near.
CLI::Validator one_of(const std::vector<std::string>& words) {
  auto problem = [words](std::string& given) {
    if (std::find(words.begin(), words.end(), given) != words.end())
      return std::string{};
    std::string all;
    for (const auto& word : words)
      all += (all.empty() ? "" : ", ") + word;
    auto near = nearest(given, words);
    return "'" + shown(given) + "' is none of " + all + (near.empty() ? "" : "; did you mean " + near + "?");
  };
  return {problem, "", "one_of"};
}

CLI::Validator whole_number(std::int64_t lowest, std::int64_t highest) {
  auto problem = [lowest, highest](std::string& given) {
    std::int64_t value = 0;
    auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
    bool good = error == std::errc{} && end == given.data() + given.size() && value >= lowest && value <= highest;
    return good ? std::string{} : "'" + shown(given) + "' is no whole number from " + std::to_string(lowest) + " to " + std::to_string(highest);
  };
  return {problem, "", "whole_number"};
}

/// Why `text` is no duration; empty: it is one, of `ms`.
std::string read_duration(const std::string& text, std::int64_t& ms) {
  const std::string allowed = "write for example 300ms, 5s, 2m or 1h, at most 168h";
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9')
    ++digits;
  if (digits == 0 || digits > 12)
    return "'" + text + "' is no duration; " + allowed;
  auto count = std::stoll(text.substr(0, digits));
  auto unit = text.substr(digits);
  std::int64_t factor = unit == "ms" ? 1 : unit == "s" ? 1000 : unit == "m" ? 60'000 : unit == "h" ? 3'600'000 : 0;
  if (unit.empty())
    return "'" + text + "' has no unit; " + allowed;
  if (factor == 0)
    return "'" + text + "' has the unit '" + unit + "', which is none of ms, s, m, h; " + allowed;
  ms = count * factor;
  return count > 0 && ms <= duration_ms_max ? std::string{} : "'" + text + "' is too " + (count > 0 ? "long; " : "short; ") + allowed;
}

/// A duration with its unit: 300ms, 5s, 2m, 1h. A bare number would leave open what it means.
CLI::Option* add_duration(CLI::App& command, const std::string& name, std::chrono::milliseconds& into, const std::string& help) {
  auto parse = [&into, name](const CLI::results_t& values) {
    std::int64_t ms = 0;
    if (auto problem = read_duration(values.front(), ms); !problem.empty())
      throw CLI::ValidationError{name, problem};
    into = std::chrono::milliseconds{ms};
    return true;
  };
  return command.add_option(name, CLI::callback_t{parse}, help)->type_name("DURATION")->expected(1);
}

void add_common(CLI::App& command, common_options& into) {
  command.add_option("--sysroot", into.sysroot, "Lean toolchain: a folder with bin/lean and lib/lean")->type_name("DIR");
  command.add_option("--log-level", into.log_level, "What to tell on standard error")
    ->check(one_of({"trace", "debug", "info", "warn", "error", "off"}))
    ->capture_default_str();
  command.add_option("--color", into.color, "Colours")->check(one_of({"auto", "always", "never"}))->capture_default_str();
}

void add_event_log(CLI::App& command, common_options& into) {
  command.add_option("--event-log", into.event_log, "Append everything that happens in the pool to this file, as JSON Lines (docs/OBSERVABILITY.md)")->type_name("FILE");
}

/// One value per option, so that what follows is not taken for another folder. Several may be joined by colons, as in LEAN_PATH.
void add_paths(CLI::App& command, std::vector<std::string>& into) {
  auto parse = [&into](const CLI::results_t& values) {
    for (const auto& value : values)
      for (std::size_t begin = 0; begin <= value.size();) {
        auto end = std::min(value.find(':', begin), value.size());
        auto folder = value.substr(begin, end - begin);
        std::error_code error;
        if (!std::filesystem::is_directory(folder, error))
          throw CLI::ValidationError{"--path", "'" + folder + "' is no folder; name one with compiled modules, several with colons between them"};
        into.push_back(std::move(folder));
        begin = end + 1;
      }
    return true;
  };
  command.add_option("--path", CLI::callback_t{parse}, "A further folder with compiled modules, before those of LEAN_PATH; several with colons, or repeated")
    ->type_name("DIR[:DIR]")
    ->expected(1)
    ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

} // namespace

void add_check(CLI::App& program, check_options& into) {
  auto& command = *program.add_subcommand("check", "Check Lean files in supervised child processes");
  command.add_option("inputs", into.inputs, "Lean files, folders (every .lean file below them), or - for standard input")->required();
  command.add_option("-j,--jobs", into.jobs, "Children at a time (default: by cores and memory)")->check(whole_number(1, 256))->type_name("N");
  add_duration(command, "--timeout", into.timeout, "For one file, from the end of its imports (default 30s)");
  add_duration(command, "--import-timeout", into.import_timeout, "For the imports of one file (default 60s)");
  add_duration(command, "--start-timeout", into.start_timeout, "For the start of a child (default 10s, 30s without a start-up image)");
  command.add_option("--heartbeats", into.heartbeats, "Lean's maxHeartbeats, in thousands per command; 0: no limit")
    ->check(whole_number(0, 1'000'000'000))
    ->type_name("N");
  command.add_option("--imports", into.imports, "Imports of a source without a header, comma-separated (default Init)")
    ->delimiter(',')
    ->allow_extra_args(false)
    ->type_name("A,B");
  add_paths(command, into.paths);
  command.add_flag("--json", into.json, "One JSON record per file on standard output (docs/CHECK.md)")->disable_flag_override();
  command.add_flag("--axioms", into.axioms, "Report the axioms that each declaration depends on")->disable_flag_override();
  command.add_flag("--isolate", into.isolate, "A child of its own for each file: nothing that one leaves behind reaches another; twice as many children")->disable_flag_override();
  command.add_option("--fail-on", into.fail_on, "What makes a file rejected besides errors: warning, axiom (docs/CHECK.md), or both with a comma")
    ->delimiter(',')
    ->expected(1)
    ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
    ->check(one_of({"error", "warning", "axiom"}))
    ->type_name("WHAT,…")
    ->capture_default_str();
  command.add_flag("--recheck", into.recheck, "Let Lean's kernel judge all that a file added once more (docs/CHECK.md)")->disable_flag_override();
  command.add_flag("-q,--quiet", into.quiet, "Only diagnostics and rejected files; no progress, no summary")->disable_flag_override();
  add_event_log(command, into.common);
  add_common(command, into.common);
}

void add_run(CLI::App& program, run_options& into) {
  auto& command = *program.add_subcommand("run", "Run a command of a Lean capability and write its rows as JSON Lines");
  command.add_option("capability", into.capability, "A compiled module (Foo.Bar), a source (foo.lean), or one that comes with leanworker (extract)")->required();
  command.add_option("command", into.command, "A declaration of it, or the short name of one")->required();
  command.add_option("--request", into.request, "JSON text, or @file")->type_name("JSON|@FILE")->capture_default_str();
  command.add_option("--rows", into.rows, "Where rows go: a file, all of them or none, or - for standard output")->type_name("FILE")->capture_default_str();
  command.add_option("--stream", into.stream, "Only the rows of this stream")->type_name("NAME");
  command.add_flag("--wrapped", into.wrapped, "Write {\"stream\": …, \"sequence\": …, \"row\": …} instead of the row alone")->disable_flag_override();
  command.add_option("--split", into.split, "One request per item, with the member KEY set to it; KEY[] for an array of it")->type_name("KEY=a,b|KEY=@FILE");
  command.add_option("-j,--jobs", into.jobs, "Children at a time (default: one per request, by cores and memory)")->check(whole_number(1, 256))->type_name("N");
  add_duration(command, "--timeout", into.timeout, "For the work of one request (default 10m)");
  add_duration(command, "--import-timeout", into.import_timeout, "For its imports (default 60s)");
  add_duration(command, "--start-timeout", into.start_timeout, "For the start of a child (default 10s, 30s without a start-up image)");
  add_paths(command, into.paths);
  command.add_flag("--allow-panics", into.allow_panics, "A panic of the Lean code is told, but does not make the run a failure")->disable_flag_override();
  command.add_flag("--json", into.json, "The summary as one JSON object on standard error (docs/RUN.md)")->disable_flag_override();
  command.add_flag("-q,--quiet", into.quiet, "No progress, no summary")->disable_flag_override();
  add_event_log(command, into.common);
  add_common(command, into.common);
}

void add_doctor(CLI::App& program, doctor_options& into) {
  auto& command = *program.add_subcommand("doctor", "Say which Lean toolchain is used and prove that it works");
  add_common(command, into.common);
  command.add_option("--report", into.report, "Write what to send us about this toolchain: versions, limits, times, errors; no sources, no names")
    ->type_name("FILE");
  command.add_flag("--tree", into.tree, "Print the supervision tree that did it, down to the child process")->disable_flag_override();
}

} // namespace leanworker::cli
