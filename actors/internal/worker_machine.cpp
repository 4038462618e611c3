// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/worker_machine.hpp>
#include <leanworker/actors/internal/worker_outcomes.hpp>
#include <leanworker/child/handshake.hpp>

#include <algorithm>

namespace leanworker::internal {
worker_machine::worker_machine(worker_config config, std::function<double()> random)
    : config_{std::move(config)}, random_{std::move(random)}, window_{config_.restart} {}

worker_effects worker_machine::start(time_point, std::uint64_t first_generation) {
  worker_effects out;
  status_.generation = first_generation;
  spawn(out);
  return out;
}

void worker_machine::start_resting(std::uint64_t first_generation) noexcept {
  resting_ = true;
  status_.generation = first_generation;
  status_.state = worker_state::down;
}

void worker_machine::set_up(worker_config config) { config_ = std::move(config); }

// -- from the owner -----------------------------------------------------------

worker_effects worker_machine::run(run_request request, time_point now) {
  if (auto code = refusal(); code != errc::none)
    return refuse(request.id, code);
  worker_effects out;
  bool missed = too_late(request);
  waiting_.emplace().request = std::move(request);
  if (missed)
    return answer_waiting(out, outcome_of(last_down_), now), out;
  if (status_.state == worker_state::ready)
    become_ready(out, now);
  return out;
}

errc worker_machine::refusal() const noexcept {
  if (status_.state == worker_state::given_up)
    return gave_up_;
  if (stay_down_ || resting_)
    return errc::worker_stopping;
  return waiting_ || (running_ && !running_->answered) ? errc::worker_busy : errc::none;
}

bool worker_machine::too_late(const run_request& request) const noexcept {
  return request.pinned && (request.generation != status_.generation || status_.state == worker_state::down);
}

worker_effects worker_machine::refuse(ticket id, errc code) {
  auto outcome = outcome_of(code);
  outcome.generation = status_.generation;
  return {effect::finish{id, std::move(outcome)}};
}

worker_effects worker_machine::cancel(ticket id, time_point now) {
  worker_effects out;
  if (waiting_ && waiting_->request.id == id)
    answer_waiting(out, outcome_of(errc::cancelled), now);
  if (!running_ || running_->answered || running_->request.id != id)
    return out;
  give_up_running(out, outcome_of(errc::cancelled), now);
  return out;
}

worker_effects worker_machine::stop(bool firmly, time_point now) {
  worker_effects out;
  bool repeated = std::exchange(stay_down_, true);
  answer_waiting(out, outcome_of(errc::shutting_down), now);
  if (running_ && !running_->answered)
    answer(out, *running_, outcome_of(errc::shutting_down), now);
  switch (status_.state) {
    case worker_state::starting:
    case worker_state::ready:
    case worker_state::busy:
    case worker_state::stopping: begin_planned_end(out, firmly ? stop_mode::firm : stop_mode::polite); break;
    case worker_state::down:
    case worker_state::given_up:
      disarm();
      if (!repeated)
        tell(out, worker_event_kind::stopped);
      break;
    case worker_state::killing:
    case worker_state::reaping: break;
  }
  return out;
}

worker_effects worker_machine::cycle(time_point) {
  worker_effects out;
  if (status_.state == worker_state::ready)
    begin_planned_end(out, stop_mode::polite);
  else if (status_.state == worker_state::busy)
    cycle_asked_ = true;
  return out;
}

worker_effects worker_machine::rest(time_point now) {
  worker_effects out;
  resting_ = true;
  switch (status_.state) {
    case worker_state::ready:
    case worker_state::starting: {
      begin_planned_end(out, stop_mode::polite);
      answer_waiting(out, outcome_of(errc::worker_stopping), now);
      break;
    }
    case worker_state::down:
      disarm(); // no restart either
      answer_waiting(out, outcome_of(errc::worker_stopping), now);
      [[fallthrough]];
    case worker_state::given_up:
      if (!stay_down_)
        tell(out, worker_event_kind::resting);
      break;
    case worker_state::busy: cycle_asked_ = true; break;
    case worker_state::stopping:
    case worker_state::killing:
    case worker_state::reaping: break; // it rests when that end has come
  }
  return out;
}

worker_effects worker_machine::wake(bool again, time_point now) {
  worker_effects out;
  bool rested = std::exchange(resting_, false);
  if (stay_down_)
    return out;
  switch (status_.state) {
    case worker_state::down:
    case worker_state::given_up:
      if (status_.state == worker_state::down && !rested && !again)
        break; // a restart is on its way
      window_ = restart_window{config_.restart};
      gave_up_ = errc::none;
      spawn(out);
      break;
    case worker_state::starting:
      if (again)
        begin_planned_end(out, stop_mode::hard);
      break;
    default:
      if (again)
        return cycle(now);
  }
  return out;
}

worker_effects worker_machine::kill_child(leanworker::kill_child order) {
  worker_effects out;
  if (stale(order.generation) || !child_lives() || status_.state == worker_state::stopping)
    return out;
  kill(out, order.cause, std::move(order.detail), stop_mode::hard, worker_state::killing);
  return out;
}

// -- from the link ------------------------------------------------------------

worker_effects worker_machine::started(const child_started& event, time_point now) {
  worker_effects out;
  if (stale(event.generation))
    return out;
  status_.pid = event.pid;
  measurable_ = event.measurable;
  if (measurable_ && status_.state == worker_state::starting && config_.deadline_stretch_max > 1)
    begin_budget(out, config_.start_timeout, now);
  tell(out, worker_event_kind::started);
  return out;
}

worker_effects worker_machine::hello(const child_hello& event, time_point) {
  worker_effects out;
  if (stale(event.generation))
    return out;
  if (status_.state != worker_state::starting || phase_ != phase::hello) {
    if (child_lives() && status_.state != worker_state::stopping)
      kill(out, errc::unexpected_frame, "a second hello", stop_mode::hard, worker_state::killing);
    return out;
  }
  phase_ = phase::configure;
  child_version_ = event.child_version;
  auto settings = config_.child;
  settings.frame_bytes_max_to_child = std::min(settings.frame_bytes_max_to_child, event.receive_bytes_max);
  if (event.send_bytes_max != 0)
    settings.frame_bytes_max_to_parent = std::min(settings.frame_bytes_max_to_parent, event.send_bytes_max);
  body_bytes_max_ = settings.frame_bytes_max_to_child;
  out.push_back(effect::accept{settings.frame_bytes_max_to_parent});
  out.push_back(effect::send{frame_kind::configure, next_wire_id_++, encode_configure(settings), config_.start_timeout});
  return out;
}

worker_effects worker_machine::response(child_response event, time_point now) {
  worker_effects out;
  if (stale(event.generation) || !child_lives() || status_.state == worker_state::stopping)
    return out;
  if (status_.state == worker_state::starting && phase_ == phase::configure && event.request_id == next_wire_id_ - 1) {
    if (event.refused)
      kill(out, errc::handshake_failed, "configure was refused: " + event.body, stop_mode::hard, worker_state::killing);
    else
      become_ready(out, now);
    return out;
  }
  if (status_.state != worker_state::busy || event.request_id != running_->wire_id) {
    kill(out, errc::unexpected_frame, "a response to request " + std::to_string(event.request_id) + ", which does not run", stop_mode::hard,
         worker_state::killing);
    return out;
  }
  if (!running_->answered) {
    auto outcome = event.refused ? refused_outcome(event.body) : outcome_of(errc::none, {});
    outcome.body = std::move(event.body);
    outcome.retire = event.retire;
    answer(out, *running_, std::move(outcome), now);
  } else {
    tell(out, worker_event_kind::settled);
  }
  running_.reset();
  cycle_asked_ = cycle_asked_ || event.retire;
  become_ready(out, now);
  return out;
}

worker_effects worker_machine::progress(const child_progress& event, time_point now) {
  worker_effects out;
  if (stale(event.generation) || status_.state != worker_state::busy || event.request_id != running_->wire_id || event.phase != "import"
      || phase_ == phase::cancelled)
    return out;
  const auto& request = running_->request;
  if (phase_ == phase::work && !running_->imported && event.current < event.total) {
    phase_ = phase::import;
    running_->imported = true;
    running_->import_at = now;
    ++status_.imports;
    begin_budget(out, chosen(request.import_timeout, config_.import_timeout), now);
    tell(out, worker_event_kind::importing);
  } else if (phase_ == phase::import && event.total != 0 && event.current >= event.total) {
    phase_ = phase::work;
    running_->work_at = now;
    running_->import_time = std::chrono::duration_cast<std::chrono::microseconds>(now - running_->import_at);
    begin_budget(out, chosen(request.request_timeout, config_.request_timeout), now);
  }
  return out;
}

worker_effects worker_machine::log(const child_log& event) {
  worker_effects out;
  if (stale(event.generation))
    return out;
  tell(out, worker_event_kind::log);
  std::get<effect::tell>(out.back()).event.text = event.level + ": " + event.text;
  return out;
}

worker_effects worker_machine::row_refused(child_row_refused event, time_point now) {
  worker_effects out;
  if (stale(event.generation) || status_.state != worker_state::busy || event.request_id != running_->wire_id || running_->answered)
    return out;
  give_up_running(out, outcome_of(event.code, std::move(event.detail)), now);
  return out;
}

worker_effects worker_machine::fault(const child_fault& event) {
  worker_effects out;
  if (stale(event.generation) || !child_lives() || status_.state == worker_state::stopping)
    return out;
  kill(out, event.cause, event.detail, stop_mode::hard, worker_state::reaping);
  return out;
}

worker_effects worker_machine::down(child_down event, time_point now) {
  worker_effects out;
  if (stale(event.generation))
    return out;
  bool planned = status_.state == worker_state::stopping;
  bool was_starting = !became_ready_;
  bool under_request = running_.has_value();
  if (cause_ != errc::none) {
    event.cause = cause_; // ours was first
    if (!cause_detail_.empty())
      event.detail = cause_detail_;
  }
  status_.pid = 0;
  disarm();
  ++(planned ? status_.planned_ends : status_.failures);
  last_down_ = event;
  tell(out, worker_event_kind::down);
  std::get<effect::tell>(out.back()).event.down = event;
  status_.state = worker_state::down;
  if (running_ && !running_->answered)
    answer(out, *running_, outcome_of(event), now);
  running_.reset();
  // A request that waits for a start fails with that start; one that waits behind a working child goes on waiting for the next, unless it is
  // bound to this one.
  if (waiting_ && (waiting_->request.pinned || resting_ || (was_starting && !planned)))
    answer_waiting(out, outcome_of(event), now);
  if (planned)
    return after_planned_end(out), out;
  after_failure(out, event, was_starting, under_request, now);
  return out;
}

// -- from the clock -----------------------------------------------------------

worker_effects worker_machine::timer(std::uint64_t epoch, time_point now, std::chrono::milliseconds processor_wait) {
  worker_effects out;
  if (epoch != epoch_) {
    ++status_.stale_dropped;
    return out;
  }
  switch (status_.state) {
    case worker_state::starting:
      if (!put_off(out, processor_wait, now))
        kill(out, errc::start_timeout, "no handshake", stop_mode::firm, worker_state::killing);
      break;
    case worker_state::busy: {
      if (phase_ != phase::cancelled && put_off(out, processor_wait, now))
        return out;
      auto cause = phase_ == phase::cancelled ? errc::cancelled : phase_ == phase::import ? errc::import_timeout : errc::request_timeout;
      if (!running_->answered)
        answer(out, *running_, outcome_of(cause), now);
      running_.reset();
      kill(out, cause, {}, stop_mode::firm, worker_state::killing);
      break;
    }
    case worker_state::down: spawn(out); break;
    case worker_state::stopping:
    case worker_state::killing:
    case worker_state::reaping: {
      child_down lost;
      lost.generation = status_.generation;
      lost.cause = errc::link_lost;
      return down(std::move(lost), now);
    }
    case worker_state::ready:
    case worker_state::given_up: break;
  }
  return out;
}

} // namespace leanworker::internal
