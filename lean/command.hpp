// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/exit_status.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace leanworker {

/// A program to run to its end. What runs it is given by the caller, because code about Lean does not start processes itself.
struct command {
  std::vector<std::string> argv;
  std::vector<std::pair<std::string, std::string>> environment; ///< In addition to a basic one (PATH, HOME, locale).
  std::string directory;                                        ///< Empty: the parent's.
  std::chrono::milliseconds timeout{0};                         ///< Must be positive; then the program is ended.
};

struct command_result {
  exit_status exit;
  bool timed_out = false;
  std::string out; ///< The last 64 KiB.
  std::string err; ///< The last 64 KiB.
  std::chrono::milliseconds elapsed{0};

  bool ok() const { return exit.success() && !timed_out; }
};

using command_runner = std::function<command_result(const command&)>;

} // namespace leanworker
