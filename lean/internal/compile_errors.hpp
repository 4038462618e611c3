// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace leanworker::internal {

/// What a person wants to see of a compiler's output: the first errors, each with the lines that belong to it, none longer than 200 bytes; where there is
/// no error, the last lines. Never more than some 20 lines.
std::string first_errors(std::string_view output, std::size_t errors_max = 3);

} // namespace leanworker::internal
