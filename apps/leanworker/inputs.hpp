// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <future>
#include <string>
#include <utility>
#include <vector>

namespace leanworker::cli {

/// One thing to check.
struct input {
  std::string label;  ///< As the user named it; "<stdin>" for standard input.
  std::string path;   ///< Absolute; empty for what the parent reads itself: standard input, pipes, devices.
  std::string source; ///< Of what is no regular file: read by the parent, once.
  std::string problem; ///< Why it cannot be checked; empty: it can. Only this input is concerned.
  /// What is no regular file is read by a thread of its own, so that a writer that is slow keeps nobody else waiting. Not valid: it is read, or need not be.
  std::shared_future<std::pair<std::string, std::string>> reading{}; ///< `source` and `problem`.

  /// True once `source` and `problem` are what they will be. Does not block.
  bool settle();
};

/// Where what is no regular file is read: bytes at most, and how long its writer may take.
inline constexpr std::size_t piped_bytes_max = 8u << 20;
inline constexpr std::chrono::seconds piped_patience{30};

/// Reads a descriptor to its end into `out.source`, or says in `out.problem` why not: too long, too slow, interrupted, no UTF-8. Never blocks for longer
/// than `patience`.
void read_piped(int fd, input& out, std::chrono::milliseconds patience = piped_patience);

/// Expands files, folders (every .lean file below, sorted; hidden folders are skipped) and "-". A name given twice is checked once. False when
/// something does not exist or cannot be read; `problem` says what.
bool expand_inputs(const std::vector<std::string>& names, std::vector<input>& out, std::string& problem);

/// The first bytes of a file, as far as a header of imports may reach. Empty if it cannot be read.
std::string read_head(const std::string& path);

} // namespace leanworker::cli
