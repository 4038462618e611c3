// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/histogram.hpp>
#include <leanworker/messages/memory.hpp>
#include <leanworker/messages/pool.hpp>
#include <leanworker/messages/supervision.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// The numbers of a pool: one consistent picture, made in one message. Counters only grow over the life of the pool, whatever happens to its workers; they
/// satisfy: admitted = finished + refused + queued + running, and spawned generations = slots that ever ran + restarts, restarts being the sum of their causes.
namespace leanworker {

enum class slot_state : std::uint8_t {
  empty,    ///< No child, and none wanted.
  starting, ///< A child is being started, or will be after a back-off.
  idle,     ///< Ready for work.
  leased,   ///< Held by a lease, nothing running.
  busy,     ///< Runs a request, or waits for its child to end a cancelled one.
  ending,   ///< Its child is being ended as planned.
  parked,   ///< Its worker gave up; it may be tried again later, or with another key.
  closed,   ///< Being removed, or stopped.
};
inline constexpr int slot_state_count = static_cast<int>(slot_state::closed) + 1;
std::string_view to_string(slot_state state) noexcept;

struct slot_snapshot {
  std::uint32_t slot = 0;
  slot_state state = slot_state::empty;
  std::uint64_t generation = 0;
  std::int64_t pid = 0;
  std::string child; ///< The part of the key that its child was started for.
  std::vector<std::string> warm_keys; ///< Least recently used first.
  bool spare = false; ///< Stands by for a replacement; not counted as a worker.
  std::string cycle_reason; ///< Why it is to be replaced; empty: it is not.
  std::uint64_t lease = 0;
  std::uint64_t request = 0;
  std::uint64_t generation_requests = 0; ///< Of this generation.
  std::uint64_t generation_imports = 0;
  std::uint64_t requests = 0; ///< Over all generations.
  std::uint64_t imports = 0;
  std::uint64_t restarts = 0; ///< Generations after the first.
  std::uint64_t failures = 0; ///< Ends that nobody planned.
  std::chrono::milliseconds age{0}; ///< Of this generation.
  std::chrono::milliseconds idle{0};
  memory_sample memory; ///< The last one; its parts may be unavailable.
  std::uint64_t baseline_bytes = 0; ///< Of this generation, warm and idle; 0: unknown.
  std::string last_end; ///< How the last generation ended, for people.
  friend bool operator==(const slot_snapshot&, const slot_snapshot&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, slot_snapshot& x) {
  return f(x.slot, x.state, x.generation, x.pid, x.child, x.warm_keys, x.spare, x.cycle_reason, x.lease, x.request, x.generation_requests,
           x.generation_imports, x.requests, x.imports, x.restarts, x.failures, x.age, x.idle, x.memory, x.baseline_bytes, x.last_end);
}

/// A kind of child that cannot be started at present.
struct breaker_snapshot {
  std::string child;
  std::string state; ///< open or half_open
  std::uint32_t failures = 0;
  std::chrono::milliseconds retry_after{0};
  std::string last_failure;
  friend bool operator==(const breaker_snapshot&, const breaker_snapshot&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, breaker_snapshot& x) {
  return f(x.child, x.state, x.failures, x.retry_after, x.last_failure);
}

/// By cause: the names of `errc`, of cycle reasons where those are the cause.
struct pool_counters {
  std::uint64_t admitted = 0; ///< Requests and wishes for a lease that came, refused ones included.
  std::uint64_t finished = 0; ///< Requests with an outcome from a worker, wishes that were granted.
  std::uint64_t refused = 0; ///< Those that never had a worker.
  std::uint64_t running = 0; ///< Now.
  std::uint64_t retries = 0;
  std::uint64_t retries_denied = 0; ///< By the retry budget.
  std::map<std::string, std::uint64_t> outcomes; ///< Of finished requests.
  std::map<std::string, std::uint64_t> refusals;
  std::uint64_t leases_granted = 0;
  std::uint64_t leases_released = 0;
  std::uint64_t leases_dropped = 0;
  std::uint64_t leases_invalidated = 0;
  std::map<std::string, std::uint64_t> lease_ends; ///< Invalidations.
  std::uint64_t spawned = 0; ///< Generations.
  std::uint64_t restarts = 0;
  std::map<std::string, std::uint64_t> restart_causes;
  std::map<std::string, std::uint64_t> cycles; ///< Planned replacements by reason.
  std::uint64_t evictions = 0;
  std::uint64_t imports = 0;
  std::uint64_t streams = 0; ///< Finished requests that took rows and reached a child.
  std::uint64_t streams_failed = 0; ///< Of these. What their sinks made of the others is not known here.
  std::uint64_t rows_delivered = 0; ///< Handed to the ports of finished requests, failed ones included.
  std::uint64_t backpressure_waits = 0; ///< How often a child was not read because its user was slow.
  std::chrono::microseconds backpressure_time{0}; ///< How long, over all of them.
  std::uint64_t stale_messages = 0; ///< From dead generations or of ended leases.
  std::uint64_t samples_unavailable = 0;
  friend bool operator==(const pool_counters&, const pool_counters&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, pool_counters& x) {
  return f(x.admitted, x.finished, x.refused, x.running, x.retries, x.retries_denied, x.outcomes, x.refusals, x.leases_granted,
           x.leases_released, x.leases_dropped, x.leases_invalidated, x.lease_ends, x.spawned, x.restarts, x.restart_causes, x.cycles,
           x.evictions, x.imports, x.streams, x.streams_failed, x.rows_delivered, x.backpressure_waits, x.backpressure_time, x.stale_messages, x.samples_unavailable);
}

/// The highest since the last snapshot that was taken with `reset_high_water`.
struct pool_high_water {
  std::size_t queued = 0;
  std::size_t busy = 0;
  std::size_t leases = 0;
  std::chrono::microseconds wait{0};
  std::uint64_t memory_bytes = 0;
  friend bool operator==(const pool_high_water&, const pool_high_water&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, pool_high_water& x) {
  return f(x.queued, x.busy, x.leases, x.wait, x.memory_bytes);
}

/// Over the life of the pool.
struct pool_histograms {
  latency_histogram queue_wait;
  latency_histogram start; ///< From spawn to ready.
  latency_histogram import_time;
  latency_histogram work; ///< From dispatch, or the end of the import.
  latency_histogram recovery; ///< From an unplanned end to ready.
  friend bool operator==(const pool_histograms&, const pool_histograms&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, pool_histograms& x) {
  return f(x.queue_wait, x.start, x.import_time, x.work, x.recovery);
}

struct pool_memory {
  std::uint64_t used_bytes = 0; ///< Of sampled children.
  std::uint64_t reserved_bytes = 0; ///< For children that start or could not be measured.
  std::uint64_t limit_bytes = 0; ///< 0: none.
  std::uint32_t unavailable = 0; ///< Children that could not be measured just now.
  bool admission_paused = false;
  machine_memory machine;
  friend bool operator==(const pool_memory&, const pool_memory&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, pool_memory& x) {
  return f(x.used_bytes, x.reserved_bytes, x.limit_bytes, x.unavailable, x.admission_paused, x.machine);
}

/// Anyone → pool; answered with `pool_snapshot`.
struct get_pool_snapshot {
  bool reset_high_water = false;
  friend bool operator==(const get_pool_snapshot&, const get_pool_snapshot&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, get_pool_snapshot& x) {
  return f(x.reset_high_water);
}

struct pool_snapshot {
  std::chrono::milliseconds uptime{0};
  bool paused = false;
  bool draining = false;
  bool stopping = false;
  unsigned workers = 0; ///< Without spares.
  std::vector<slot_snapshot> slots;
  std::array<std::uint64_t, 3> queued{}; ///< Per priority, most urgent first.
  std::array<std::uint64_t, 3> oldest_wait_us{};
  std::size_t leases = 0;
  pool_counters counters;
  pool_high_water high_water;
  pool_histograms histograms;
  pool_memory memory;
  std::vector<breaker_snapshot> breakers;
  std::size_t quarantined = 0;
  std::size_t dossiers = 0;
  friend bool operator==(const pool_snapshot&, const pool_snapshot&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, pool_snapshot& x) {
  return f(x.uptime, x.paused, x.draining, x.stopping, x.workers, x.slots, x.queued, x.oldest_wait_us, x.leases, x.counters, x.high_water,
           x.histograms, x.memory, x.breakers, x.quarantined, x.dossiers);
}

/// All that is known about one unplanned end.
struct crash_dossier {
  std::chrono::microseconds at{0}; ///< Since the pool began.
  std::int64_t unix_ms = 0;
  std::uint32_t slot = 0;
  std::string child;
  child_down down; ///< With the generation, exit, uptime and stderr tail.
  std::uint64_t request = 0; ///< That was running, or ran last.
  bool was_running = false;
  std::string request_head; ///< The first 256 bytes of its body.
  std::uint64_t generation_requests = 0;
  std::vector<memory_sample> memory_curve; ///< The last minute at most, oldest first.
  friend bool operator==(const crash_dossier&, const crash_dossier&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, crash_dossier& x) {
  return f(x.at, x.unix_ms, x.slot, x.child, x.down, x.request, x.was_running, x.request_head, x.generation_requests, x.memory_curve);
}

/// The last 50. Anyone → pool; answered with `crash_dossiers`.
struct get_crash_dossiers {
  bool unused = false;
  friend bool operator==(const get_crash_dossiers&, const get_crash_dossiers&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, get_crash_dossiers& x) {
  return f(x.unused);
}

struct crash_dossiers {
  std::vector<crash_dossier> entries; ///< Oldest first.
  friend bool operator==(const crash_dossiers&, const crash_dossiers&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, crash_dossiers& x) {
  return f(x.entries);
}

/// A pool's part of the live tree: one node per slot, with its child. Put it below the pool's own node, and print it with `render_tree`.
std::vector<supervision_node> tree_of(const pool_snapshot& snapshot);

} // namespace leanworker
