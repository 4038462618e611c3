// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace leanworker::cli {

/// One request of a `run`.
struct run_part {
  std::string label;   ///< What it was split by, for messages; empty when nothing was split.
  std::string request; ///< JSON text.
};

/// Reads `--request`: JSON text, or @file. False, and `problem` names the place, when it cannot be read or is no JSON.
bool read_request(const std::string& option, std::string& json, std::string& problem);

/// Makes a request of each item of `--split KEY=a,b,c` (or KEY=@file, one item per line): the request with its member KEY set to the item, as a string, or, with KEY[]=…, as an array of that
/// one string. Everything else in the request stays as it is spelled. An empty `split` gives the request alone. False, and `problem` says why, when it makes no sense.
bool split_request(const std::string& request, const std::string& split, std::vector<run_part>& parts, std::string& problem);

} // namespace leanworker::cli
