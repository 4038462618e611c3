// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/child_link.hpp>
#include <leanworker/actors/internal/alarm.hpp>
#include <leanworker/actors/internal/monitor_set.hpp>
#include <leanworker/actors/internal/worker_machine.hpp>
#include <leanworker/child/processor_wait.hpp>
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
  bool resting = false;           ///< No child before the first `wake_worker`.
  std::uint64_t first_generation = 0; ///< Not 0 where this worker goes on with the slot of one that was lost.
};

/// What the generations of a worker run with, where that changes during its life.
struct worker_setup {
  worker_config config;
  link_factory links;
};

/// Start a child if none runs, also after giving up; failures before are forgotten. Owner → worker.
struct wake_worker {
  std::shared_ptr<const worker_setup> setup; ///< For this and all later generations; null: as before.
  bool again = false;                        ///< Replace a child that runs, as planned, after the running request.
};

/// A worker as its owner holds it.
using slot_worker_actor = worker_actor::extend<caf::reacts_to<wake_worker>>;

struct worker_runtime_state {
  worker_spec spec;
  worker_owner_actor owner;
  std::unique_ptr<internal::worker_machine> machine;
  child_link_actor link;
  caf::actor_addr link_address;
  internal::monitor_set monitors;
  internal::alarm alarm;
  leanworker::processor_wait processor_wait; ///< Of its child; looked at only when a deadline is near.
  std::optional<std::chrono::nanoseconds> cpu_at_dispatch; ///< Of the child, when the request that runs was sent.
  std::uint64_t epoch = 0; ///< Of what the alarm was set for.
  caf::error quit_reason; ///< Set once an exit message asked for the end.
  bool quitting = false;

  worker_runtime_state() = default;
  static inline const char* name = "worker";
};

/// The behaviour; spawn it with `system.spawn(worker, spec, owner)`. Starts its first child at once, unless the spec says `resting`. An exit message (but
/// `kill`) ends it in good order: the child is stopped politely first.
slot_worker_actor::behavior_type worker(slot_worker_actor::stateful_pointer<worker_runtime_state> self, worker_spec spec, worker_owner_actor owner);

} // namespace leanworker

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(leanworker::wake_worker)
