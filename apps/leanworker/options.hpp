// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace leanworker::cli {

/// Exit codes of every subcommand; docs/CHECK.md.
inline constexpr int exit_ok = 0;
inline constexpr int exit_rejected = 1;
inline constexpr int exit_usage = 2;
inline constexpr int exit_infrastructure = 3;
inline constexpr int exit_interrupted = 130;

struct common_options {
  std::string sysroot;
  std::string log_level = "warn";
  std::string color = "auto";
  std::string event_log; ///< Empty: none. Not for `doctor`.
};

struct check_options {
  common_options common;
  std::vector<std::string> inputs; ///< Files, folders, "-" for standard input.
  unsigned jobs = 0;               ///< 0: chosen from cores and memory.
  std::chrono::milliseconds timeout{30'000};
  std::chrono::milliseconds import_timeout{60'000};
  std::chrono::milliseconds start_timeout{0}; ///< 0: 10 s with a start-up image, 30 s without.
  std::optional<std::uint64_t> heartbeats;
  std::vector<std::string> imports;
  std::vector<std::string> paths;
  bool json = false;
  bool axioms = false;
  bool isolate = false; ///< Each file gets a child of its own.
  bool quiet = false;
  bool recheck = false;
  std::vector<std::string> fail_on{"error"};

  bool fails_on(std::string_view what) const { return std::find(fail_on.begin(), fail_on.end(), what) != fail_on.end(); }
};

struct run_options {
  common_options common;
  std::string capability;          ///< A module's name, a path that ends in .lean, or the name of one that comes with leanworker.
  std::string command;
  std::string request = "null";    ///< JSON text or @file.
  std::string rows = "-";          ///< A file, or "-" for standard output.
  std::string stream;              ///< Only rows of this one.
  std::string split;               ///< KEY=a,b,c or KEY=@file.
  unsigned jobs = 0;               ///< 0: one per part, at most what cores and memory give.
  std::chrono::milliseconds timeout{600'000};
  std::chrono::milliseconds import_timeout{60'000};
  std::chrono::milliseconds start_timeout{0};
  std::vector<std::string> paths;
  bool wrapped = false;
  bool allow_panics = false;
  bool json = false;
  bool quiet = false;
};

struct doctor_options {
  common_options common;
  bool tree = false; ///< Print the supervision tree of the proof.
  std::string report; ///< A file for what to send to those who build leanworker; empty: none.
};

/// Adds the subcommands to the program. The structs must outlive the parsing.
void add_check(CLI::App& program, check_options& into);
void add_run(CLI::App& program, run_options& into);
void add_doctor(CLI::App& program, doctor_options& into);

} // namespace leanworker::cli
