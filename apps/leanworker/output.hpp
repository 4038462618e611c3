// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace leanworker::cli {

/// Takes the places of standard streams that whoever started us has closed, so that no file, pipe or socket of ours lands there and gets what is meant
/// for people. Reading and writing them fails as before. Before anything else is opened.
void keep_standard_streams();

/// For people, on standard error. That nobody reads it is no failure; once somebody has interrupted the command, it waits half a second for its reader.
void tell_text(std::string_view text);

template <class... Args>
void tell(fmt::format_string<Args...> format, Args&&... args) {
  tell_text(fmt::format(format, std::forward<Args>(args)...));
}

/// Standard output; waits as above. False after an error, from then on always; `reader_left` and `output_problem` tell which.
bool put(std::string_view text);

/// Whether whoever read our standard output is gone, as in `… | head -1`. Nothing to be told: the command ends its children and then as other tools do, by
/// SIGPIPE.
bool reader_left() noexcept;
/// What else kept standard output from being written, for people, and what to do; empty: nothing.
std::string output_problem();
/// Tells that, once. False where there was nothing.
bool tell_output_problem();
/// Whether anything keeps standard output from being written.
bool output_failed() noexcept;

/// An event log that could not be written: told at once, and an infrastructure that failed. By any thread.
void tell_event_log_problem(const std::string& path, const std::string& why);
bool event_log_failed() noexcept;

/// Ends this process by SIGPIPE. Does not return.
[[noreturn]] void end_by_sigpipe();

} // namespace leanworker::cli
