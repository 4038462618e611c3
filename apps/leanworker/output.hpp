// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace leanworker::cli {

/// Writes all of it, also where the descriptor is non-blocking: then it waits for its reader, as a blocking one would. False after an error (`errno`).
/// Not through stdio, whose buffers lose text there.
bool write_all(int fd, std::string_view text);

/// For people, on standard error. That nobody reads it is no failure.
template <class... Args>
void tell(fmt::format_string<Args...> format, Args&&... args) {
  write_all(2, fmt::format(format, std::forward<Args>(args)...));
}

/// Standard output. False after an error; `reader_left` tells whether it was that.
bool put(std::string_view text);

/// Whether whoever read our standard output is gone, as in `… | head -1`. Nothing to be told: the command ends its children and then as other tools do, by
/// SIGPIPE.
bool reader_left() noexcept;
/// Ends this process that way. Does not return.
[[noreturn]] void end_by_sigpipe();

} // namespace leanworker::cli
