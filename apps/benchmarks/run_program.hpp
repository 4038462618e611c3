// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/process.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace leanworker::bench {

/// How a program ended that was run for what it prints.
struct program_end {
  exit_status status;
  bool in_time = true; ///< False: it was killed at the limit.
  std::string out;     ///< The first 64 KiB of its descriptor 1.
  std::string err;     ///< The first 64 KiB of its descriptor 2, or why it was not started.
};

/// Runs a program to its end, with nothing to read on its descriptor 0. At the limit, and at its end, whatever still runs in its process group is
/// killed. Call it on a thread that lives as long as the program may: see `spawn`.
program_end run_program(const process_spec& spec, std::chrono::milliseconds limit);

/// The path of a program that PATH finds; empty when it does not.
std::string find_program(std::string_view name);

} // namespace leanworker::bench
