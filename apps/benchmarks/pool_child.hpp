// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "quantiles.hpp"

#include <leanworker/child/process.hpp>

#include <string_view>

namespace leanworker::bench {

/// The argument that makes a benchmark its own child.
inline constexpr std::string_view serve_flag = "--serve";

/// The child's whole life: operations `work` (answers at once), `task` (sleeps `ms`), `hang`.
int serve();

process_spec this_program_as_child();

/// The least that a request to this child can cost: blocking writes and reads on its pipes, on one thread. Throws std::runtime_error.
quantiles raw_round_trips(int rounds, std::string_view body = R"({"op":"work"})");

} // namespace leanworker::bench
