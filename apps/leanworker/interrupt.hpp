// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace leanworker::cli {

/// From now on SIGINT, SIGTERM and SIGHUP are only counted, and SIGPIPE and SIGXFSZ are ignored. A third one of the former ends the process at once.
void catch_interrupts();

/// How many of them came.
int interrupts() noexcept;

} // namespace leanworker::cli
