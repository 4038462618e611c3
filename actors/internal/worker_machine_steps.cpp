// SPDX-License-Identifier: Apache-2.0
// The steps that the events of worker_machine.cpp are made of.
#include <leanworker/actors/internal/worker_machine.hpp>
#include <leanworker/actors/internal/worker_outcomes.hpp>

namespace leanworker::internal {

bool worker_machine::stale(std::uint64_t generation) {
  bool dead = status_.state == worker_state::down || status_.state == worker_state::given_up;
  if (generation == status_.generation && !dead)
    return false;
  ++status_.stale_dropped;
  return true;
}

bool worker_machine::child_lives() const noexcept {
  switch (status_.state) {
    case worker_state::starting:
    case worker_state::ready:
    case worker_state::busy:
    case worker_state::stopping: return true;
    default: return false;
  }
}

void worker_machine::spawn(worker_effects& out) {
  if (!std::exchange(first_spawn_, false)) {
    ++status_.generation;
    ++status_.restarts;
  }
  status_.state = worker_state::starting;
  status_.imports = 0;
  phase_ = phase::hello;
  next_wire_id_ = 1;
  became_ready_ = cycle_asked_ = measurable_ = false;
  cause_ = errc::none;
  cause_detail_.clear();
  out.push_back(effect::spawn{status_.generation});
  arm(out, config_.start_timeout);
}

void worker_machine::arm(worker_effects& out, std::chrono::milliseconds after) { out.push_back(effect::arm{++epoch_, bounded(after)}); }

void worker_machine::begin_budget(worker_effects& out, std::chrono::milliseconds allowed, time_point now) {
  budget_ = {now, bounded(allowed), std::nullopt};
  bool stretches = measurable_ && config_.deadline_stretch_max > 1;
  // The first look comes early, and what was waited for before it counts as used: most requests end before, and cost no look at all.
  arm(out, stretches ? budget_.allowed / 8 : budget_.allowed);
}

bool worker_machine::put_off(worker_effects& out, std::chrono::milliseconds processor_wait, time_point now) {
  if (!measurable_ || config_.deadline_stretch_max <= 1)
    return false;
  auto first = budget_.wait_at_first_look.value_or(processor_wait);
  budget_.wait_at_first_look = first;
  auto waited = std::max(processor_wait - first, std::chrono::milliseconds{0});
  if (status_.state == worker_state::busy)
    running_->processor_wait = std::max(running_->processor_wait, waited);
  auto ends = budget_.began + std::min(budget_.allowed + waited, budget_.allowed * config_.deadline_stretch_max);
  if (ends <= now)
    return false;
  using std::chrono::milliseconds;
  arm(out, std::max(std::chrono::ceil<milliseconds>(ends - now), milliseconds{1}));
  return true;
}

void worker_machine::tell(worker_effects& out, worker_event_kind kind) {
  worker_event event;
  event.kind = kind;
  event.generation = status_.generation;
  event.pid = status_.pid;
  out.push_back(effect::tell{std::move(event)});
}

void worker_machine::answer(worker_effects& out, current_request& request, request_outcome outcome, time_point now) {
  using std::chrono::microseconds;
  outcome.generation = status_.generation;
  outcome.phase = phase_of(request);
  outcome.work_started = request.wire_id != 0;
  outcome.retry_safe = !outcome.ok() && !outcome.work_started;
  outcome.rows_delivered = request.request.rows ? request.request.rows->delivered() : 0;
  if (request.wire_id != 0) {
    outcome.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - request.dispatched_at);
    bool importing = outcome.phase == request_phase::import;
    outcome.import_time = importing ? std::chrono::duration_cast<microseconds>(now - request.import_at) : request.import_time;
    if (!importing)
      outcome.work_time = std::chrono::duration_cast<microseconds>(now - request.work_at);
  }
  outcome.processor_wait = request.processor_wait;
  if (outcome.down.cause != errc::none || !(outcome.ok() || outcome.code == errc::child_refused))
    outcome.partial = request.notes->partial();
  outcome.panic = request.notes->panic();
  outcome.panicked = !outcome.panic.empty();
  request.answered = true;
  out.push_back(effect::finish{request.request.id, std::move(outcome)});
}

void worker_machine::answer_waiting(worker_effects& out, request_outcome outcome, time_point now) {
  if (!waiting_)
    return;
  answer(out, *waiting_, std::move(outcome), now);
  waiting_.reset();
}

void worker_machine::give_up_running(worker_effects& out, request_outcome outcome, time_point now) {
  answer(out, *running_, std::move(outcome), now);
  if (status_.state != worker_state::busy)
    return;
  phase_ = phase::cancelled;
  out.push_back(effect::send{frame_kind::cancel, running_->wire_id, {}, config_.cancel_grace});
  arm(out, config_.cancel_grace);
}

void worker_machine::kill(worker_effects& out, errc cause, std::string detail, stop_mode mode, worker_state next) {
  cause_ = cause;
  cause_detail_ = std::move(detail);
  status_.state = next;
  bool hangs = cause == errc::request_timeout || cause == errc::import_timeout || cause == errc::start_timeout;
  if (next == worker_state::killing)
    out.push_back(effect::stop{mode, hangs});
  arm(out, config_.reap_guard);
}

void worker_machine::become_ready(worker_effects& out, time_point now) {
  bool first = !std::exchange(became_ready_, true);
  status_.state = worker_state::ready;
  disarm();
  if (first) {
    tell(out, worker_event_kind::ready);
    std::get<effect::tell>(out.back()).event.text = child_version_;
  }
  bool full = config_.imports_max != 0 && status_.imports >= config_.imports_max;
  if (cycle_asked_ || (full && waiting_))
    return begin_planned_end(out, stop_mode::polite);
  if (waiting_)
    dispatch(out, now);
}

void worker_machine::dispatch(worker_effects& out, time_point now) {
  auto& request = waiting_->request;
  if (auto bytes = request.body.size(); bytes > body_bytes_max_) {
    auto text = "the request has " + std::to_string(bytes) + " bytes, the cap is " + std::to_string(body_bytes_max_);
    return answer_waiting(out, outcome_of(errc::request_too_large, std::move(text)), now);
  }
  status_.state = worker_state::busy;
  phase_ = phase::work;
  ++status_.requests;
  auto timeout = chosen(request.request_timeout, config_.request_timeout);
  // A child that does not read is found out a little before the deadline that would hide why.
  out.push_back(effect::send{frame_kind::request, next_wire_id_, std::move(request.body), bounded(timeout) * 9 / 10, request.rows, waiting_->notes});
  running_ = std::exchange(waiting_, std::nullopt);
  running_->wire_id = next_wire_id_++;
  running_->dispatched_at = running_->work_at = now;
  begin_budget(out, timeout, now);
}

request_phase worker_machine::phase_of(const current_request& request) const noexcept {
  if (request.wire_id == 0)
    return request_phase::start;
  return phase_ == phase::import ? request_phase::import : request_phase::work;
}

void worker_machine::after_planned_end(worker_effects& out) {
  if (stay_down_)
    return tell(out, worker_event_kind::stopped);
  if (resting_)
    return tell(out, worker_event_kind::resting);
  spawn(out);
}

void worker_machine::begin_planned_end(worker_effects& out, stop_mode mode) {
  status_.state = worker_state::stopping;
  out.push_back(effect::stop{mode});
  arm(out, config_.reap_guard);
}

bool worker_machine::counts_as_failure() const noexcept {
  // An end that we brought about because of a request says nothing about the health of the worker: a batch of endless programs must not make
  // it give up.
  return cause_ != errc::request_timeout && cause_ != errc::import_timeout && cause_ != errc::cancelled && cause_ != errc::memory_limit
         && cause_ != errc::memory_pressure;
}

void worker_machine::after_failure(worker_effects& out, const child_down& end, bool was_starting, bool under_request, time_point now) {
  if (stay_down_ || resting_)
    return after_planned_end(out);
  restart_window::decision decision;
  if (counts_as_failure())
    decision = window_.failed(now, !was_starting, end.uptime, random_(), under_request);
  if (decision.give_up == errc::none) {
    tell(out, worker_event_kind::restarting);
    std::get<effect::tell>(out.back()).event.delay = decision.delay;
    return arm(out, decision.delay);
  }
  gave_up_ = decision.give_up;
  status_.state = worker_state::given_up;
  auto outcome = outcome_of(gave_up_, std::string{describe(gave_up_)} + "; last: " + end.str());
  outcome.down = end;
  answer_waiting(out, std::move(outcome), now);
  tell(out, worker_event_kind::gave_up);
  auto& event = std::get<effect::tell>(out.back()).event;
  event.cause = gave_up_;
  event.down = end;
}

} // namespace leanworker::internal
