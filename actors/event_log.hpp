// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/internal/log_writer.hpp>
#include <leanworker/actors/internal/monitor_set.hpp>
#include <leanworker/config/event_log_config.hpp>
#include <leanworker/messages/actors.hpp>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>

/// Writes everything that happens in a pool to a file, one JSON object per line, and a crash dossier after each unplanned end; docs/OBSERVABILITY.md describes the lines.
///
/// Owns: the file, which a thread of its own writes. Dies: with its pool, by an exit message, or with `io_error` when the file cannot be written, which it finds at the next event; the pool
/// goes on without it. What was written is flushed every `flush_every` and at its end. Where the disk does not keep up, `log_writer::lines_max` lines wait; beyond that it drops, and says
/// how many in a line of kind "dropped". Its end waits for the disk, at most `log_writer::patience`.
namespace leanworker {

struct event_log_state {
  std::unique_ptr<internal::log_writer> out; ///< Null once it has failed.
  std::string path;
  pool_actor pool;
  internal::monitor_set monitors;
  std::int64_t dossiers_until_us = -1; ///< Those up to this time are written.
  std::uint64_t dropped = 0;

  event_log_state() = default;
  static inline const char* name = "event_log";
};

/// Spawns a log that hears everything that the pool does about messages which reach it after this call.
event_log_actor spawn_event_log(caf::actor_system& system, event_log_config config, const pool_actor& of);

/// The behaviour; spawn it with `system.spawn(event_log, config, pool)`. Subscribes to the pool as soon as it runs.
event_log_actor::behavior_type event_log(event_log_actor::stateful_pointer<event_log_state> self, event_log_config config, pool_actor of);

} // namespace leanworker
