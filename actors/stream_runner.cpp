// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/stream_runner.hpp>

#include <leanworker/actors/internal/handlers.hpp>
#include <leanworker/actors/internal/row_delivery.hpp>

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace leanworker {
namespace {

using self_pointer = stream_runner_actor::stateful_pointer<stream_runner_state>;

/// A sink looks at its deadline before it makes anything final; this long its answer may take after that.
constexpr std::chrono::milliseconds answer_grace{2'000};

/// Puts rows into the runner's mailbox, as long as there is a runner.
class mailbox_port : public row_port {
public:
  mailbox_port(std::size_t credit_bytes, stream_runner_actor runner)
      : row_port{credit_bytes}, runner_{caf::actor_cast<caf::weak_actor_ptr>(runner)} {}

  void take(row_slice slice) override {
    if (auto runner = caf::actor_cast<caf::strong_actor_ptr>(runner_))
      caf::anon_send(caf::actor_cast<stream_runner_actor>(runner), std::move(slice));
  }
  void closed(rows_summary summary) override {
    std::lock_guard lock{mutex_};
    summary_ = std::move(summary);
  }
  rows_summary summary() const {
    std::lock_guard lock{mutex_};
    auto known = summary_;
    known.rows = std::max(known.rows, delivered());
    return known;
  }

private:
  caf::weak_actor_ptr runner_;
  mutable std::mutex mutex_;
  rows_summary summary_;
};

template <class Message>
void to_pool(self_pointer self, Message message) {
  auto& spec = self->state.spec;
  if (spec.on_behalf_of)
    caf::send_as(caf::actor_cast<caf::actor>(spec.on_behalf_of), spec.pool, std::move(message));
  else
    self->send(spec.pool, std::move(message));
}

void start(self_pointer self) {
  auto& state = self->state;
  std::visit(
    [&](auto& request) {
      request.id = state.spec.id;
      request.rows = state.port;
      if (request.request_timeout.count() == 0)
        request.request_timeout = state.spec.request_timeout;
      state.spec.request_timeout = request.request_timeout;
      to_pool(self, std::move(request));
    },
    state.spec.request);
}

void report(self_pointer self, request_outcome outcome) {
  auto& state = self->state;
  stream_done last;
  last.id = state.spec.id;
  last.rows = static_cast<mailbox_port&>(*state.port).summary();
  outcome.rows_delivered = state.port->delivered();
  last.outcome = std::move(outcome);
  last.deaths = std::move(state.done.deaths);
  self->send(state.requester, std::move(last));
  self->quit();
}

void fail(self_pointer self, request_outcome outcome) {
  self->send(self->state.spec.sink, discard_rows{outcome});
  report(self, std::move(outcome));
}

void cancel(self_pointer self) {
  auto& state = self->state;
  if (!state.ended && !std::exchange(state.cancelled, true))
    to_pool(self, cancel_submission{state.spec.id});
}

void refuse(self_pointer self, rows_refused why) {
  auto& state = self->state;
  if (!std::exchange(state.refused, true))
    state.refusal = std::move(why);
  cancel(self);
}

void finished(self_pointer self, const rows_finished& answer) {
  auto& state = self->state;
  auto outcome = state.done.outcome;
  if (answer.code != errc::none)
    return fail(self, internal::failed_by_sink(std::move(outcome), {answer.code, answer.message}));
  if (state.refused) // while the order to finish was on its way
    return fail(self, internal::failed_by_sink(std::move(outcome), {state.refusal.code, state.refusal.message}));
  report(self, std::move(outcome));
}

void sink_is_silent(self_pointer self, const caf::error& why) {
  bool late = why == caf::sec::request_timeout;
  sink_status status{late ? errc::sink_timeout : errc::sink_failed,
                     late ? "the sink did not finish within the request's deadline" : "the sink died: " + self->system().render(why)};
  fail(self, internal::failed_by_sink(self->state.done.outcome, status));
}

/// All rows are in the runner's past: the link had put them into its mailbox before it told anybody about the end.
void request_ended(self_pointer self, submission_done& done) {
  auto& state = self->state;
  if (done.id != state.spec.id || std::exchange(state.ended, true))
    return;
  state.done = std::move(done);
  auto& outcome = state.done.outcome;
  if (state.refused)
    return fail(self, internal::failed_by_sink(outcome, {state.refusal.code, state.refusal.message}));
  if (!outcome.ok())
    return fail(self, outcome);
  auto left = internal::sink_time_left(state.spec.request_timeout, outcome);
  finish_rows order{static_cast<mailbox_port&>(*state.port).summary(), outcome.body, std::chrono::steady_clock::now() + left};
  self->request(state.spec.sink, left + answer_grace, std::move(order))
    .then([self](const rows_finished& answer) { finished(self, answer); }, [self](const caf::error& why) { sink_is_silent(self, why); });
}

/// Nobody will tell how the request ended.
void lose(self_pointer self, errc code, std::string why) {
  if (self->state.ended)
    return;
  submission_done lost;
  lost.id = self->state.spec.id;
  lost.outcome.code = code;
  lost.outcome.message = std::move(why);
  lost.outcome.work_started = true; // nobody knows
  request_ended(self, lost);
}

void somebody_is_down(self_pointer self, const caf::down_msg& down) {
  auto& state = self->state;
  if (state.spec.on_behalf_of && down.source == state.spec.on_behalf_of)
    return lose(self, errc::caller_gone, "the holder of the lease is gone");
  if (down.source == state.requester)
    return cancel(self);
  if (down.source == state.spec.sink) {
    // CAF leaves a request unanswered whose receiver took it and died.
    return state.ended ? sink_is_silent(self, down.reason)
                       : refuse(self, {errc::sink_failed, "the sink died: " + self->system().render(down.reason)});
  }
  lose(self, errc::actor_failed, "the pool has failed");
}

} // namespace

stream_runner_actor::behavior_type stream_runner(self_pointer self, stream_spec spec, stream_requester_actor requester) {
  internal::install_quiet_handlers(self);
  auto& state = self->state;
  state.spec = std::move(spec);
  state.requester = std::move(requester);
  state.port = std::make_shared<mailbox_port>(state.spec.credit_bytes, stream_runner_actor{self});
  self->set_down_handler([self](caf::down_msg& down) { somebody_is_down(self, down); });
  state.monitors.add(self, state.requester);
  state.monitors.add(self, state.spec.sink);
  state.monitors.add(self, state.spec.pool);
  if (state.spec.on_behalf_of) // the pool answers nobody in its place
    state.monitors.add(self, state.spec.on_behalf_of);
  start(self);
  return {
    [](const submission_started&) {},
    [self](submission_done& m) { request_ended(self, m); },
    [](const lease_granted&) {},
    [](const lease_refused&) {},
    [](const lease_ended&) {},
    [self, &state](row_slice& slice) {
      if (!state.refused)
        self->send(state.spec.sink, std::move(slice));
    },
    [self](rows_refused& m) { refuse(self, std::move(m)); },
    [self](const cancel_stream&) { cancel(self); },
  };
}

} // namespace leanworker
