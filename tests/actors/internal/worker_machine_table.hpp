// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace leanworker::internal {
inline constexpr std::string_view worker_machine_table = R"()";
} // namespace leanworker::internal
