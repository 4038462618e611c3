// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/client_connection.hpp>

#include <leanworker/actors/event_log.hpp>
#include <leanworker/actors/internal/handlers.hpp>
#include <leanworker/child/demand_threads.hpp>

#include <future>

namespace leanworker::client {

namespace {

/// CAF's, those of the memory monitor and the event log, and one to spare.
constexpr unsigned threads_wanted = 6;

} // namespace

// -- the connection ---------------------------------------------------------------

connection::connection(pool_options wanted)
    : options{std::move(wanted)}, host{options.host ? options.host : std::make_shared<host_thread>()}, system{(demand_threads(threads_wanted), setup)} {
  bridge = system.spawn(bridge_behavior, this);
  start_tree();
  if (!pool) { // the scheduler does not run
    down = true;
    return;
  }
  if (!options.event_log.path.empty())
    spawn_event_log(system, options.event_log, pool); // ends with the pool
  pool_pointer = caf::actor_cast<caf::strong_actor_ptr>(pool);
  // Through the bridge, so that it is heard after all that the pool has said.
  caf::actor_cast<caf::actor>(pool)->attach_functor([to = caf::actor_cast<caf::actor>(bridge), source = pool.address()](const caf::error& reason) {
    caf::anon_send(to, caf::down_msg{source, reason});
  });
}

pool_spec connection::spec_of_pool() {
  pool_spec spec;
  spec.config = options.config;
  child_limits limits;
  limits.row_pool = std::make_shared<credit_pool>(options.config.row_bytes_max);
  spec.links = process_links(host, options.child, limits);
  spec.default_key = options.default_key;
  spec.warm_up = options.warm_up;
  if (options.setups)
    spec.setups = [host = host, limits, user = options.setups](const session_key& kind, std::string& problem) -> std::shared_ptr<const worker_setup> {
      auto wanted = user(kind, problem);
      return wanted ? std::make_shared<worker_setup>(worker_setup{wanted->worker, process_links(host, wanted->child, limits)}) : nullptr;
    };
  return spec;
}

void connection::start_tree() {
  root_spec root;
  root.pool = spec_of_pool();
  root.measure = options.measure;
  root.owner = bridge;
  root.pool_restart = restart_type::temporary; // its callers are told that it has failed, and decide
  auto started = std::make_shared<std::promise<pool_actor>>();
  root.pool_started = [started](const pool_actor& handle) { started->set_value(handle); };
  tree = system.spawn(supervisor, root_tree(std::move(root)));
  auto there = started->get_future();
  if (there.wait_for(answer_patience) == std::future_status::ready)
    pool = there.get();
}

void connection::close() {
  bool told = false;
  {
    std::unique_lock lock{mutex};
    if (std::exchange(closed, true))
      return;
    if (!down) {
      send(stop_pool{false, client::pool::stop_patience});
      changed.wait_for(lock, client::pool::stop_patience + answer_patience, [this] { return down; });
    }
    told = down;
  }
  if (!told) {
    caf::anon_send_exit(pool, caf::exit_reason::kill);
    std::unique_lock lock{mutex};
    changed.wait_for(lock, answer_patience, [this] { return down; });
  }
  caf::anon_send_exit(tree, caf::exit_reason::kill);
  caf::anon_send_exit(bridge, caf::exit_reason::kill);
}

pool_owner_actor::behavior_type connection::bridge_behavior(pool_owner_actor::stateful_pointer<bridge_state> self, connection* to) {
  internal::install_quiet_handlers(self);
  self->set_down_handler([to](caf::down_msg&) { to->pool_is_down(); });
  return {
    [](const submission_started&) {},
    [to](submission_done& m) { to->complete(m.id, std::move(m)); },
    [to](lease_granted& m) { to->complete(m.id, std::move(m)); },
    [to](lease_refused& m) { to->complete(m.id, std::move(m)); },
    [to](const lease_ended& m) { to->lease_over(m.lease.number, m.cause); },
    [](const worker_event&) {},
    [to](const pool_stopped& m) {
      {
        std::lock_guard lock{to->mutex};
        to->report = m;
      }
      to->changed.notify_all();
    },
  };
}

ticket connection::enter(std::shared_ptr<waiting_call> call) {
  auto id = ++last_ticket;
  submission_done late;
  {
    std::lock_guard lock{mutex};
    if (!down && !report) {
      calls.emplace(id, std::move(call));
      return id;
    }
    late = {id, too_late(), {}};
  }
  call->complete(std::move(late));
  return id;
}

request_outcome connection::too_late() const {
  request_outcome outcome;
  outcome.code = report ? errc::shutting_down : errc::actor_failed;
  outcome.message = report ? "the pool was stopped" : "the pool has failed";
  outcome.retry_safe = true;
  return outcome;
}

void connection::leave(ticket id) {
  std::lock_guard lock{mutex};
  calls.erase(id);
}

void connection::complete(ticket id, waiting_call::answer given) {
  std::shared_ptr<waiting_call> call;
  {
    std::lock_guard lock{mutex};
    if (auto found = calls.find(id); found != calls.end()) {
      call = std::move(found->second);
      calls.erase(found);
    }
  }
  auto granted = std::get_if<lease_granted>(&given);
  if (call && granted) {
    call->granted = std::make_shared<lease_state>();
    std::lock_guard lock{mutex};
    leases.emplace(granted->lease.number, call->granted);
  }
  if (call)
    return call->complete(std::move(given));
  if (granted) // nobody waits for it any more
    send(release_lease{granted->lease});
}

void connection::lease_over(std::uint64_t number, errc cause) {
  std::lock_guard lock{mutex};
  auto found = leases.find(number);
  if (found == leases.end())
    return;
  if (auto state = found->second.lock()) {
    state->ended = cause;
    state->over = true;
  }
  leases.erase(found);
}

void connection::pool_is_down() {
  decltype(calls) left;
  request_outcome ended;
  {
    std::lock_guard lock{mutex};
    down = true;
    ended = report ? too_late() : no_answer(); // a pool that has stopped owed nothing: these came too late for it
    left.swap(calls);
    for (auto& [number, one] : leases)
      if (auto state = one.lock()) {
        state->ended = too_late().code;
        state->over = true;
      }
    leases.clear();
  }
  changed.notify_all();
  for (auto& [id, call] : left) {
    submission_done done{id, ended, {}};
    call->complete(std::move(done));
  }
}

waiting_call::answer connection::wait(ticket id, waiting_call& call, milliseconds bound, const std::stop_token& stop) {
  std::stop_callback cancel{stop, [this, id] { send(cancel_submission{id}); }};
  auto answer = call.wait_until(clock::now() + bound);
  if (answer.index() == 0)
    leave(id);
  return answer;
}

milliseconds connection::work_bound(milliseconds import, milliseconds work) const {
  const auto& worker = options.config.worker;
  return internal::bounded(worker.start_timeout) + internal::bounded(chosen(import, worker.import_timeout)) + 2 * internal::bounded(chosen(work, worker.request_timeout))
         + internal::bounded(worker.cancel_grace) + answer_patience;
}

milliseconds connection::submission_bound(const submit_request& request) const {
  const auto& config = options.config;
  auto attempts = static_cast<int>(std::clamp(config.retry.attempts_max, 1u, 16u)); // beyond that nobody waits for each to take its longest
  return (internal::bounded(chosen(request.wait, config.queue_wait)) + work_bound(request.import_timeout, request.request_timeout)) * attempts;
}

} // namespace leanworker::client
