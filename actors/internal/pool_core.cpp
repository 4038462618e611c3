// SPDX-License-Identifier: Apache-2.0
// The life of a request: admission, queue, cancel, its one end.
#include <leanworker/actors/internal/pool_core.hpp>
#include <leanworker/actors/internal/worker_outcomes.hpp>

#include <algorithm>

namespace leanworker::internal {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;

constexpr std::size_t head_bytes_max = 256;
constexpr std::size_t label_bytes_max = 256;

} // namespace

pool_core::pool_core(pool_config config, key_ptr default_key, pool_port& port)
    : config_{std::move(config)}, default_key_{std::move(default_key)}, port_{port},
      queue_{fair_queue_config{config_.queue_max, config_.overtaken_max, config_.ageing_step}}, ledger_{config_.dossiers_max},
      breakers_{config_.breaker}, quarantine_{config_.quarantine}, retries_{config_.retry}, memory_policy_{config_.memory} {}

// -- what clients ask -----------------------------------------------------------

void pool_core::submit(client_number client, submit_request request, time_point now) {
  auto& added = admit(job_kind::submission, client, request.id, make_key(std::move(request.key), config_.isolate_sessions), now);
  added.import_timeout = bounded(request.import_timeout);
  added.request_timeout = bounded(request.request_timeout);
  added.urgency = request.urgency;
  added.weight = request.weight;
  added.idempotent = request.idempotent;
  added.rows = std::move(request.rows);
  added.label = request.label.empty() ? "request " + std::to_string(added.number) : request.label.substr(0, label_bytes_max);
  carry(added, request.fingerprint, std::move(request.body));
  if (may_enter(added, now))
    enqueue(added, std::move(request.caller), request.wait, now);
}

void pool_core::acquire(client_number client, acquire_lease wish, time_point now) {
  auto& added = admit(job_kind::wish, client, wish.id, make_key(std::move(wish.key), config_.isolate_sessions), now);
  added.urgency = wish.urgency;
  added.weight = wish.weight;
  added.expiry = bounded(wish.expiry.count() > 0 ? wish.expiry : config_.lease_expiry);
  if (may_enter(added, now))
    enqueue(added, std::move(wish.caller), wish.wait, now);
}

pool_job& pool_core::admit(job_kind kind, client_number client, ticket id, key_ptr key, time_point now) {
  auto number = ++last_number_;
  auto& added = jobs_[number];
  added.number = number;
  added.kind = kind;
  added.client = client;
  added.id = id;
  added.key = std::move(key);
  added.since = now;
  if (kind != job_kind::warm_up)
    ++ledger_.counters.admitted;
  return added;
}

void pool_core::carry(pool_job& job, std::uint64_t fingerprint, std::string body) {
  // One that names no fingerprint is recognised by what it asks. 0 would mean: none.
  job.fingerprint = fingerprint != 0 ? fingerprint : ((std::hash<std::string>{}(body) ^ job.key->hash) | 1);
  job.head = body.substr(0, head_bytes_max);
  job.body = std::move(body);
}

bool pool_core::may_enter(pool_job& job, time_point now) {
  auto number = job.number;
  auto& owner = by_ticket_[{job.client, job.id}];
  if (owner != 0)
    return refuse(number, errc::already_exists, "ticket " + std::to_string(job.id) + " names a request of yours that has not ended", now), false;
  owner = number;
  if (stopping_)
    return refuse(number, errc::shutting_down, {}, now), false;
  if (draining_)
    return refuse(number, errc::draining, {}, now), false;
  if (slots_.workers() == 0)
    return refuse(number, errc::no_worker, {}, now, {}, last_failure_), false;
  return job.kind != job_kind::submission || !refused_as_killer(job, now);
}

bool pool_core::refused_as_killer(pool_job& job, time_point now) {
  auto known = quarantine_.find(job.fingerprint, now);
  if (!known)
    return false;
  job.deaths = std::move(known->deaths);
  refuse(job.number, errc::quarantined, {}, now, known->left);
  return true;
}

void pool_core::enqueue(pool_job& job, std::string caller, std::chrono::milliseconds wait, time_point now) {
  if (wait.count() <= 0)
    wait = config_.queue_wait;
  job.deadline = now + std::min(wait, config_.queue_wait_max);
  // A caller without a name is the client itself; the numbers of clients stay far below the hashes of names.
  job.caller = caller.empty() ? job.client : std::hash<std::string>{}(caller) | (std::uint64_t{1} << 63);
  if (!queue_.push(job.key, job.as_waiter()))
    return refuse(job.number, errc::overloaded, std::to_string(queue_.size()) + " are waiting", now);
  job.queued = true;
  ledger_.high.queued = std::max(ledger_.high.queued, queue_.size());
  if (port_.watched())
    note(pool_event_kind::queued, job, now, errc::none, (job.kind == job_kind::wish ? "lease " : "request ") + job.key->key.str());
  auto deadline = job.deadline;
  dispatch(now);
  if (queue_.size() != 0)
    port_.arm(deadline);
}

void pool_core::cancel(client_number client, ticket id, time_point now) {
  auto found = by_ticket_.find({client, id});
  if (found != by_ticket_.end())
    cancel_job(jobs_.at(found->second), errc::none, now);
  dispatch(now);
}

void pool_core::cancel_job(pool_job& job, errc end_as, time_point now) {
  note(pool_event_kind::cancel_asked, job, now, end_as);
  job.cancel_asked = true;
  if (job.queued) {
    leave_queue(job);
    return refuse(job.number, end_as == errc::none ? errc::cancelled : end_as, {}, now);
  }
  job.end_as = end_as;
  for (auto& slot : slots_)
    if (slot.job == job.number)
      port_.to_worker(slot.id, cancel_request{job.number});
}

void pool_core::client_gone(client_number client, time_point now) {
  for (auto lease : leases_.of(client))
    end_lease(lease, pool_event_kind::lease_dropped, errc::caller_gone, {}, {}, now);
  std::vector<std::uint64_t> its;
  for (const auto& [key, number] : by_ticket_)
    if (key.first == client)
      its.push_back(number);
  for (auto number : its)
    if (auto found = job(number))
      cancel_job(*found, errc::caller_gone, now);
  dispatch(now);
}

queue_position pool_core::position(client_number client, ticket id, time_point now) {
  queue_position result;
  auto found = by_ticket_.find({client, id});
  if (found == by_ticket_.end())
    return result;
  auto before = queue_.position(now, jobs_.at(found->second).key->bind, found->second);
  if (!before)
    return result;
  result.queued = true;
  result.before = *before;
  auto workers = std::max<std::size_t>(1, slots_.workers());
  result.expected_wait = ledger_.mean_service() * static_cast<std::int64_t>(*before + 1) / static_cast<std::int64_t>(workers);
  return result;
}

bool pool_core::owes(client_number client) const {
  auto first = by_ticket_.lower_bound({client, 0});
  return (first != by_ticket_.end() && first->first.first == client) || !leases_.of(client).empty();
}

// -- ends -----------------------------------------------------------------------

void pool_core::leave_queue(pool_job& job) {
  queue_.remove(job.key->bind, job.number);
  job.queued = false;
}

void pool_core::expire_waiters(time_point now) {
  for (auto number : queue_.expired(now)) {
    auto& waiter = jobs_.at(number);
    leave_queue(waiter);
    refuse(number, errc::queue_timeout, memory_paused_ ? "no further child was admitted: " + memory_refusal_ : std::string{}, now);
  }
}

void pool_core::refuse(std::uint64_t number, errc code, std::string detail, time_point now, std::chrono::milliseconds retry_after,
                       child_down last) {
  auto& which = jobs_.at(number);
  auto waited = duration_cast<microseconds>(now - which.since);
  if (detail.empty())
    detail = describe(code);
  if (which.ever_started) { // it had a worker before, and was to be tried again
    auto outcome = outcome_of(code, std::move(detail));
    outcome.retry_after = retry_after;
    return finish(number, std::move(outcome), now);
  }
  note(pool_event_kind::refused, which, now, code, detail);
  ledger_.refused(code);
  if (which.kind == job_kind::wish) {
    port_.to_client(which.client, lease_refused{which.id, code, std::move(detail), waited, retry_after, std::move(last)});
  } else {
    submission_done done{which.id, outcome_of(code, std::move(detail)), std::move(which.deaths)};
    done.outcome.retry_safe = true;
    done.outcome.waited = waited;
    done.outcome.retry_after = retry_after;
    done.outcome.down = std::move(last);
    port_.to_client(which.client, std::move(done));
  }
  forget(number);
}

void pool_core::finish(std::uint64_t number, request_outcome outcome, time_point now) {
  auto& which = jobs_.at(number);
  if (which.kind != job_kind::warm_up) {
    if (outcome.code == errc::cancelled && which.end_as != errc::none) {
      outcome.code = which.end_as;
      outcome.message = describe(which.end_as);
    }
    outcome.waited = which.waited;
    outcome.work_started |= which.work_started;
    outcome.retry_safe = !outcome.ok() && (!outcome.work_started || which.idempotent);
    ledger_.finished(outcome, which.rows.get());
    note(pool_event_kind::finished, which, now, outcome.code);
    port_.to_client(which.client, submission_done{which.id, std::move(outcome), std::move(which.deaths)});
  }
  forget(number);
}

void pool_core::forget(std::uint64_t number) {
  auto found = jobs_.find(number);
  auto named = by_ticket_.find({found->second.client, found->second.id});
  if (named != by_ticket_.end() && named->second == number)
    by_ticket_.erase(named);
  jobs_.erase(found);
}

pool_job* pool_core::job(std::uint64_t number) {
  auto found = jobs_.find(number);
  return found == jobs_.end() ? nullptr : &found->second;
}

} // namespace leanworker::internal
