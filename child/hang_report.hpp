// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace leanworker {

/// Bytes of a report at most.
inline constexpr std::size_t hang_report_bytes_max = 8u << 10;

/// What each thread of a process does just now, a line each: name, state, processor time, where in the kernel it waits, its system call, and its
/// kernel stack where we may read it. For people who want to know why a child hung. Takes no lock of the process. Empty where nothing can be read.
/// `proc`: where /proc is; tests have one of their own.
std::string hang_report(std::int64_t pid, const std::string& proc = "/proc");

} // namespace leanworker
