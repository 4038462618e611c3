// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "setup.hpp"

#include <leanworker/actors/pool.hpp>

#include <caf/actor_system_config.hpp>

namespace leanworker::cli {

/// How this program runs its actors: few threads, no polling, nothing printed.
void configure_actors(caf::actor_system_config& config);

/// A pool of Lean hosts with the defaults of this program.
pool_spec lean_pool(const lean_setup& setup, unsigned workers, const std::vector<std::string>& paths);

} // namespace leanworker::cli
