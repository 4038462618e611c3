// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/host_thread.hpp>
#include <leanworker/lean/host_package.hpp>
#include <leanworker/lean/toolchain.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

/// Everything between "some Lean is on this machine" and "children can be started". No actor is involved, and no CAF.
namespace leanworker {

/// Everything needed to start children that run Lean.
struct lean_setup {
  errc error = errc::none;        ///< `toolchain_not_found`, `toolchain_broken`, `host_build_failed`, `io_error`.
  std::string message;            ///< For people: what is wrong and what to do. Several lines.
  std::shared_ptr<host_thread> host;
  toolchain lean;
  host_package package;

  explicit operator bool() const noexcept { return error == errc::none; }
  /// How to start one Lean host.
  process_spec child() const;
  /// How long a start may take: 10 s with a start-up image, 30 s without.
  std::chrono::milliseconds start_timeout() const;
};

struct lean_search {
  std::string sysroot; ///< A toolchain's folder; empty: the rules of `find_toolchain`.
  std::function<void(const std::string&)> say = [](const std::string&) {}; ///< Hears of each step while the host is compiled (once per toolchain, some 40 s).
};

/// Finds the toolchain and makes sure that the host is compiled for it. Blocks.
lean_setup set_up_lean(const lean_search& search = {});

/// Runs a program to its end on the host thread: what code about Lean is given to start processes with.
command_runner make_runner(std::shared_ptr<host_thread> host);

/// The module search path of a child: `extra`, the folders of LEAN_PATH, the toolchain's library. Absolute.
std::vector<std::string> module_search_path(const std::vector<std::string>& extra, const toolchain& lean);

/// Where the sources of the Lean host are: LEANWORKER_HOST_SOURCES, next to the installed program, or the source tree it was built from.
std::string host_sources();

} // namespace leanworker
