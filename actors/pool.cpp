// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/pool.hpp>

#include <leanworker/actors/internal/handlers.hpp>

#include <algorithm>

namespace leanworker {
namespace {

request_outcome refusal(errc code) {
  request_outcome outcome;
  outcome.code = code;
  outcome.message = std::string{describe(code)};
  return outcome;
}

/// Whether the child lives on after this outcome and can take the next request.
bool leaves_child_ready(errc code) {
  return code == errc::none || code == errc::child_refused || code == errc::request_too_large || code == errc::cancelled;
}

/// The request did not begin, for reasons of the worker: another one may run it.
bool says_nothing_about_the_request(const request_outcome& outcome) {
  bool refused = outcome.code == errc::restart_limit || outcome.code == errc::start_limit || outcome.code == errc::worker_stopping;
  return !outcome.work_started && (refused || outcome.down.cause != errc::none);
}

} // namespace

void pool_state::start(pool_spec spec, pool_client_actor client_handle) {
  config = spec.config;
  client = std::move(client_handle);
  queue = internal::job_queue{config.queue_max, config.overtaken_max};
  self->monitor(client);
  for (std::uint32_t id = 0; id < config.workers; ++id) {
    auto& added = slots.emplace_back();
    added.handle = self->spawn(worker, worker_spec{id, config.worker, spec.links, spec.random}, worker_owner_actor{pool_actor{self}});
    self->monitor(added.handle);
  }
}

void pool_state::submit(submit_request& request) {
  internal::job job{std::move(request), {}, 0};
  if (stopping)
    return finish(job, refusal(errc::shutting_down));
  if (none_left()) {
    auto outcome = refusal(errc::no_worker);
    outcome.down = last_failure;
    return finish(job, std::move(outcome));
  }
  auto id = job.request.id;
  if (!queue.push(std::move(job)))
    return self->send(client, submission_done{id, refusal(errc::overloaded), {}});
  dispatch();
}

void pool_state::cancel(ticket id) {
  if (auto queued = queue.remove(id))
    return finish(*queued, refusal(errc::cancelled));
  for (auto& slot : slots)
    if (slot.running && slot.running->request.id == id)
      self->send(slot.handle, cancel_request{id});
}

void pool_state::dispatch() {
  for (auto& slot : slots) {
    if (queue.empty() || stopping)
      return;
    if (!slot.ready || slot.over || slot.running)
      continue;
    slot.running = queue.take(slot.known_keys);
    const auto& request = slot.running->request;
    slot.known_keys.insert(request.session_key);
    self->send(client, submission_started{request.id, static_cast<std::uint32_t>(&slot - slots.data())});
    self->send(slot.handle, run_request{request.id, request.body, request.import_timeout, request.request_timeout});
  }
}

void pool_state::finish(internal::job& job, request_outcome outcome) {
  self->send(client, submission_done{job.request.id, std::move(outcome), std::move(job.deaths)});
}

void pool_state::done(request_done& message) {
  auto& slot = slots.at(message.worker);
  if (!slot.running || slot.running->request.id != message.id)
    return;
  auto job = std::move(*slot.running);
  slot.running.reset();
  auto& outcome = message.outcome;
  slot.ready = slot.ready && leaves_child_ready(outcome.code);
  bool died = outcome.down.cause != errc::none && outcome.work_started;
  if (died)
    job.deaths.push_back(outcome.down);
  if (died && job.deaths.size() >= config.deaths_max) {
    outcome.code = errc::killed_its_worker;
    finish(job, std::move(outcome));
  } else if (!stopping && (died || says_nothing_about_the_request(outcome))) {
    queue.push_back_first(std::move(job));
    if (none_left())
      refuse_queued(errc::no_worker);
  } else {
    finish(job, std::move(outcome));
  }
  dispatch();
}

void pool_state::event(worker_event& message) {
  auto& slot = slots.at(message.worker);
  switch (message.kind) {
    case worker_event_kind::ready:
      slot.ready = true;
      slot.known_keys.clear();
      break;
    case worker_event_kind::down:
      slot.ready = false;
      if (message.down.cause != errc::stopped)
        last_failure = message.down;
      break;
    case worker_event_kind::gave_up: retire(slot); break;
    case worker_event_kind::stopped: slot.stopped = true; break;
    default: break;
  }
  self->send(client, std::move(message));
  dispatch();
  quit_if_stopped();
}

void pool_state::retire(worker_slot& which) {
  which.ready = false;
  which.over = true;
  if (none_left())
    refuse_queued(errc::no_worker);
}

bool pool_state::none_left() const {
  return std::all_of(slots.begin(), slots.end(), [](const worker_slot& s) { return s.over; });
}

void pool_state::refuse_queued(errc code) {
  for (auto& job : queue.take_all()) {
    auto outcome = refusal(code);
    if (code == errc::no_worker)
      outcome.down = last_failure;
    finish(job, std::move(outcome));
  }
}

void pool_state::lost(const caf::down_msg& down) {
  if (down.source == client)
    return stop(true);
  for (auto& slot : slots) {
    if (slot.stopped || down.source != slot.handle)
      continue;
    slot.stopped = true;
    retire(slot);
    if (auto job = std::exchange(slot.running, std::nullopt)) {
      auto outcome = refusal(errc::link_lost);
      outcome.work_started = true;
      finish(*job, std::move(outcome));
    }
  }
  quit_if_stopped();
}

void pool_state::stop(bool firmly) {
  stopping = true;
  refuse_queued(errc::shutting_down);
  for (auto& slot : slots)
    if (!slot.stopped)
      self->send(slot.handle, stop_worker{firmly});
  quit_if_stopped();
}

void pool_state::quit_if_stopped() {
  if (!stopping || !std::all_of(slots.begin(), slots.end(), [](const worker_slot& s) { return s.stopped; }))
    return;
  for (auto& slot : slots)
    self->send_exit(slot.handle, caf::exit_reason::user_shutdown);
  self->send(client, pool_stopped{static_cast<std::uint32_t>(slots.size())});
  self->quit();
}

pool_actor::behavior_type pool(pool_actor::stateful_pointer<pool_state> self, pool_spec spec, pool_client_actor client) {
  internal::install_quiet_handlers(self);
  self->set_down_handler([self](caf::down_msg& down) { self->state.lost(down); });
  self->state.start(std::move(spec), std::move(client));
  return {
    [self](request_done& m) { self->state.done(m); },
    [self](worker_event& m) { self->state.event(m); },
    [self](submit_request& m) { self->state.submit(m); },
    [self](const cancel_submission& m) { self->state.cancel(m.id); },
    [self](const stop_pool& m) { self->state.stop(m.firmly); },
  };
}

} // namespace leanworker
