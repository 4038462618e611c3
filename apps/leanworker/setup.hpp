// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "options.hpp"

#include <leanworker/actors/lean_setup.hpp>

#include <string_view>

namespace leanworker::cli {

/// Finds the toolchain and makes sure that the host is compiled for it, and that the event log can be written. False after having told on standard error what is wrong and what to do.
/// `project`: a folder of the sources, whose `lean-toolchain` counts; empty: the current one. An interrupt ends it within a second.
bool set_up_lean(const common_options& options, lean_setup& out, const std::string& project = {});

/// `advice_for` what a child that could not start said; where that tells nothing, as of a child that died while it told it, by this process's own limits.
std::string advice_for_failed_start(std::string_view words);

/// Children at a time, by cores and free memory.
unsigned default_jobs();

/// Makes the log on standard error.
void set_up_log(const common_options& options);

} // namespace leanworker::cli
