// SPDX-License-Identifier: Apache-2.0
// What becomes of a request when its worker has done with it: blame, another try, or its end.
#include <leanworker/actors/internal/pool_core.hpp>
#include <leanworker/actors/internal/worker_outcomes.hpp>

namespace leanworker::internal {
namespace {

/// Whether the child lives on after this outcome and can take the next request.
bool leaves_child_ready(errc code) {
  return code == errc::none || code == errc::child_refused || code == errc::request_too_large || code == errc::cancelled
         || code == errc::row_without_sink;
}

/// The child's end is to be blamed on the request that it ran: not when we ended it for reasons of our own.
bool counts_as_killed(const request_outcome& outcome) {
  auto cause = outcome.down.cause;
  return outcome.work_started && cause != errc::none && cause != errc::memory_pressure && cause != errc::stopped;
}

} // namespace

void pool_core::settle_outcome(pool_slot& slot, pool_job& ended, request_outcome& outcome, time_point now) {
  auto number = ended.number;
  bool given_up = outcome.code == errc::cancelled || outcome.code == errc::row_without_sink;
  if (given_up && outcome.work_started && slot.life == slot_life::ready)
    slot.settling = true;
  else if (!leaves_child_ready(outcome.code) && slot.life == slot_life::ready)
    slot.life = slot_life::starting; // its child is being killed; `down` follows
  if (ended.kind == job_kind::leased) {
    if (outcome.code == errc::cancelled && !outcome.work_started && !ended.cancel_asked) {
      // It stood behind a cancelled one whose child had to be ended: nobody cancelled this one.
      outcome.code = errc::lease_stale;
      outcome.message = "the child was ended because it did not end a cancelled request; " + std::string{describe(errc::lease_stale)};
    }
    blame(slot, ended, outcome, now);
    auto copy = ended;
    auto told = outcome;
    finish(number, std::move(outcome), now);
    outcome = told;
    return after_leased_job(copy, told, now);
  }
  if (ended.kind == job_kind::submission) {
    blame(slot, ended, outcome, now);
    if (ended.cancel_asked && !outcome.work_started && !outcome.ok()) { // its child was gone before the cancel came
      outcome.code = errc::cancelled;
      outcome.message = describe(errc::cancelled);
    }
    if (retry(ended, outcome, now))
      return;
  }
  auto kept = outcome.code;
  finish(number, std::move(outcome), now);
  outcome.code = kept;
}

void pool_core::blame(pool_slot& slot, pool_job& ended, request_outcome& outcome, time_point now) {
  if (outcome.ok())
    slot.limit_kills = 0;
  if (outcome.ok() && ended.fingerprint != 0)
    quarantine_.absolve(ended.fingerprint);
  if (!counts_as_killed(outcome))
    return;
  outcome.down.ran_before.assign(slot.ran_before.begin(), slot.ran_before.end());
  ended.deaths.push_back(outcome.down);
  bool certain = outcome.down.left_by_user_code() && outcome.down.exit.value != 1 && slot.ran_before.empty();
  bool quarantined = ended.fingerprint != 0 && quarantine_.killed(ended.fingerprint, slot.id, outcome.down, now);
  // Code that ended its process by itself, in a child of its own, would do it again.
  if (certain && ended.kind == job_kind::submission)
    outcome.code = errc::killed_its_worker;
  if (!quarantined)
    return;
  outcome.code = errc::killed_its_worker;
  note(pool_event_kind::quarantined, ended, now, errc::quarantined);
}

bool pool_core::retry(pool_job& ended, const request_outcome& outcome, time_point now) {
  bool refused = outcome.code == errc::restart_limit || outcome.code == errc::start_limit || outcome.code == errc::worker_stopping;
  bool untouched = !outcome.work_started && (refused || outcome.down.cause != errc::none);
  bool died = outcome.work_started && outcome.down.cause != errc::none && outcome.code != errc::killed_its_worker;
  bool rows_came = ended.rows && ended.rows->delivered() > 0; // and somebody may have acted on them
  bool believed = outcome.code != errc::child_near_memory_limit && outcome.code != errc::child_not_believed;
  bool doubtful = !believed && !ended.in_own_child;
  if (stopping_ || ended.cancel_asked || ended.end_as != errc::none || (!untouched && !died && !doubtful) || rows_came)
    return false;
  ended.in_own_child = ended.in_own_child || died || doubtful;
  if (died) {
    if (!ended.idempotent || ended.attempts >= config_.retry.attempts_max)
      return false;
    if (!retries_.allow(now)) {
      ++ledger_.counters.retries_denied;
      return false;
    }
    ++ledger_.counters.retries;
  }
  note(pool_event_kind::retried, ended, now, outcome.code);
  ended.work_started |= outcome.work_started;
  ended.deadline = std::max(ended.deadline, now + config_.queue_wait); // its time in the queue was over when it first had a worker
  if (untouched || doubtful)
    --ended.attempts; // it cost the request nothing
  ended.queued = true;
  queue_.push_back_first(ended.key, ended.as_waiter());
  port_.arm(ended.deadline);
  return true;
}

} // namespace leanworker::internal
