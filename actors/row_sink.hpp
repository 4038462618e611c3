// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/internal/row_delivery.hpp>
#include <leanworker/actors/row_consumer.hpp>
#include <leanworker/messages/actors.hpp>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>
#include <optional>

/// Sinks made of a `row_consumer`. One for one request.
namespace leanworker {

struct row_sink_state {
  std::shared_ptr<row_consumer> consumer;
  std::optional<internal::row_delivery> delivery; ///< One for all slices: what failed once has failed.
  bool refused = false;                           ///< And the runner was told.

  row_sink_state() = default;
  static inline const char* name = "row_sink";
};

/// Runs the consumer in the actor: for consumers that do not block. Spawn it with `system.spawn(row_sink, consumer)`. Ends after `finish_rows` or `discard_rows`.
row_sink_actor::behavior_type row_sink(row_sink_actor::stateful_pointer<row_sink_state> self, std::shared_ptr<row_consumer> consumer);

/// Runs the consumer on a thread of its own: for callbacks that take their time, and files. The actor answers while the consumer works; a consumer that never returns keeps its thread
/// and what it holds, and nothing else. When the actor ends, the consumer is given nothing more than the rows at hand, about
/// 10 ms of its work, and hears of the end.
row_sink_actor spawn_row_sink_thread(caf::actor_system& system, std::shared_ptr<row_consumer> consumer);

} // namespace leanworker
