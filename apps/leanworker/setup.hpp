// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "options.hpp"

#include <leanworker/child/host_thread.hpp>
#include <leanworker/lean/host_package.hpp>
#include <leanworker/lean/toolchain.hpp>

#include <memory>

namespace leanworker::cli {

/// Runs a program to its end on the host thread: what code about Lean is given to start processes with.
command_runner make_runner(std::shared_ptr<host_thread> host);

/// Everything needed to start children that run Lean.
struct lean_setup {
  std::shared_ptr<host_thread> host;
  toolchain lean;
  host_package package;
};

/// Finds the toolchain and makes sure that the host is compiled for it. False after having told on standard error what is wrong and what to do.
bool set_up_lean(const common_options& options, lean_setup& out);

/// How to start one Lean host.
process_spec host_process(const lean_setup& setup);

/// The module search path of a child: `extra`, the folders of LEAN_PATH, the toolchain's library. Absolute.
std::vector<std::string> module_search_path(const std::vector<std::string>& extra, const toolchain& lean);

/// Makes the log on standard error.
void set_up_log(const common_options& options);

/// Where the sources of the Lean host are: LEANWORKER_HOST_SOURCES, next to the installed program, or the source tree it was built from.
std::string host_sources();

} // namespace leanworker::cli
