// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/supervision.hpp>

#include <caf/error.hpp>

namespace leanworker {

/// The reason that an actor quits with, so that whoever monitors or supervises it gets the facts: `self->quit(to_error(reason))`. Code `none` is a normal exit.
caf::error to_error(const failure_reason& reason);

/// The facts in any reason. CAF's own normal reasons (normal, user_shutdown) have the code `none`; whatever is not ours is `actor_failed`, with CAF's words.
failure_reason reason_of(const caf::error& reason);

} // namespace leanworker
