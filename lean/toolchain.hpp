// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/lean/command.hpp>
#include <leanworker/messages/errc.hpp>

#include <string>
#include <vector>

namespace leanworker {

/// A Lean to work with: a folder with `bin/lean` and `lib/lean`.
struct toolchain {
  std::string sysroot; ///< Canonical, absolute.
  std::string why;     ///< Which rule found it, for people.

  std::string lean() const { return sysroot + "/bin/lean"; }
  std::string library() const { return sysroot + "/lib/lean"; }
};

/// Where to look. `from_environment` fills it from this process's environment.
struct toolchain_search {
  std::string given;        ///< `--sysroot`; empty: not given.
  std::string environment;  ///< LEANWORKER_SYSROOT; empty: not set.
  std::string search_path;  ///< PATH.
  std::string home;         ///< For ~/.elan/bin.
  std::string cache;        ///< leanworker's cache folder, where the prepared npm toolchain is.

  static toolchain_search from_environment(std::string given);
};

/// leanworker's cache folder: LEANWORKER_CACHE, else XDG_CACHE_HOME/leanworker, else HOME/.cache/leanworker. Empty when none is known.
std::string cache_folder();

struct toolchain_result {
  errc error = errc::none;        ///< `toolchain_not_found`, or `toolchain_broken` for a place that was named but is none.
  toolchain found;
  std::vector<std::string> tried; ///< One line for each place that was looked at in vain, in order.
};

/// Looks in this order: `given`; `environment`; `lean --print-prefix` of the `lean` on `search_path`, then of ~/.elan/bin/lean; the prepared npm
/// toolchain in `cache`. A place that was named (the first two) and is no toolchain is an error, not a reason to look further.
toolchain_result find_toolchain(const toolchain_search& search, const command_runner& run);

/// What `bin/lean --version` prints, first line; empty when it does not work, with the reason in `problem`.
std::string lean_version(const toolchain& lean, const command_runner& run, std::string& problem);

} // namespace leanworker
