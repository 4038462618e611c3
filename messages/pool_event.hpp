// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/errc.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

/// What happens in a pool, as a stream: for logs, for tests, for whoever wants to watch. One number names a request from its admission to its end.
namespace leanworker {

enum class pool_event_kind : std::uint8_t {
  queued,              ///< A request or a wish for a lease was admitted to the queue; `text` is its kind and key.
  refused,             ///< It was not admitted, or left the queue without a worker; `code` says why. Its last event.
  started,             ///< A request was given to a worker (accept).
  retried,             ///< Its child died and it goes back to the queue; `code` is the cause.
  finished,            ///< The one outcome of a request that was admitted; `code` is `none` on success. Its last event.
  cancel_asked,        ///< Its caller wants it to end.
  lease_granted,     
  lease_released,    
  lease_dropped,       ///< Its holder died.
  lease_invalidated,   ///< `code` is the cause.
  worker_woken,        ///< The pool wants a child in a slot that has none, also where its worker had given up: its restart window begins anew.
  worker_spawned,      ///< The process runs; `value` is its pid.
  worker_ready,      
  worker_importing,  
  worker_down,         ///< The generation is reaped; `code` is the cause, `stopped` for planned ends.
  worker_restarting,   ///< The next generation was admitted by the restart window; `value` is the delay in ms.
  worker_gave_up,      ///< The restart window refused another generation.
  worker_resting,      ///< Its child ended as planned and none follows for now.
  worker_stopped,      ///< For good.
  worker_lost,         ///< The actor died; its slot goes on with another.
  worker_killed,       ///< The pool had the child killed; `code` is the cause, `value` bytes over `limit`.
  slot_opened,       
  slot_closed,       
  slot_bound,          ///< The slot serves this kind of child from now on; `text` is the key.
  evicted,             ///< An idle worker makes room for another key.
  cycle_due,           ///< A planned end was decided; `text` is the reason with its numbers.
  cycle_put_off,       ///< A planned end that is due must wait: its replacement cannot be started at present, and the child that works is worth more. Told once.
  memory_paused,       ///< Admission of children is paused because of memory.
  memory_resumed,    
  memory_unavailable,  ///< A child could not be measured.
  limit_diagnosed,     ///< A memory limit below the baseline is not acted on; `text` tells.
  circuit_opened,      ///< Workers for this key cannot be started; `value` is the time in ms until a probe.
  circuit_closed,    
  quarantined,         ///< `value` is the fingerprint.
  quarantine_released,
  paused,            
  resumed,           
  draining,          
  drained,           
  resized,             ///< `value` is the number of workers.
  stopping,          
  stopped,             ///< The last event of a pool.
};
inline constexpr int pool_event_kind_count = static_cast<int>(pool_event_kind::stopped) + 1;
std::string_view to_string(pool_event_kind kind) noexcept;

/// Pool → subscriber, in the order in which things happened. Numbers that do not apply are 0.
struct pool_event {
  pool_event_kind kind = pool_event_kind::queued;
  std::chrono::microseconds at{0}; ///< Since the pool began.
  std::uint64_t request = 0; ///< The pool's own number of the request or of the wish for a lease.
  std::uint64_t id = 0; ///< The client's ticket.
  std::uint64_t lease = 0;
  std::uint32_t slot = 0; ///< Where `generation` or the kind speaks of a worker.
  std::uint64_t generation = 0;
  errc code = errc::none;
  std::int64_t value = 0;
  std::int64_t limit = 0;
  std::string text; ///< For people.
  friend bool operator==(const pool_event&, const pool_event&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, pool_event& x) {
  return f(x.kind, x.at, x.request, x.id, x.lease, x.slot, x.generation, x.code, x.value, x.limit, x.text);
}

/// Send me the events from now on. Anyone → pool; ends with the subscriber's death. Idempotent.
struct subscribe_pool {
  bool unused = false;
  friend bool operator==(const subscribe_pool&, const subscribe_pool&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, subscribe_pool& x) {
  return f(x.unused);
}

} // namespace leanworker
