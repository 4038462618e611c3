// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace leanworker::internal {

/// One Lean module out of several: the imports of all, but for those of the modules named `own` (the ones that are joined), then their bodies, each
/// in a section of its own so that `open` stays local. The modules must be given in dependency order and must not use a private name twice. Pure.
std::string join_modules(const std::vector<std::string>& texts, const std::vector<std::string>& own);

} // namespace leanworker::internal
