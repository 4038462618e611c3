// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/host_thread.hpp>
#include <leanworker/config/cycle_config.hpp>
#include <leanworker/config/worker_config.hpp>
#include <leanworker/lean/host_package.hpp>
#include <leanworker/lean/toolchain.hpp>

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

/// Everything between "some Lean is on this machine" and "children can be started". No actor is involved, and no CAF.
namespace leanworker {

/// Everything needed to start children that run Lean.
struct lean_setup {
  errc error = errc::none;        ///< `toolchain_not_found`, `toolchain_broken`, `toolchain_unsupported`, `host_build_failed`, `io_error`, `cancelled`.
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

/// What a child of this toolchain can bear. A native Lean copies what it imports after its first imports, a Mathlib project's 2 to 4.5 GB each time: one
/// session, and one import. Lean in WebAssembly has 2 GB, of which the imports of one session take a tenth: the defaults. See docs/POOL.md, section 5.
void limit_by_toolchain(const lean_setup& lean, worker_config& worker, cycle_config& cycle);

struct lean_search {
  std::string sysroot; ///< A toolchain's folder; empty: the rules of `find_toolchain`.
  std::string project{}; ///< A folder of the sources, whose `lean-toolchain` counts. Empty: the current one.
  std::stop_token stop{}; ///< A stop request ends what runs for this, and with it this, with `cancelled`.
  std::function<void(const std::string&)> say = [](const std::string&) {}; ///< Hears of each step while the host is compiled (once per toolchain, some 40 s).
};

/// Finds the toolchain and makes sure that the host is compiled for it. Blocks. A toolchain that was only found, and for which the host cannot be
/// compiled, is noted, and the next one is tried.
lean_setup set_up_lean(const lean_search& search = {});

/// Runs a program to its end on the host thread: what code about Lean is given to start processes with. A stop request ends it, as if it had run out
/// of time.
command_runner make_runner(std::shared_ptr<host_thread> host, std::stop_token stop = {});

/// The module search path of a child: `extra`, the folders of LEAN_PATH, the toolchain's library. Absolute.
std::vector<std::string> module_search_path(const std::vector<std::string>& extra, const toolchain& lean);

/// Where the sources of the Lean host are: LEANWORKER_HOST_SOURCES, next to the installed program, or the source tree it was built from.
std::string host_sources();

} // namespace leanworker
