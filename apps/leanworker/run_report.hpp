// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace leanworker::cli {

/// The result of `run`, docs/PROTOCOL.md, section 4.5.
struct run_report {
  bool streaming = false;    ///< A streaming command; then `rows` and `metadata_json`, otherwise `result_json`.
  std::string result_json;
  std::uint64_t rows = 0;    ///< As the child counted them.
  std::string metadata_json; ///< "null" where there is none.
};

/// False when it is not what the protocol says; `problem` says why.
bool decode_run_report(std::string_view body, run_report& out, std::string& problem);

} // namespace leanworker::cli
