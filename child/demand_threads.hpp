// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace leanworker {

/// Starts so many threads at once and ends them. For what cannot be told that it may start none, and would end the process instead: CAF's scheduler.
/// About 20 µs each. @throws std::system_error as std::thread does, where this process may not have so many more.
void demand_threads(unsigned count);

} // namespace leanworker
