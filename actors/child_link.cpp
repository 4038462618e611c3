// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/child_link.hpp>

#include <leanworker/actors/internal/handlers.hpp>
#include <leanworker/child/handshake.hpp>

#include <caf/send.hpp>

#include <cerrno>
#include <cstring>
#include <utility>

namespace leanworker {
namespace {

using self_pointer = process_link_actor::stateful_pointer<child_link_state>;
using time_point = internal::row_tap::time_point;

/// Stands on the host thread and sends what it hears to the link.
class link_observer : public child_observer {
public:
  link_observer(process_link_actor link, std::uint64_t generation) : link_{std::move(link)}, generation_{generation} {}
  void started(pid_t pid) override { caf::anon_send(link_, child_started{generation_, pid, true}); }
  void frames(frame_batch_ptr batch) override { caf::anon_send(link_, frames_arrived{std::move(batch)}); }
  void printed(printed_line line) override {
    caf::anon_send(link_, line_printed{std::make_shared<const printed_line>(std::move(line))});
  }
  void fault(errc cause, const std::string& detail) override { caf::anon_send(link_, child_fault{generation_, cause, detail}); }
  void ended(const child_end& end) override { caf::anon_send(link_, link_ended{std::make_shared<const child_end>(end)}); }

private:
  process_link_actor link_;
  std::uint64_t generation_;
};

void fail(self_pointer self, errc cause, std::string detail) {
  auto& state = self->state;
  state.failed = true; // what follows in the pipe means nothing
  self->send(state.worker, child_fault{state.generation, cause, std::move(detail)});
  state.host->stop(state.child, stop_mode::hard);
}

/// Its caller has its outcome. A child that waits for somebody to read must get on, or it could not hear of the cancel.
void drop_rows(self_pointer self) {
  auto& state = self->state;
  if (!state.rows.has_port())
    return;
  state.rows.discard(self->clock().now());
  state.host->credit(state.child, state.credit_bytes);
}

void greet(self_pointer self, const frame_view& frame) {
  auto& state = self->state;
  child_hello hello;
  std::string problem;
  if (frame.header.kind != frame_kind::hello)
    return fail(self, errc::handshake_failed, "the first frame is a " + std::string{to_string(frame.header.kind)} + ", not a hello");
  if (!decode_hello(frame.body, hello, problem))
    return fail(self, errc::handshake_failed, std::move(problem));
  state.greeted = true;
  hello.generation = state.generation;
  self->send(state.worker, std::move(hello));
}

errc refuse_body(self_pointer self, const frame_view& frame) {
  fail(self, errc::frame_bad_body, "the body of a " + std::string{to_string(frame.header.kind)} + " frame is not as it must be");
  return errc::frame_bad_body;
}

void take_response(self_pointer self, const frame_view& frame, std::uint64_t id) {
  auto& state = self->state;
  bool refused = (frame.header.flags & frame_flag_error) != 0;
  if (id == state.rows.request_id()) {
    bool had_credit_of_its_own = state.rows.has_port() || state.rows.discarding();
    state.rows.close(self->clock().now());
    // What its user still holds must not stop the next request.
    if (had_credit_of_its_own)
      state.host->credit(state.child, state.credit_bytes);
  }
  bool retire = (frame.header.flags & frame_flag_retire) != 0;
  self->send(state.worker, child_response{state.generation, id, refused, std::string{frame.body}, retire});
}

void take_row(self_pointer self, const frame_batch_ptr& batch, std::uint32_t index, std::uint64_t id, time_point now) {
  auto& state = self->state;
  if (id == 0 || id != state.rows.request_id())
    return fail(self, errc::unexpected_frame, "a row for request " + std::to_string(id) + ", which does not run");
  bool unwanted = !state.rows.has_port() && !state.rows.discarding();
  if (auto code = state.rows.row(batch, index, now); code != errc::none)
    return fail(self, code, state.rows.problem());
  if (unwanted && !std::exchange(state.row_refusal_told, true))
    self->send(state.worker, child_row_refused{state.generation, id, errc::row_without_sink, "the request was sent without a sink for rows"});
}

/// The worker's deadlines hang on the host's imports, whoever else listens. A command that names a phase of its own so moves nothing.
void tell_import(self_pointer self, child_progress progress) {
  auto& state = self->state;
  auto step = progress.current < progress.total ? 1u : 2u;
  if (!progress.host || progress.phase != "import" || progress.request_id != state.rows.request_id() || step != state.import_steps + 1)
    return;
  state.import_steps = step;
  progress.generation = state.generation;
  self->send(state.worker, std::move(progress));
}

void log_line(self_pointer self, child_log line) {
  auto& state = self->state;
  if (!state.logs.passes(self->clock().now()))
    return;
  line.generation = state.generation;
  if (auto dropped = state.logs.take_dropped(); dropped > 0)
    self->send(state.worker, child_log{state.generation, "warning", std::to_string(dropped) + " lines of the child were dropped: too many at once"});
  self->send(state.worker, std::move(line));
}

/// Keeps what says how far the running request came. True: a message of a finished command, which is for the outcome alone.
bool keep_for_outcome(self_pointer self, const frame_view& frame, std::uint64_t id, const child_note& note) {
  auto& state = self->state;
  bool has_port = state.rows.has_port() || state.rows.discarding(); // its user hears everything, and its commands name what they like
  if (!state.notes || has_port || id == 0 || id != state.rows.request_id())
    return false;
  if (frame.header.kind == frame_kind::progress && note.phase == "elaborate")
    state.notes->position(note.current);
  if (frame.header.kind != frame_kind::diagnostic || note.code != "message")
    return false;
  state.notes->diagnostic(std::string{frame.body});
  return true;
}

/// One decoder for all three kinds; see `decode_child_note`.
void take_note(self_pointer self, const frame_batch_ptr& batch, std::uint32_t index, std::uint64_t id) {
  auto& state = self->state;
  const auto& frame = batch->frames()[index];
  child_note note;
  if (!decode_child_note(frame.body, note))
    return void(refuse_body(self, frame));
  if (keep_for_outcome(self, frame, id, note))
    return;
  bool for_port = id != 0 && id == state.rows.request_id() && (state.rows.has_port() || state.rows.discarding());
  if (frame.header.kind == frame_kind::progress) {
    child_progress progress;
    if (!progress_of(note, progress))
      return void(refuse_body(self, frame));
    progress.request_id = id;
    tell_import(self, std::move(progress));
  } else {
    child_log line;
    if (!log_of(note, line))
      return void(refuse_body(self, frame));
    if (!for_port)
      return log_line(self, std::move(line));
  }
  if (for_port)
    state.rows.note(batch, index);
}

/// What a living child prints while it works: to be seen by whoever looks at logs, and a panic by whoever gets the result.
void take_printed(self_pointer self, const printed_line& line) {
  auto& state = self->state;
  if (line.panic && state.notes && state.rows.request_id() != 0)
    state.notes->panic(line.text);
  log_line(self, {state.generation, line.panic ? "warning" : "info", (line.on_stderr ? "stderr: " : "stdout: ") + line.text});
}

void take_frame(self_pointer self, const frame_batch_ptr& batch, std::uint32_t index, time_point now) {
  const auto& frame = batch->frames()[index];
  if (!self->state.greeted)
    return greet(self, frame);
  if (frame.header.kind == frame_kind::hello)
    return fail(self, errc::unexpected_frame, "a second hello");
  auto [error, id, detail] = self->state.seals.open(frame.header);
  if (error != errc::none)
    return fail(self, error, std::move(detail));
  switch (frame.header.kind) {
    case frame_kind::row: return take_row(self, batch, index, id, now);
    case frame_kind::response: return take_response(self, frame, id);
    case frame_kind::progress:
    case frame_kind::log:
    case frame_kind::diagnostic: return take_note(self, batch, index, id);
    default: return fail(self, errc::unexpected_frame, "a frame that no child sends"); // the cutter lets none through
  }
}

void take_batch(self_pointer self, const frame_batch_ptr& batch) {
  auto& state = self->state;
  auto now = self->clock().now();
  auto count = static_cast<std::uint32_t>(batch->frames().size());
  for (std::uint32_t i = 0; i < count && !state.failed; ++i)
    take_frame(self, batch, i, now);
  state.rows.flush();
}

/// The key is known to this link and to its child only.
void send_configure(self_pointer self, const link_send& order) {
  auto& state = self->state;
  auto key = random_seal_key();
  if (!key)
    return fail(self, errc::handshake_failed, std::string{"the kernel gives no random numbers for the key of a child: "} + std::strerror(errno));
  state.seals.expect(*key, order.request_id);
  auto frame = encode_frame(frame_kind::configure, 0, order.request_id, with_seal_key(order.body, *key));
  state.host->send(state.child, std::move(frame), std::chrono::steady_clock::now() + order.timeout);
}

void send_frame(self_pointer self, const link_send& order) {
  auto& state = self->state;
  auto kind = static_cast<frame_kind>(order.kind);
  auto now = self->clock().now();
  if (kind == frame_kind::configure)
    return send_configure(self, order);
  if (kind == frame_kind::request) {
    state.row_refusal_told = false;
    state.import_steps = 0;
    state.notes = order.notes;
    if (order.rows)
      state.host->credit(state.child, order.rows->credit_bytes(), order.rows->meter());
    state.rows.open(order.request_id, order.rows, now);
  } else if (kind == frame_kind::cancel) {
    drop_rows(self);
  }
  state.host->send(state.child, encode_frame(kind, 0, order.request_id, order.body), std::chrono::steady_clock::now() + order.timeout);
}

child_down down_of(std::uint64_t generation, bool greeted, const child_end& end) {
  child_down down;
  down.generation = generation;
  down.cause = end.cause;
  down.exit = end.exit;
  down.detail = end.detail;
  down.stderr_tail = end.stderr_tail;
  down.uptime = end.uptime;
  down.hang = end.hang;
  down.greeted = greeted;
  // A native `lean` that cannot start says why on descriptor 1.
  if (!greeted)
    down.stdout_tail = end.stdout_tail;
  return down;
}

process_link_actor::behavior_type child_link(self_pointer self, std::shared_ptr<host_thread> host, process_spec spec, child_limits limits,
                                             std::uint64_t generation, worker_actor worker) {
  internal::install_quiet_handlers(self);
  auto& state = self->state;
  state.host = std::move(host);
  state.generation = generation;
  state.worker = std::move(worker);
  state.credit_bytes = limits.credit_bytes;
  // Without its worker nobody would ever end the child; its end ends the link.
  state.monitors.add(self, state.worker);
  self->set_down_handler([self](caf::down_msg&) { self->state.host->stop(self->state.child, stop_mode::hard); });
  state.child = state.host->spawn(std::move(spec), std::make_shared<link_observer>(process_link_actor{self}, generation), limits);
  return {
    [self](const link_send& order) { send_frame(self, order); },
    [self](const link_accept& order) { self->state.host->set_body_bytes_max(self->state.child, order.body_bytes_max); },
    [self](const link_stop& order) {
      drop_rows(self);
      self->state.host->stop(self->state.child, static_cast<stop_mode>(order.mode), order.describe);
    },
    [self](const child_started& event) { self->send(self->state.worker, event); },
    [self](const frames_arrived& arrived) { take_batch(self, arrived.batch); },
    [self](const child_fault& event) { self->send(self->state.worker, event); },
    [self](const line_printed& event) { take_printed(self, *event.line); },
    [self](const link_ended& event) {
      self->state.ended = true;
      self->state.rows.close(self->clock().now());
      self->send(self->state.worker, down_of(self->state.generation, self->state.greeted, *event.end));
      self->quit();
    },
  };
}

} // namespace

child_link_state::~child_link_state() {
  if (host && !ended)
    host->stop(child, stop_mode::hard);
}

process_link_actor spawn_child_link(caf::actor_system& system, std::shared_ptr<host_thread> host, process_spec spec, child_limits limits,
                                    std::uint64_t generation, worker_actor worker) {
  return system.spawn(child_link, std::move(host), std::move(spec), limits, generation, std::move(worker));
}

link_factory process_links(std::shared_ptr<host_thread> host, process_spec spec, child_limits limits) {
  return [=](caf::actor_system& system, std::uint64_t generation, worker_actor worker) -> child_link_actor {
    return spawn_child_link(system, host, spec, limits, generation, std::move(worker));
  };
}

} // namespace leanworker
