// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace leanworker::cli {

/// One thing to check.
struct input {
  std::string label;  ///< As the user named it; "<stdin>" for standard input.
  std::string path;   ///< Absolute; empty for standard input.
  std::string source; ///< Standard input only.
};

/// Expands files, folders (every .lean file below, sorted; hidden folders are skipped) and "-". A name given twice is checked once. False when
/// something does not exist or cannot be read; `problem` says what.
bool expand_inputs(const std::vector<std::string>& names, std::vector<input>& out, std::string& problem);

/// The first bytes of a file, as far as a header of imports may reach. Empty if it cannot be read.
std::string read_head(const std::string& path);

} // namespace leanworker::cli
