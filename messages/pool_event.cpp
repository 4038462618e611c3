// SPDX-License-Identifier: Apache-2.0
#include <leanworker/messages/pool_event.hpp>

#include <array>

namespace leanworker {

std::string_view to_string(pool_event_kind kind) noexcept {
  constexpr std::array<std::string_view, pool_event_kind_count> names{
    "queued", "refused", "started", "retried", "finished", "cancel_asked", "lease_granted", "lease_released", "lease_dropped", "lease_invalidated",
    "worker_woken", "worker_spawned", "worker_ready", "worker_importing", "worker_down", "worker_restarting", "worker_gave_up", "worker_resting", "worker_stopped",
    "worker_lost", "worker_killed", "slot_opened", "slot_closed", "slot_bound", "evicted", "cycle_due", "cycle_put_off", "memory_paused",
    "memory_resumed", "memory_unavailable", "limit_diagnosed", "circuit_opened", "circuit_closed", "quarantined", "quarantine_released", "paused",
    "resumed", "draining", "drained", "resized", "stopping", "stopped"};
  auto index = static_cast<std::size_t>(kind);
  return index < names.size() ? names[index] : "unknown";
}

} // namespace leanworker
