// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace leanworker::bench {

/// Prints where this is measured, for people or as one JSON line: cores this process may use, processor, kernel, compiler, build type, and the load
/// (runnable processes, mean of the last minute) before anything is measured. A load that is not near 0 spoils every figure after it.
void print_machine(bool json);

} // namespace leanworker::bench
