// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/utf8_tail.hpp>
#include <leanworker/messages/child.hpp>

namespace leanworker::internal {

/// What is kept of a child's last words where many ends are remembered; the dossier has them all.
inline constexpr std::size_t last_words_bytes_max = 4096;

inline void shorten_last_words(child_down& end) { keep_utf8_tail(end.stderr_tail, last_words_bytes_max); }

} // namespace leanworker::internal
