// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "options.hpp"

namespace leanworker::cli {

/// The subcommands; each returns the program's exit code.
int run_check(const check_options& options);
int run_run(run_options options);
int run_doctor(const doctor_options& options);

} // namespace leanworker::cli
