// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/lean/command.hpp>
#include <leanworker/lean/lean_version.hpp>
#include <leanworker/messages/errc.hpp>

#include <string>
#include <utility>
#include <vector>

namespace leanworker {

/// A Lean to work with: a folder with `bin/lean` and `lib/lean`.
struct toolchain {
  std::string sysroot; ///< Canonical, absolute.
  std::string why;     ///< Which rule found it, for people.
  lean_version_info version{}; ///< As its own files say.
  bool named = false;  ///< Its user named it, so that no other may be taken instead.

  std::string lean() const { return sysroot + "/bin/lean"; }
  std::string library() const { return sysroot + "/lib/lean"; }
  /// A program of the toolchain's that makes starts of a compiled host quicker. Absolute; only the prepared npm one has it.
  std::string start_hook() const { return sysroot + "/libexec/leanworker/prepare-host"; }
  /// The prepared npm toolchain, or one like it: Lean compiled to WebAssembly, with a launcher of ours. Anything else is native.
  bool is_wasm() const;
};

/// Where to look. `from_environment` fills it from this process's environment.
struct toolchain_search {
  std::string given;        ///< `--sysroot`; empty: not given.
  std::string environment;  ///< LEANWORKER_SYSROOT; empty: not set.
  std::string search_path;  ///< PATH.
  std::string home;         ///< For ~/.elan.
  std::string cache;        ///< leanworker's cache folder, where the prepared npm toolchain is.
  std::string lake;         ///< LEAN_SYSROOT, as `lake env` sets it; empty: not set.
  std::string elan;         ///< ELAN_HOME; empty: ~/.elan.
  std::string elan_choice;  ///< ELAN_TOOLCHAIN; empty: not set.
  std::string project;      ///< The folder whose `lean-toolchain`, or that of the nearest folder above, elan is asked for. Empty: none.
  std::vector<std::pair<std::string, std::string>> excluded{}; ///< Sysroots that were found and do not work, each with the reason.

  static toolchain_search from_environment(std::string given);
};

/// leanworker's cache folder: LEANWORKER_CACHE, else XDG_CACHE_HOME/leanworker, else HOME/.cache/leanworker. Absolute. Empty when none is known.
std::string cache_folder();

struct toolchain_result {
  /// `toolchain_not_found`; of a place that was named: `toolchain_broken` where it is none, `toolchain_unsupported` where its Lean is too old.
  errc error = errc::none;
  toolchain found;
  std::vector<std::string> tried; ///< One line for each place that was looked at in vain, in order.
};

/// Looks in this order: `given`; `environment`; `lake`; the `lean` on `search_path`; elan's toolchain; the prepared npm toolchain in `cache`. A place
/// that was named (the first two) and is no toolchain, or one that is too old, is an error, not a reason to look further; what was only found is
/// noted in `tried`. A `lean` of elan's is never run, because it may install a toolchain first, for minutes: elan's own files are read instead.
toolchain_result find_toolchain(const toolchain_search& search, const command_runner& run);

/// What `bin/lean --version` prints, first line; empty when it does not work, with the reason in `problem`.
std::string lean_version(const toolchain& lean, const command_runner& run, std::string& problem);

} // namespace leanworker
