// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/serve.hpp>

#include <nlohmann/json.hpp>

#include <string_view>
#include <vector>

namespace leanworker::scripted {

using nlohmann::json;

/// An operation of the scripted child. `body` is the request's body as a tree; what `run` returns is the result.
struct op {
  std::string_view name;
  std::string_view help;
  json (*run)(request_context& request, const json& body);
};

const std::vector<op>& stream_ops();  ///< Rows, diagnostics and progress.
const std::vector<op>& command_ops(); ///< Results only: metadata, errors, shapes.
const std::vector<op>& process_ops(); ///< Time, memory, and the process itself.

/// What this process was given by whoever started it. Recorded by the first call, which must come before anything changes it.
const json& started_with();

} // namespace leanworker::scripted
