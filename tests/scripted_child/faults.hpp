// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leanworker::scripted {

/// The moment at which a fault happens.
struct moment {
  std::uint64_t request_id = 0;                         ///< 0 outside of a request.
  std::function<void()> wait_until_cancelled = [] {};   ///< Returns at once outside of a request.
};

struct fault {
  std::string_view name;
  std::int64_t number; ///< Used when none is given.
  std::string_view help;
  void (*happen)(const moment&, std::int64_t number);
};

/// All faults, in the order of the help text.
const std::vector<fault>& all_faults();

struct chosen_fault {
  const fault* what = nullptr;
  std::int64_t number = 0;
  void happen(const moment& when) const { what->happen(when, number); }
};

/// Reads "name" or "name=number"; nothing if there is no such fault.
std::optional<chosen_fault> choose_fault(std::string_view text);

/// The process ids of the grandchildren that faults left behind.
const std::vector<int>& grandchildren();

} // namespace leanworker::scripted
