// SPDX-License-Identifier: Apache-2.0
// Leases: what their holders ask, and how they end.
#include <leanworker/actors/internal/pool_core.hpp>
#include <leanworker/actors/internal/worker_outcomes.hpp>

namespace leanworker::internal {

void pool_core::run(client_number client, run_on_lease request, time_point now) {
  auto lease = leases_.open(request.lease, client);
  auto key = lease ? lease->key : default_key_;
  auto& added = admit(job_kind::leased, client, request.id, key, now);
  auto number = added.number;
  added.import_timeout = bounded(request.import_timeout);
  added.request_timeout = bounded(request.request_timeout);
  added.idempotent = request.idempotent;
  added.rows = std::move(request.rows);
  added.label = "request " + std::to_string(number);
  carry(added, request.fingerprint, std::move(request.body));
  if (!lease) {
    stale();
    return refuse(number, errc::lease_stale, {}, now);
  }
  auto& owner = by_ticket_[{client, request.id}];
  if (owner != 0)
    return refuse(number, errc::already_exists, "ticket " + std::to_string(request.id) + " names a request of yours that has not ended", now);
  owner = number;
  if (lease->job != 0)
    return refuse(number, errc::worker_busy, "one request at a time runs on a lease", now);
  if (refused_as_killer(added, now))
    return;
  auto& slot = slots_.at(lease->token.slot);
  if (!keep_fresh(slot, now)) { // the lease has ended with `cycled`
    refuse(number, errc::cycled, {}, now);
    return dispatch(now);
  }
  lease->job = number;
  added.lease = lease->token.number;
  start_job(slot, added, now);
}

void pool_core::renew(client_number client, const lease_token& token, time_point now) {
  if (auto lease = leases_.open(token, client))
    lease->last_active = now;
  else
    stale();
}

void pool_core::release(client_number client, const lease_token& token, time_point now) {
  auto lease = leases_.open(token, client);
  if (!lease) {
    stale();
    return;
  }
  end_lease(token.number, pool_event_kind::lease_released, errc::none, {}, {}, now);
  dispatch(now);
}

void pool_core::end_lease(std::uint64_t number, pool_event_kind how, errc cause, const std::string& detail, const child_down& down,
                          time_point now) {
  auto ended = leases_.end(number);
  if (!ended)
    return;
  auto& slot = slots_.at(ended->token.slot);
  slot.lease = 0;
  slot.last_used = now;
  arm_idle(now);
  if (port_.watched()) {
    auto told = event(how);
    told.lease = number;
    told.slot = ended->token.slot;
    told.generation = ended->token.generation;
    told.code = cause;
    publish(std::move(told), now);
  }
  auto& counters = ledger_.counters;
  if (how == pool_event_kind::lease_released)
    ++counters.leases_released;
  else if (how == pool_event_kind::lease_dropped)
    ++counters.leases_dropped;
  else
    ledger_.lease_invalidated(cause);
  if (auto running = job(ended->job)) {
    running->lease = 0;
    cancel_job(*running, how == pool_event_kind::lease_dropped ? errc::caller_gone : errc::none, now);
  }
  if (how == pool_event_kind::lease_invalidated)
    port_.to_client(ended->holder, lease_ended{ended->token, cause, detail.empty() ? std::string{describe(cause)} : detail, down});
  end_if_due(slot, now);
}

void pool_core::doom_lease(std::uint64_t number, errc cause, const std::string& detail, const child_down& down, time_point now) {
  auto lease = leases_.find(number);
  if (!lease)
    return;
  if (lease->job == 0)
    return end_lease(number, pool_event_kind::lease_invalidated, cause, detail, down, now);
  if (lease->ending != errc::none)
    return;
  lease->ending = cause;
  lease->ending_detail = detail;
  lease->ending_down = down;
}

void pool_core::after_leased_job(pool_job& job, const request_outcome& outcome, time_point now) {
  auto lease = leases_.find(job.lease);
  if (!lease)
    return;
  lease->job = 0;
  lease->last_active = now;
  port_.arm(now + lease->expiry);
  bool child_lives = slots_.at(lease->token.slot).life == slot_life::ready && slots_.at(lease->token.slot).generation == lease->token.generation;
  if (lease->ending != errc::none) {
    auto ending = *lease; // the one in the book is gone before its end is told
    end_lease(job.lease, pool_event_kind::lease_invalidated, ending.ending, ending.ending_detail, ending.ending_down, now);
  } else if (!child_lives) {
    end_lease(job.lease, pool_event_kind::lease_invalidated, outcome.code, outcome.message, outcome.down, now);
  }
}

void pool_core::expire_leases(time_point now) {
  for (auto number : leases_.expired(now))
    end_lease(number, pool_event_kind::lease_invalidated, errc::lease_expired, {}, {}, now);
}

} // namespace leanworker::internal
