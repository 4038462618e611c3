// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string_view>

namespace leanworker {

/// How long a reader that takes nothing is waited for, once its writer is in a hurry.
inline constexpr std::chrono::milliseconds hurried_patience{500};

/// Writes all of it, also where somebody made the descriptor non-blocking: then it waits for its reader, as a blocking one would. Not through stdio,
/// whose buffers lose text there. `hurried` is asked ten times a second while the reader takes nothing; null: never in a hurry.
/// False after an error (`errno`); ETIMEDOUT is a reader that was waited for long enough. What was written before it stays written.
bool write_all(int descriptor, std::string_view text, const std::function<bool()>& hurried = nullptr);

} // namespace leanworker
