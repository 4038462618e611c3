// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace leanworker::internal {

/// Cuts the items out of an array, each without the space around it. Precondition: `array` passed `check_json`. False, keeping nothing, when it is no
/// array or has more than `items_max`.
bool cut_json_items(std::string_view array, std::size_t items_max, std::vector<std::string_view>& items);

} // namespace leanworker::internal
