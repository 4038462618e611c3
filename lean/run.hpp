// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The `run` request of the Lean host and its result; docs/PROTOCOL.md, section 4.5. Values that belong to the capability stay the JSON text that
/// they came as: nothing here parses, reorders or respells them.
namespace leanworker {

struct capability_request {
  std::string module; ///< A compiled module on the search path. Or empty, and `path` counts.
  std::string path;   ///< A source file, absolute; the child reads and elaborates it.
  std::string command; ///< The name of a declaration, or a short name that the capability registered.
  std::string request_json; ///< What the command gets: JSON text, sent as it is and not checked here. Empty: null.
  std::vector<std::string> search_path; ///< Must end in the configured one. Empty: the configured one.
};

/// The request's body. JSON text, if `request_json` is.
std::string encode_run(const capability_request& request);

struct run_report {
  bool streaming = false; ///< Which of the two kinds of command it was; the members of the other kind are empty.

  std::string result_json; ///< Of a JSON command: what it returned.

  std::uint64_t rows = 0; ///< Of a streaming command: over all streams. These are what the child sent; a parent may compare.
  std::vector<std::pair<std::string, std::uint64_t>> streams; ///< Rows of each stream, by name.
  std::string metadata_json; ///< What the command said last with Stream.metadata; "null" if nothing.

  std::uint64_t elapsed_ms = 0; ///< All of it, with import and elaboration.
  std::vector<std::string> imports; ///< Of the session; so are the next three.
  bool session_reused = false;
  std::uint64_t import_ms = 0;
  std::uint64_t imports_done = 0;
};

/// Reads a result. False when it is not what the protocol says; `problem` names the place.
bool decode_run_report(std::string_view body, run_report& out, std::string& problem);

} // namespace leanworker
