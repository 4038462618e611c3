// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/errc.hpp>
#include <leanworker/messages/exit_status.hpp>

namespace leanworker::internal {

/// Why a child ended. What happened first decides; the exit status only where nothing was noticed before it.
constexpr errc decide_end_cause(errc first_fault, bool stop_asked, const exit_status& exit, bool inside_frame) noexcept {
  if (exit.how == exit_status::kind::not_started)
    return errc::not_started;
  if (first_fault != errc::none)
    return first_fault;
  if (stop_asked)
    return errc::stopped;
  if (exit.how == exit_status::kind::signalled)
    return errc::child_signalled;
  if (exit.how == exit_status::kind::exited && exit.value != 0)
    return errc::child_failed;
  if (exit.how == exit_status::kind::unknown)
    return errc::child_end_unknown;
  return inside_frame ? errc::frame_truncated : errc::child_exited;
}

} // namespace leanworker::internal
