// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/client.hpp>

#include <leanworker/actors/internal/handlers.hpp>
#include <leanworker/actors/pool.hpp>
#include <leanworker/actors/rss_monitor.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <variant>

namespace leanworker::client {
namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// More than a pool needs for an answer of its own.
constexpr std::chrono::seconds answer_patience{30};

} // namespace

/// What is heard of a lease after it was granted. Shared by its holder and the bridge.
struct lease_state {
  std::atomic<errc> ended{errc::none};
  std::atomic<bool> over{false};
};

namespace {

/// A caller looks for its answer this long before it sleeps. An idle core takes 25 to 40 µs to wake up (bench_pool); an echo over a pool takes 150.
constexpr std::chrono::microseconds spin{200};

/// One caller that waits for one answer.
struct waiting_call {
  using answer = std::variant<std::monostate, submission_done, lease_granted, lease_refused>;

  void complete(answer given) {
    {
      std::lock_guard lock{mutex};
      if (given_.index() != 0)
        return;
      given_ = std::move(given);
      there_.store(true, std::memory_order_release);
    }
    changed.notify_one();
  }
  answer wait_until(clock::time_point bound) {
    // Being woken costs more than most answers take: look for a moment before going to sleep.
    for (auto ends = clock::now() + spin; !there_.load(std::memory_order_acquire) && clock::now() < ends;)
      std::this_thread::yield();
    std::unique_lock lock{mutex};
    changed.wait_until(lock, bound, [this] { return given_.index() != 0; });
    return std::move(given_);
  }

  std::shared_ptr<lease_state> granted; ///< Set before `lease_granted` is given.

private:
  std::mutex mutex;
  std::condition_variable changed;
  answer given_;
  std::atomic<bool> there_{false};
};

struct actor_setup : caf::actor_system_config {
  actor_setup() {
    register_messages(*this);
    // Sharing does not poll, and hands over faster than stealing at this size (measured).
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", 1u);
    set("logger.verbosity", caf::atom("quiet"));
  }
};

struct bridge_state {
  bridge_state() = default;
  static inline const char* name = "client";
};

milliseconds chosen(milliseconds wanted, milliseconds otherwise) { return wanted.count() > 0 ? wanted : otherwise; }

request_outcome no_answer() {
  request_outcome outcome;
  outcome.code = errc::actor_failed;
  outcome.message = "the pool did not answer; it has failed";
  outcome.work_started = true; // nobody knows
  return outcome;
}

} // namespace

/// Everything behind a pool and its leases.
struct connection {
  explicit connection(pool_options wanted);
  ~connection();

  ticket enter(std::shared_ptr<waiting_call> call);
  void leave(ticket id);
  template <class Message>
  void send(Message message) {
    caf::send_as(bridge, pool, std::move(message));
  }
  template <class Reply, class Message>
  Reply ask(Message message, milliseconds patience = answer_patience);
  waiting_call::answer wait(ticket id, waiting_call& call, milliseconds bound, const std::stop_token& stop);
  void complete(ticket id, waiting_call::answer given);
  void lease_over(std::uint64_t number, errc cause);
  void pool_is_down();
  pool_owner_actor make_bridge();
  milliseconds work_bound(milliseconds import, milliseconds work) const;

  pool_options options;
  actor_setup setup;
  std::shared_ptr<host_thread> host;
  caf::actor_system system;
  pool_owner_actor bridge;
  rss_monitor_actor monitor;
  pool_actor pool;
  caf::strong_actor_ptr pool_pointer;

  std::mutex mutex;
  std::condition_variable changed;
  std::unordered_map<ticket, std::shared_ptr<waiting_call>> calls;
  std::unordered_map<std::uint64_t, std::weak_ptr<lease_state>> leases;
  std::optional<pool_stopped> report;
  bool down = false;
  std::atomic<ticket> last_ticket{0};
};

// -- the connection ---------------------------------------------------------------

connection::connection(pool_options wanted)
    : options{std::move(wanted)}, host{options.host ? options.host : std::make_shared<host_thread>()}, system{setup} {
  bridge = make_bridge();
  if (options.measure) {
    rss_monitor_spec spec;
    spec.every = options.config.memory.sample_every;
    spec.rollup_every = options.config.memory.rollup_every;
    monitor = system.spawn(rss_monitor, std::move(spec));
  }
  pool_spec spec;
  spec.config = options.config;
  spec.links = process_links(host, options.child);
  spec.default_key = options.default_key;
  if (monitor)
    spec.monitor = [handle = monitor] { return handle; };
  pool = system.spawn(leanworker::pool, std::move(spec), bridge);
  pool_pointer = caf::actor_cast<caf::strong_actor_ptr>(pool);
  caf::actor_cast<caf::actor>(pool)->attach_functor([this] { pool_is_down(); });
}

connection::~connection() {
  bool told = false;
  {
    std::unique_lock lock{mutex};
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
  if (monitor)
    caf::anon_send_exit(monitor, caf::exit_reason::kill);
  caf::anon_send_exit(bridge, caf::exit_reason::kill);
}

pool_owner_actor connection::make_bridge() {
  return system.spawn([this](pool_owner_actor::stateful_pointer<bridge_state> self) -> pool_owner_actor::behavior_type {
    internal::install_quiet_handlers(self);
    return {
      [](const submission_started&) {},
      [this](submission_done& m) { complete(m.id, std::move(m)); },
      [this](lease_granted& m) { complete(m.id, std::move(m)); },
      [this](lease_refused& m) { complete(m.id, std::move(m)); },
      [this](const lease_ended& m) { lease_over(m.lease.number, m.cause); },
      [](const worker_event&) {},
      [this](const pool_stopped& m) {
        {
          std::lock_guard lock{mutex};
          report = m;
        }
        changed.notify_all();
      },
    };
  });
}

ticket connection::enter(std::shared_ptr<waiting_call> call) {
  auto id = ++last_ticket;
  std::lock_guard lock{mutex};
  if (!down)
    calls.emplace(id, std::move(call));
  return id;
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
  {
    std::lock_guard lock{mutex};
    down = true;
    left.swap(calls);
  }
  changed.notify_all();
  for (auto& [id, call] : left) {
    submission_done done{id, no_answer(), {}};
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
  return worker.start_timeout + chosen(import, worker.import_timeout) + 2 * chosen(work, worker.request_timeout) + worker.cancel_grace
         + answer_patience;
}

template <class Reply, class Message>
Reply connection::ask(Message message, milliseconds patience) {
  caf::scoped_actor self{system};
  Reply result{};
  self->request(pool, patience, std::move(message)).receive([&](Reply& reply) { result = std::move(reply); }, [&](const caf::error&) {
    if constexpr (std::is_same_v<Reply, pool_answer>)
      result = {errc::actor_failed, "the pool did not answer"};
  });
  return result;
}

// -- leases -----------------------------------------------------------------------

lease::lease(lease&& other) noexcept
    : connection_{std::move(other.connection_)}, state_{std::move(other.state_)}, token_{other.token_}, refusal_{std::move(other.refusal_)},
      waited_{other.waited_}, warm_{other.warm_} {}

lease& lease::operator=(lease&& other) noexcept {
  if (this == &other)
    return *this;
  release();
  connection_ = std::move(other.connection_);
  state_ = std::move(other.state_);
  token_ = other.token_;
  refusal_ = std::move(other.refusal_);
  waited_ = other.waited_;
  warm_ = other.warm_;
  return *this;
}

bool lease::valid() const noexcept { return state_ && !state_->over; }

errc lease::ended_because() const noexcept { return state_ ? state_->ended.load() : errc::none; }

void lease::renew() {
  if (valid())
    connection_->send(renew_lease{token_});
}

void lease::release() noexcept {
  if (!state_ || !connection_)
    return;
  if (!state_->over.exchange(true)) {
    connection_->send(release_lease{token_});
    std::lock_guard lock{connection_->mutex};
    connection_->leases.erase(token_.number);
  }
}

request_outcome lease::run(std::string body, const run_options& options) {
  if (!valid()) {
    request_outcome stale;
    stale.code = errc::lease_stale;
    stale.message = refusal_.code != errc::none ? refusal_.detail : std::string{describe(errc::lease_stale)};
    stale.retry_safe = true;
    return stale;
  }
  auto call = std::make_shared<waiting_call>();
  auto id = connection_->enter(call);
  connection_->send(run_on_lease{token_, id, std::move(body), options.import_timeout, options.timeout, options.idempotent, options.fingerprint});
  auto answer = connection_->wait(id, *call, connection_->work_bound(options.import_timeout, options.timeout), options.stop);
  if (auto done = std::get_if<submission_done>(&answer))
    return std::move(done->outcome);
  return no_answer();
}

// -- the pool ---------------------------------------------------------------------

pool_options lean_pool(const lean_setup& lean, unsigned workers, const std::vector<std::string>& search_path) {
  pool_options options;
  options.config.workers = workers;
  options.config.worker.start_timeout = lean.start_timeout();
  options.config.worker.child.search_path = module_search_path(search_path, lean.lean);
  options.child = lean.child();
  options.host = lean.host;
  return options;
}

pool pool::open(pool_options options) { return pool{std::make_shared<connection>(std::move(options))}; }

lease pool::acquire(session_key key, const lease_options& options) {
  lease result;
  auto call = std::make_shared<waiting_call>();
  auto id = connection_->enter(call);
  connection_->send(acquire_lease{id, std::move(key), options.caller, options.urgency, options.weight, options.wait, options.expiry});
  auto bound = chosen(options.wait, connection_->options.config.queue_wait) + answer_patience;
  auto answer = connection_->wait(id, *call, bound, options.stop);
  if (auto granted = std::get_if<lease_granted>(&answer)) {
    result.connection_ = connection_;
    result.state_ = call->granted;
    result.token_ = granted->lease;
    result.waited_ = granted->waited;
    result.warm_ = granted->warm;
  } else if (auto refused = std::get_if<lease_refused>(&answer)) {
    result.refusal_ = std::move(*refused);
  } else {
    result.refusal_.code = errc::actor_failed;
    result.refusal_.detail = "the pool did not answer";
  }
  return result;
}

submission_done pool::run(submit_request request, std::stop_token stop) {
  auto call = std::make_shared<waiting_call>();
  auto id = connection_->enter(call);
  auto own_id = std::exchange(request.id, id);
  const auto& config = connection_->options.config;
  auto attempts = static_cast<int>(std::max(1u, config.retry.attempts_max));
  auto bound = (chosen(request.wait, config.queue_wait) + connection_->work_bound(request.import_timeout, request.request_timeout)) * attempts;
  connection_->send(std::move(request));
  auto answer = connection_->wait(id, *call, bound, stop);
  submission_done result;
  if (auto done = std::get_if<submission_done>(&answer))
    result = std::move(*done);
  else
    result.outcome = no_answer();
  result.id = own_id;
  return result;
}

void pool::pause() { connection_->send(pause_pool{}); }
void pool::resume() { connection_->send(resume_pool{}); }
pool_drained pool::drain(std::chrono::milliseconds deadline) {
  return connection_->ask<pool_drained>(drain_pool{deadline}, deadline + answer_patience);
}
pool_answer pool::resize(unsigned workers) { return connection_->ask<pool_answer>(resize_pool{workers}); }
pool_answer pool::cycle(cycle_scope scope, std::uint32_t slot) { return connection_->ask<pool_answer>(cycle_pool{scope, slot}); }
pool_answer pool::prewarm(session_key key, unsigned workers) { return connection_->ask<pool_answer>(prewarm_key{std::move(key), workers}); }
pool_snapshot pool::snapshot(bool reset_high_water) { return connection_->ask<pool_snapshot>(get_pool_snapshot{reset_high_water}); }
crash_dossiers pool::dossiers() { return connection_->ask<crash_dossiers>(get_crash_dossiers{}); }
quarantine_list pool::quarantined() { return connection_->ask<quarantine_list>(list_quarantine{}); }
pool_answer pool::release_quarantine(std::uint64_t fingerprint) {
  return connection_->ask<pool_answer>(leanworker::release_quarantine{fingerprint});
}

pool_stopped pool::stop(bool firmly, std::chrono::milliseconds deadline) {
  connection_->send(stop_pool{firmly, deadline});
  std::unique_lock lock{connection_->mutex};
  auto bound = chosen(deadline, std::chrono::minutes{1}) + answer_patience;
  connection_->changed.wait_for(lock, bound, [this] { return connection_->report.has_value(); });
  return connection_->report.value_or(pool_stopped{});
}

const void* pool::actor() const noexcept { return &connection_->pool_pointer; }

} // namespace leanworker::client
