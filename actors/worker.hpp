// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/child_link.hpp>
#include <leanworker/actors/internal/worker_machine.hpp>
#include <leanworker/config/worker_config.hpp>

#include <caf/actor_cast.hpp>

#include <functional>
#include <memory>

/// A worker: a slot that keeps a child running and runs requests on it.
///
/// Owns: the link of the running generation. Dies: with its owner, or by an exception, and its child with it; its owner ends it in good order
/// with `stop_worker` and, after the event `stopped`, with an exit message. Sends: `request_done` and `worker_event` to its owner.
namespace leanworker {

/// Everything that a worker needs besides its owner.
struct worker_spec {
  std::uint32_t id = 0; ///< Comes back in every message of this worker.
  worker_config config;
  link_factory links;
  std::function<double()> random; ///< Numbers in [0, 1) for the jitter of restarts; empty: a generator seeded from the id.
};

struct worker_runtime_state {
  worker_spec spec;
  worker_owner_actor owner;
  std::unique_ptr<internal::worker_machine> machine;
  child_link_actor link;
  caf::actor_addr link_address;

  worker_runtime_state() = default;
  static inline const char* name = "worker";
};

/// The behaviour; spawn it with `system.spawn(worker, spec, owner)`. Starts its first child at once.
worker_actor::behavior_type worker(worker_actor::stateful_pointer<worker_runtime_state> self, worker_spec spec, worker_owner_actor owner);

} // namespace leanworker
