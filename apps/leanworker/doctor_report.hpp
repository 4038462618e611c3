// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/lean_setup.hpp>

#include <chrono>
#include <string>

namespace leanworker::cli {

/// What `doctor` found out, for a report to those who build leanworker.
struct doctor_findings {
  lean_setup setup;
  std::string version;  ///< What `lean --version` printed; empty: it does not work, and `problem` says why.
  std::string problem;  ///< Of the first step that failed; empty: none did.
  std::string verdict;  ///< Of the one-line theorem; empty: it was not come to.
  std::string stderr_tail;
  std::chrono::milliseconds set_up_in{0};
  std::chrono::milliseconds ready_in{0};
  std::chrono::milliseconds checked_in{0};
};

/// JSON: versions, kind of toolchain, limits of this process and machine, times, errors. No sources, no name of a host or user: the user's home and the
/// toolchain's folder are written as HOME and TOOLCHAIN. Pure but for what it reads of limits.
std::string doctor_report(const doctor_findings& findings);

/// `text` with every appearance of these folders replaced.
std::string without_names(std::string text, const std::string& toolchain, const std::string& home);

} // namespace leanworker::cli
