// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/client.hpp>

#include <leanworker/lean/check.hpp>

#include <leanworker/actors/internal/client_connection.hpp>

namespace leanworker::client {

// -- leases -----------------------------------------------------------------------

lease::lease(lease&& other) noexcept
    : connection_{std::move(other.connection_)}, state_{std::move(other.state_)}, token_{other.token_}, refusal_{std::move(other.refusal_)},
      last_stream_{std::move(other.last_stream_)}, waited_{other.waited_}, warm_{other.warm_} {}

lease& lease::operator=(lease&& other) noexcept {
  if (this == &other)
    return *this;
  release();
  connection_ = std::move(other.connection_);
  state_ = std::move(other.state_);
  token_ = other.token_;
  refusal_ = std::move(other.refusal_);
  last_stream_ = std::move(other.last_stream_);
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

request_outcome lease::stale() const {
  request_outcome outcome;
  outcome.code = errc::lease_stale;
  outcome.message = refusal_.code != errc::none ? refusal_.detail : std::string{describe(errc::lease_stale)};
  outcome.retry_safe = true;
  return outcome;
}

request_outcome lease::run(std::string body, const run_options& options) {
  if (!valid())
    return stale();
  wait_for_cancelled_stream();
  auto call = std::make_shared<waiting_call>();
  auto id = connection_->enter(call);
  connection_->send(run_on_lease{token_, id, std::move(body), options.import_timeout, options.timeout, options.idempotent, options.fingerprint, nullptr});
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
  limit_by_toolchain(lean, options.config.worker, options.config.cycle);
  options.child = lean.child();
  options.host = lean.host;
  options.warm_up = [](const session_key& key) { return encode_open_session(key.imports); };
  return options;
}

pool::pool(std::shared_ptr<connection> connection)
    : connection_{std::move(connection)}, keeper_{nullptr, [link = connection_](void*) { link->close(); }} {}

pool pool::open(pool_options options) { return pool{std::make_shared<connection>(std::move(options))}; }

lease pool::acquire(session_key key, const lease_options& options) {
  lease result;
  auto call = std::make_shared<waiting_call>();
  auto id = connection_->enter(call);
  connection_->send(acquire_lease{id, std::move(key), options.caller, options.urgency, options.weight, options.wait, options.expiry});
  auto bound = internal::bounded(chosen(options.wait, connection_->options.config.queue_wait)) + answer_patience;
  auto answer = connection_->wait(id, *call, bound, options.stop);
  if (auto granted = std::get_if<lease_granted>(&answer)) {
    result.connection_ = connection_;
    result.state_ = call->granted;
    result.token_ = granted->lease;
    result.waited_ = granted->waited;
    result.warm_ = granted->warm;
  } else if (auto refused = std::get_if<lease_refused>(&answer)) {
    result.refusal_ = std::move(*refused);
  } else if (auto late = std::get_if<submission_done>(&answer)) {
    result.refusal_.code = late->outcome.code;
    result.refusal_.detail = late->outcome.message;
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
  auto bound = connection_->submission_bound(request);
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
  deadline = internal::bounded(deadline);
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
  auto bound = internal::bounded(chosen(deadline, std::chrono::minutes{1})) + answer_patience;
  connection_->changed.wait_for(lock, bound, [this] { return connection_->down; });
  return connection_->report.value_or(pool_stopped{});
}

const void* pool::actor() const noexcept { return &connection_->pool_pointer; }

} // namespace leanworker::client
