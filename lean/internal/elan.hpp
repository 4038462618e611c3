// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace leanworker::internal {

/// Which toolchain elan would run, from its own files: ELAN_TOOLCHAIN, else the nearest `lean-toolchain` from `project` upwards, else the default of
/// `settings.toml`.
struct elan_answer {
  std::string folder;  ///< Where that toolchain is, or would be. Empty: elan has no choice, and `problem` says why.
  std::string name;    ///< As it is called, for example leanprover/lean4:v4.30.0.
  std::string source;  ///< What named it, for people.
  std::string problem;
};
elan_answer ask_elan(const std::string& elan_home, const std::string& choice, const std::string& project);

/// Whether this `lean` is elan's stand-in, which would install a toolchain that is missing.
bool is_elan_proxy(const std::string& program);

} // namespace leanworker::internal
