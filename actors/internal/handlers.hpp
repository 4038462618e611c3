// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <caf/error.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scheduled_actor.hpp>

#include <exception>

namespace leanworker::internal {

/// CAF's default handlers print to standard output; ours never do. An exception ends the actor with `unhandled_exception`, which its
/// monitors see.
template <class Pointer>
void install_quiet_handlers(Pointer self) {
  self->set_exception_handler([](std::exception_ptr&) -> caf::error { return caf::make_error(caf::exit_reason::unhandled_exception); });
  self->set_down_handler([](caf::down_msg&) {});
  self->set_error_handler([](caf::error&) {});
}

} // namespace leanworker::internal
