// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/lean/toolchain.hpp>

#include <functional>
#include <string>
#include <vector>

namespace leanworker {

/// The Lean host, compiled for one toolchain.
struct host_package {
  static constexpr const char* program = "leanworker-host"; ///< Its name in `folder`, if `executable`.

  std::string folder;       ///< Holds Main.lean and the compiled modules.
  bool quick_start = false; ///< It has a start-up image: a child is ready within a second.
  bool executable = false;  ///< It is a program of its own, made by the toolchain's `leanc`.

  /// The command line of one child. As a program of its own the host has no other Lean library in its memory, so that the first imports of a child are
  /// mapped; with `--run` they are copied (lean4#587).
  std::vector<std::string> argv(const toolchain& lean) const {
    if (executable)
      return {folder + "/" + program};
    return {lean.lean(), "--run", folder + "/Main.lean"};
  }
  /// What a child must find in its environment, besides a basic one.
  std::vector<std::pair<std::string, std::string>> environment(const toolchain& lean) const;
};

struct host_package_result {
  errc error = errc::none; ///< `host_build_failed` or `io_error`.
  std::string message;     ///< Which step, which file, what to do.
  host_package package;
};

struct host_build {
  std::string sources; ///< Folder with Main.lean, LeanWorker.lean, LeanWorker/ and modules.txt.
  std::string cache;   ///< leanworker's cache folder.
  std::function<void(const std::string&)> say = [](const std::string&) {}; ///< Hears of each step of a build.
};

/// The host for this toolchain, from `<cache>/hosts/<key>`; compiled first when it is not there. The key is a hash of the toolchain's identity and of
/// the host's sources. Built aside and renamed: an interrupted build leaves nothing behind that counts, and two at once are safe. If the
/// toolchain has an executable `libexec/leanworker/prepare-host`, it is called with the compiled folder and may make its start quicker.
host_package_result ensure_host(const toolchain& lean, const host_build& build, const command_runner& run);

} // namespace leanworker
