// SPDX-License-Identifier: Apache-2.0
// Requests with rows, for those who wait.
#include <leanworker/actors/client.hpp>

#include <leanworker/actors/internal/client_connection.hpp>
#include <leanworker/actors/internal/row_delivery.hpp>

namespace leanworker::client {

using internal::row_delivery;
using internal::row_queue;
using internal::slice_pacer;

// -- one call -----------------------------------------------------------------------

void row_call::enter() {
  call->rows = rows;
  id = link->enter(call);
}

void row_call::cancel() {
  call->given_up = true;
  link->send(cancel_submission{id});
  rows->abandon();
}

submission_done row_call::outcome() {
  auto answer = call->wait_until(bound);
  if (answer.index() == 0)
    link->leave(id);
  auto done = std::get_if<submission_done>(&answer);
  return done ? std::move(*done) : submission_done{id, no_answer(), {}};
}

namespace {

/// Gives one slice to the consumer, in pieces between which the deadline is looked at. False when it failed or is too late.
bool give(row_delivery& delivery, slice_pacer& pacer, row_slice slice, const row_call& call) {
  while (slice.first < slice.last) {
    row_slice piece{slice.batch, slice.first, std::min(slice.last, slice.first + pacer.next())};
    auto began = clock::now();
    if (!delivery.give(piece))
      return false;
    auto now = clock::now();
    pacer.took(piece.last - piece.first, now - began);
    slice.first = piece.last;
    auto ended = call.rows->ended_at();
    auto done = ended ? call.call->done() : nullptr;
    if (done && done->outcome.code == errc::cancelled)
      return false; // who does not want the rest is not made to wait for it
    if (!done || now <= *ended + internal::sink_time_left(call.request_timeout, done->outcome))
      continue;
    if (done->outcome.ok())
      delivery.fail({errc::sink_timeout, "the sink took longer than the request had"});
    return false;
  }
  return true;
}

stream_outcome drive(row_call& call, row_consumer& consumer, const std::stop_token& stop) {
  std::stop_callback cancel{stop, [&call] { call.link->send(cancel_submission{call.id}); }};
  row_delivery delivery{consumer};
  slice_pacer pacer;
  bool giving = true;
  for (row_slice slice; call.rows->next(slice, call.bound) == row_queue::next_is::slice; slice = {}) {
    if (!giving || give(delivery, pacer, std::move(slice), call))
      continue;
    giving = false;
    if (auto done = call.call->done(); done && !done->outcome.ok())
      delivery.forgive();
    call.cancel();
  }
  auto done = call.outcome();
  stream_outcome result;
  result.rows = call.rows->summary();
  auto ended = call.rows->ended_at().value_or(clock::now());
  auto deadline = ended + internal::sink_time_left(call.request_timeout, done.outcome);
  done.outcome.rows_delivered = call.rows->delivered();
  result.outcome = delivery.settle(std::move(done.outcome), result.rows, deadline);
  result.deaths = std::move(done.deaths);
  return result;
}

} // namespace

// -- pulled rows --------------------------------------------------------------------

row_stream::row_stream(std::unique_ptr<row_call> call) : call_{std::move(call)} {}
row_stream::row_stream(request_outcome failed) { outcome_.outcome = std::move(failed); }
row_stream::row_stream(row_stream&& other) noexcept = default;
row_stream& row_stream::operator=(row_stream&& other) noexcept {
  if (this != &other) {
    cancel();
    call_ = std::move(other.call_);
    slice_ = std::move(other.slice_);
    outcome_ = std::move(other.outcome_);
    on_note_ = std::move(other.on_note_);
  }
  return *this;
}
row_stream::~row_stream() { cancel(); }

void row_stream::cancel() {
  slice_ = {};
  if (call_)
    call_->cancel();
}

bool row_stream::next(data_row& row) {
  while (call_) {
    while (slice_.batch && slice_.first < slice_.last) {
      row_slice one{slice_.batch, slice_.first, slice_.first + 1};
      ++slice_.first;
      bool is_row = false;
      visit_rows(
        one,
        [&](const data_row& found) {
          row = found;
          return is_row = true;
        },
        [this](const frame_view& frame) {
          if (row_note said; on_note_ && decode_note(frame, said))
            on_note_(said);
          return true;
        });
      if (is_row)
        return true;
    }
    slice_ = {};
    if (call_->rows->next(slice_, call_->bound) != row_queue::next_is::slice)
      conclude();
  }
  return false;
}

void row_stream::conclude() {
  auto done = call_->outcome();
  outcome_.outcome = std::move(done.outcome);
  outcome_.outcome.rows_delivered = call_->rows->delivered();
  outcome_.deaths = std::move(done.deaths);
  outcome_.rows = call_->rows->summary();
  call_.reset();
}

const stream_outcome& row_stream::outcome() {
  if (call_) {
    cancel();
    conclude();
  }
  return outcome_;
}

// -- where they begin ---------------------------------------------------------------

void lease::wait_for_cancelled_stream() {
  auto last = last_stream_.lock();
  last_stream_.reset();
  if (last && last->given_up)
    last->wait_until_over(clock::now() + answer_patience);
}

std::unique_ptr<row_call> lease::start(std::string body, const run_options& options) {
  wait_for_cancelled_stream();
  auto call = std::make_unique<row_call>();
  call->link = connection_;
  call->request_timeout = chosen(options.timeout, connection_->options.config.worker.request_timeout);
  call->bound = clock::now() + connection_->work_bound(options.import_timeout, options.timeout);
  call->enter();
  last_stream_ = call->call;
  connection_->send(
    run_on_lease{token_, call->id, std::move(body), options.import_timeout, options.timeout, options.idempotent, options.fingerprint, call->rows});
  return call;
}

stream_outcome lease::run(std::string body, row_consumer& consumer, const run_options& options) {
  if (valid())
    return drive(*start(std::move(body), options), consumer, options.stop);
  stream_outcome result;
  result.outcome = stale();
  consumer.discard(result.outcome);
  return result;
}

row_stream lease::stream(std::string body, const run_options& options) {
  return valid() ? row_stream{start(std::move(body), options)} : row_stream{stale()};
}

std::unique_ptr<row_call> pool::start(submit_request request) {
  auto call = std::make_unique<row_call>();
  call->link = connection_;
  call->request_timeout = chosen(request.request_timeout, connection_->options.config.worker.request_timeout);
  call->bound = clock::now() + connection_->submission_bound(request);
  call->enter();
  request.id = call->id;
  request.rows = call->rows;
  connection_->send(std::move(request));
  return call;
}

stream_outcome pool::run(submit_request request, row_consumer& consumer, std::stop_token stop) {
  return drive(*start(std::move(request)), consumer, stop);
}

row_stream pool::stream(submit_request request) { return row_stream{start(std::move(request))}; }

} // namespace leanworker::client
