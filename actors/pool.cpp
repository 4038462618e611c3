// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/pool.hpp>

#include <leanworker/actors/internal/handlers.hpp>

#include <algorithm>
#include <random>

namespace leanworker {
namespace {

using internal::client_number;
using internal::time_point;

std::function<double()> random_dice() {
  return [engine = std::mt19937_64{std::random_device{}()}]() mutable { return std::uniform_real_distribution<>{0.0, 1.0}(engine); };
}

constexpr std::size_t setups_max = 1024;

/// After the death of the monitor, until the next one is asked for.
constexpr std::chrono::seconds monitor_patience{1};

} // namespace

// -- who is who -----------------------------------------------------------------

void pool_state::start(pool_spec wanted, pool_owner_actor owner_handle) {
  spec = std::move(wanted);
  owner = std::move(owner_handle);
  own_dice = !spec.random;
  if (own_dice)
    spec.random = random_dice();
  // In a pool the cycle policy decides, at one point; a worker's own limit would be a second one.
  spec.config.worker.imports_max = 0;
  if (owner)
    monitors.add(self, owner);
  find_monitor();
  core = std::make_unique<internal::pool_core>(spec.config, internal::make_key(spec.default_key, spec.config.isolate_sessions), *this);
  if (spec.monitor)
    core->will_be_measured();
  core->start(now());
}

void pool_state::find_monitor() {
  if (!spec.monitor || monitor)
    return;
  monitor = spec.monitor();
  if (!monitor)
    return;
  monitors.add(self, monitor); // a dead one is told of at once
  self->send(monitor, subscribe_memory{});
  for (const auto& [worker, order] : processes)
    self->send(monitor, order);
}

time_point pool_state::now() const { return self->clock().now(); }

client_number pool_state::sender() {
  const auto& from = self->current_sender();
  if (!from || from == owner)
    return 0;
  auto known = numbers.find(from->id());
  if (known != numbers.end())
    return known->second;
  forget_idle_clients();
  auto number = ++last_client;
  auto handle = caf::actor_cast<pool_client_actor>(from);
  monitors.add(self, handle);
  numbers.emplace(from->id(), number);
  clients.emplace(number, client{from->address(), std::move(handle)});
  return number;
}

void pool_state::forget_idle_clients() {
  if (clients.size() < clients_before_sweep)
    return;
  std::erase_if(clients, [this](const auto& entry) {
    bool watches = std::any_of(watchers.begin(), watchers.end(), [&](const pool_watcher_actor& watcher) { return entry.second.address == watcher; });
    if (watches || core->owes(entry.first))
      return false;
    monitors.drop(entry.second.address);
    numbers.erase(entry.second.address.id());
    return true;
  });
  clients_before_sweep = std::max<std::size_t>(64, 2 * clients.size());
}

void pool_state::lost(const caf::down_msg& down) {
  monitors.gone(down.source);
  if (owner && down.source == owner)
    return core->stop(true, {}, now());
  for (std::uint32_t slot = 0; slot < workers.size(); ++slot)
    if (workers[slot] && down.source == workers[slot]) {
      workers[slot] = nullptr;
      if (auto watched = processes.find(slot); watched != processes.end()) { // nobody else tells of its child's end
        if (monitor)
          self->send(monitor, unwatch_process{slot, watched->second.generation});
        processes.erase(watched);
      }
      return core->worker_lost(slot, now());
    }
  if (monitor && down.source == monitor) {
    monitor = nullptr;
    return self->delayed_send(self, monitor_patience, monitor_timer{});
  }
  std::erase_if(watchers, [&](const pool_watcher_actor& watcher) { return down.source == watcher; });
  auto known = numbers.find(down.source.id());
  if (known == numbers.end())
    return;
  auto number = known->second;
  numbers.erase(known);
  clients.erase(number);
  core->client_gone(number, now());
}

void pool_state::told_to_exit(caf::exit_msg& order) {
  if (order.reason == caf::exit_reason::kill)
    return self->quit(std::move(order.reason));
  exit_reason = std::move(order.reason);
  core->stop(false, {}, now());
}

void pool_state::subscribe() {
  const auto& from = self->current_sender();
  if (!from)
    return;
  auto watcher = caf::actor_cast<pool_watcher_actor>(from);
  if (std::find(watchers.begin(), watchers.end(), watcher) != watchers.end())
    return;
  monitors.add(self, watcher);
  watchers.push_back(std::move(watcher));
}

// -- what the core wants --------------------------------------------------------

void pool_state::open_worker(std::uint32_t slot, std::uint64_t first_generation) {
  if (workers.size() <= slot)
    workers.resize(slot + 1);
  // A copy of a generator would give every worker the same numbers.
  worker_spec wanted{slot, spec.config.worker, spec.links, own_dice ? random_dice() : spec.random, true, first_generation};
  workers[slot] = self->spawn(worker, std::move(wanted), worker_owner_actor{pool_actor{self}});
  monitors.add(self, workers[slot]);
}

void pool_state::close_worker(std::uint32_t slot) {
  if (auto handle = std::exchange(workers.at(slot), nullptr)) {
    monitors.drop(handle->address());
    self->send_exit(handle, caf::exit_reason::user_shutdown);
  }
}

std::shared_ptr<const worker_setup> pool_state::setup_of(const internal::key_facts& key, std::string& problem) {
  auto& known = setups[key.bind];
  if (!known)
    known = spec.setups ? spec.setups(key.child, problem)
                        : std::make_shared<const worker_setup>(worker_setup{spec.config.worker, spec.links});
  auto result = known;
  if (!result || setups.size() > setups_max)
    setups.erase(key.bind);
  return result;
}

bool pool_state::can_start(const internal::key_facts& key, std::string& problem) { return setup_of(key, problem) != nullptr; }

void pool_state::wake(std::uint32_t slot, const internal::key_facts& key, bool again) {
  std::string problem;
  if (workers.at(slot))
    self->send(workers[slot], wake_worker{setup_of(key, problem), again});
}

void pool_state::to_worker(std::uint32_t slot, internal::worker_order order) {
  if (workers.at(slot))
    std::visit([&](auto& message) { self->send(workers[slot], std::move(message)); }, order);
}

std::string pool_state::warm_up_body(const session_key& key) { return spec.warm_up ? spec.warm_up(key) : std::string{}; }

void pool_state::to_client(client_number number, internal::pool_reply reply) {
  if (number == 0) {
    if (owner)
      std::visit([&](auto& message) { self->send(owner, std::move(message)); }, reply);
    return;
  }
  if (auto known = clients.find(number); known != clients.end())
    std::visit([&](auto& message) { self->send(known->second.handle, std::move(message)); }, reply);
}

void pool_state::to_owner(const worker_event& event) {
  if (event.kind == worker_event_kind::started) {
    processes[event.worker] = {event.worker, event.generation, event.pid};
    if (monitor)
      self->send(monitor, processes[event.worker]);
  } else if (event.kind == worker_event_kind::down) {
    processes.erase(event.worker);
    if (monitor)
      self->send(monitor, unwatch_process{event.worker, event.generation});
  }
  if (owner)
    self->send(owner, event);
}

void pool_state::publish(const pool_event& event) {
  for (const auto& watcher : watchers)
    self->send(watcher, event);
}

void pool_state::arm(time_point when) {
  if (when < alarm.wanted() && alarm.set(when))
    send_wake_up(when);
}

void pool_state::send_wake_up(time_point when) {
  self->delayed_send(self, std::max(std::chrono::nanoseconds{0}, std::chrono::nanoseconds{when - now()}), pool_timer{});
}

void pool_state::rang() {
  auto next = alarm.wake(now());
  if (next.rings)
    core->timer(now());
  else if (next.again != internal::alarm::never)
    send_wake_up(next.again);
}

void pool_state::drained(const pool_drained& report) {
  for (auto& promise : std::exchange(drains, {}))
    promise.deliver(report);
}

void pool_state::stopped(const pool_stopped& report) {
  drained({false, report.requests_ended});
  for (auto& handle : workers)
    if (handle)
      self->send_exit(handle, caf::exit_reason::user_shutdown);
  if (owner)
    self->send(owner, report);
  self->quit(exit_reason);
}

// -- the behaviour --------------------------------------------------------------

pool_actor::behavior_type pool(pool_actor::stateful_pointer<pool_state> self, pool_spec spec, pool_owner_actor owner) {
  internal::install_quiet_handlers(self);
  self->set_down_handler([self](caf::down_msg& down) { self->state.lost(down); });
  self->set_exit_handler([self](caf::exit_msg& order) { self->state.told_to_exit(order); });
  auto& state = self->state;
  state.start(std::move(spec), std::move(owner));
  auto core = state.core.get();
  return {
    [&state, core](request_done& m) { core->worker_done(std::move(m), state.now()); },
    [&state, core](const worker_event& m) { core->worker_told(m, state.now()); },
    [&state, core](submit_request& m) { core->submit(state.sender(), std::move(m), state.now()); },
    [&state, core](acquire_lease& m) { core->acquire(state.sender(), std::move(m), state.now()); },
    [&state, core](run_on_lease& m) { core->run(state.sender(), std::move(m), state.now()); },
    [&state, core](const renew_lease& m) { core->renew(state.sender(), m.lease, state.now()); },
    [&state, core](const release_lease& m) { core->release(state.sender(), m.lease, state.now()); },
    [&state, core](const cancel_submission& m) { core->cancel(state.sender(), m.id, state.now()); },
    [&state, core](const get_queue_position& m) { return core->position(state.sender(), m.id, state.now()); },
    [&state](const subscribe_pool&) { state.subscribe(); },
    [&state, core](const pause_pool&) { core->pause(state.now()); },
    [&state, core](const resume_pool&) { core->resume(state.now()); },
    [self, &state, core](const drain_pool& m) -> caf::result<pool_drained> {
      state.drains.push_back(self->make_response_promise<pool_drained>());
      auto promise = state.drains.back();
      core->drain(m.deadline, state.now());
      return promise;
    },
    [&state, core](const resize_pool& m) { return core->resize(m.workers, state.now()); },
    [&state, core](const cycle_pool& m) { return core->cycle(m, state.now()); },
    [&state, core](prewarm_key& m) { return core->prewarm(std::move(m), state.now()); },
    [&state, core](const list_quarantine&) { return core->quarantined(state.now()); },
    [&state, core](const release_quarantine& m) { return core->release_quarantine(m.fingerprint, state.now()); },
    [&state, core](const get_pool_snapshot& m) { return core->snapshot(m.reset_high_water, state.now()); },
    [core](const get_crash_dossiers&) { return core->dossiers(); },
    [&state, core](const stop_pool& m) { core->stop(m.firmly, m.deadline, state.now()); },
    [&state, core](const memory_report& m) { core->memory(m, state.now()); },
    [&state](const pool_timer&) { state.rang(); },
    [&state](const monitor_timer&) {
      state.find_monitor();
      if (!state.monitor && state.spec.monitor)
        state.self->delayed_send(state.self, monitor_patience, monitor_timer{});
    },
  };
}

} // namespace leanworker
