// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/worker.hpp>

#include <leanworker/actors/internal/handlers.hpp>
#include <leanworker/child/handshake.hpp>

#include <random>

namespace leanworker {
namespace {

using self_pointer = slot_worker_actor::stateful_pointer<worker_runtime_state>;
namespace effect = internal::effect;

/// Carries out what the machine decided; one overload per effect.
struct performer {
  self_pointer self;

  void operator()(effect::spawn& e) {
    auto& state = self->state;
    state.link = state.spec.links(self->home_system(), e.generation, worker_actor{self});
    state.monitors.add(self, state.link);
    state.link_address = caf::actor_cast<caf::actor_addr>(state.link);
  }
  void operator()(effect::accept& e) { tell_link(link_accept{e.body_bytes_max}); }
  void operator()(effect::send& e) {
    if (e.kind == frame_kind::request)
      self->state.cpu_at_dispatch = processor_time_of(self->state.machine->measurable_pid());
    tell_link(link_send{static_cast<std::uint8_t>(e.kind), e.request_id, std::move(e.body), e.timeout, std::move(e.rows), std::move(e.notes)});
  }
  void operator()(effect::stop& e) { tell_link(link_stop{static_cast<std::uint8_t>(e.mode), e.describe}); }
  void operator()(effect::arm& e) {
    self->state.epoch = e.epoch;
    if (self->state.alarm.set(self->clock().now() + e.after))
      self->delayed_send(self, e.after, worker_timer{});
  }
  void operator()(effect::finish& e) {
    if (e.outcome.work_started && e.outcome.down.cause == errc::none)
      e.outcome.cpu_time = cpu_since_dispatch();
    self->send(self->state.owner, request_done{self->state.spec.id, e.id, std::move(e.outcome)});
  }
  void operator()(effect::tell& e) {
    e.event.worker = self->state.spec.id;
    bool stopped = e.event.kind == worker_event_kind::stopped;
    self->send(self->state.owner, std::move(e.event));
    if (stopped && self->state.quitting)
      self->quit(self->state.quit_reason);
  }

  std::chrono::microseconds cpu_since_dispatch() const {
    auto now = processor_time_of(self->state.machine->measurable_pid());
    auto& then = self->state.cpu_at_dispatch;
    bool known = now && then && *now >= *then;
    return known ? std::chrono::duration_cast<std::chrono::microseconds>(*now - *then) : std::chrono::microseconds{0};
  }

  template <class Message>
  void tell_link(Message message) {
    if (self->state.link)
      self->send(self->state.link, std::move(message));
  }
};

void perform(self_pointer self, internal::worker_effects effects) {
  for (auto& what : effects)
    std::visit(performer{self}, what);
}

/// A link that dies without its last word leaves a generation about which nothing more will be heard. Without its owner a worker has no purpose; its
/// link goes with it and takes the child along.
void somebody_is_down(self_pointer self, const caf::down_msg& down) {
  self->state.monitors.gone(down.source);
  if (down.source == self->state.owner)
    return self->quit();
  auto state = self->state.machine->state();
  bool reported = state == worker_state::down || state == worker_state::given_up;
  if (down.source != self->state.link_address || reported)
    return;
  child_down lost;
  lost.generation = self->state.machine->status().generation;
  lost.cause = errc::link_lost;
  perform(self, self->state.machine->down(std::move(lost), self->clock().now()));
}

void told_to_exit(self_pointer self, caf::exit_msg& order) {
  auto& state = self->state;
  auto now = state.machine->state();
  bool nothing_runs = now == worker_state::down || now == worker_state::given_up;
  if (order.reason == caf::exit_reason::kill || nothing_runs)
    return self->quit(std::move(order.reason));
  state.quitting = true;
  state.quit_reason = std::move(order.reason);
  perform(self, state.machine->stop(false, self->clock().now()));
}

void woken(self_pointer self) {
  auto& state = self->state;
  auto now = self->clock().now();
  auto next = state.alarm.wake(now);
  auto wait = std::chrono::milliseconds{0};
  if (next.rings && state.machine->wants_processor_wait())
    wait = state.processor_wait.look(state.machine->status().pid);
  if (next.rings)
    perform(self, state.machine->timer(state.epoch, now, wait));
  else if (next.again != internal::alarm::never)
    self->delayed_send(self, next.again - now, worker_timer{});
}

void wake(self_pointer self, const wake_worker& order) {
  auto& state = self->state;
  if (order.setup) {
    state.spec.links = order.setup->links;
    state.spec.config = order.setup->config;
    state.machine->set_up(order.setup->config);
  }
  perform(self, state.machine->wake(order.again, self->clock().now()));
}

std::function<double()> seeded_dice(std::uint32_t seed) {
  return [engine = std::mt19937{seed}]() mutable { return std::uniform_real_distribution<>{0.0, 1.0}(engine); };
}

} // namespace

slot_worker_actor::behavior_type worker(self_pointer self, worker_spec spec, worker_owner_actor owner) {
  internal::install_quiet_handlers(self);
  self->set_down_handler([self](caf::down_msg& down) { somebody_is_down(self, down); });
  auto& state = self->state;
  auto dice = spec.random ? spec.random : seeded_dice(spec.id);
  state.machine = std::make_unique<internal::worker_machine>(spec.config, std::move(dice));
  state.spec = std::move(spec);
  state.owner = std::move(owner);
  state.monitors.add(self, state.owner);
  auto now = [self] { return self->clock().now(); };
  auto machine = state.machine.get();
  self->set_exit_handler([self](caf::exit_msg& order) { told_to_exit(self, order); });
  if (state.spec.resting)
    machine->start_resting(state.spec.first_generation);
  else
    perform(self, machine->start(now(), state.spec.first_generation));
  return {
    [=](run_request& m) { perform(self, machine->run(std::move(m), now())); },
    [=](const cancel_request& m) { perform(self, machine->cancel(m.id, now())); },
    [=](const stop_worker& m) { perform(self, machine->stop(m.firmly, now())); },
    [=](const cycle_worker&) { perform(self, machine->cycle(now())); },
    [=](const rest_worker&) { perform(self, machine->rest(now())); },
    [=](kill_child& m) { perform(self, machine->kill_child(std::move(m))); },
    [=](const get_worker_status&) { return machine->status(); },
    [=](const child_started& m) { perform(self, machine->started(m, now())); },
    [=](const child_hello& m) { perform(self, machine->hello(m, now())); },
    [=](child_response& m) { perform(self, machine->response(std::move(m), now())); },
    [=](const child_progress& m) { perform(self, machine->progress(m, now())); },
    [=](const child_log& m) { perform(self, machine->log(m)); },
    [=](child_row_refused& m) { perform(self, machine->row_refused(std::move(m), now())); },
    [=](const child_fault& m) { perform(self, machine->fault(m)); },
    [=](child_down& m) { perform(self, machine->down(std::move(m), now())); },
    [=](const worker_timer&) { woken(self); },
    [=](const wake_worker& m) { wake(self, m); },
  };
}

} // namespace leanworker
