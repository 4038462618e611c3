// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/child_link.hpp>

#include <leanworker/actors/internal/handlers.hpp>
#include <leanworker/child/handshake.hpp>

#include <caf/send.hpp>

namespace leanworker {
namespace {

using self_pointer = process_link_actor::stateful_pointer<child_link_state>;

/// Stands on the host thread and sends what it hears to the link.
class link_observer : public child_observer {
public:
  link_observer(process_link_actor link, std::uint64_t generation) : link_{std::move(link)}, generation_{generation} {}
  void started(pid_t pid) override { caf::anon_send(link_, child_started{generation_, pid}); }
  void frames(frame_batch_ptr batch) override { caf::anon_send(link_, frames_arrived{std::move(batch)}); }
  void fault(errc cause, const std::string& detail) override { caf::anon_send(link_, child_fault{generation_, cause, detail}); }
  void ended(const child_end& end) override { caf::anon_send(link_, link_ended{std::make_shared<const child_end>(end)}); }

private:
  process_link_actor link_;
  std::uint64_t generation_;
};

void fail(self_pointer self, errc cause, std::string detail) {
  auto& state = self->state;
  self->send(state.worker, child_fault{state.generation, cause, std::move(detail)});
  state.host->stop(state.child, stop_mode::hard);
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

template <class Message>
void forward_decoded(self_pointer self, const frame_view& frame, Message message, bool valid) {
  if (!valid)
    return fail(self, errc::frame_bad_body, "the body of a " + std::string{to_string(frame.header.kind)} + " frame is not as it must be");
  message.generation = self->state.generation;
  self->send(self->state.worker, std::move(message));
}

void take_frame(self_pointer self, const frame_view& frame) {
  auto& state = self->state;
  if (!state.greeted)
    return greet(self, frame);
  switch (frame.header.kind) {
    case frame_kind::response: {
      bool refused = (frame.header.flags & frame_flag_error) != 0;
      return self->send(state.worker, child_response{state.generation, frame.header.request_id, refused, std::string{frame.body}});
    }
    case frame_kind::progress: {
      child_progress progress;
      bool valid = decode_progress(frame.body, progress);
      progress.request_id = frame.header.request_id;
      return forward_decoded(self, frame, std::move(progress), valid);
    }
    case frame_kind::log:
    case frame_kind::diagnostic: {
      child_log log;
      bool valid = decode_log(frame.body, log);
      return forward_decoded(self, frame, std::move(log), valid);
    }
    case frame_kind::row: return fail(self, errc::unexpected_frame, "a row for a request that has no sink");
    default: return fail(self, errc::unexpected_frame, "a second hello");
  }
}

child_down down_of(std::uint64_t generation, const child_end& end) {
  child_down down;
  down.generation = generation;
  down.cause = end.cause;
  down.exit = end.exit;
  down.detail = end.detail;
  down.stderr_tail = end.stderr_tail;
  down.uptime = end.uptime;
  return down;
}

process_link_actor::behavior_type child_link(self_pointer self, std::shared_ptr<host_thread> host, process_spec spec, child_limits limits,
                                             std::uint64_t generation, worker_actor worker) {
  internal::install_quiet_handlers(self);
  auto& state = self->state;
  state.host = std::move(host);
  state.generation = generation;
  state.worker = std::move(worker);
  // Without its worker nobody would ever end the child; its end ends the link.
  self->monitor(state.worker);
  self->set_down_handler([self](caf::down_msg&) { self->state.host->stop(self->state.child, stop_mode::hard); });
  state.child = state.host->spawn(std::move(spec), std::make_shared<link_observer>(process_link_actor{self}, generation), limits);
  return {
    [self](const link_send& order) {
      auto frame = encode_frame(static_cast<frame_kind>(order.kind), 0, order.request_id, order.body);
      self->state.host->send(self->state.child, std::move(frame), std::chrono::steady_clock::now() + order.timeout);
    },
    [self](const link_accept& order) { self->state.host->set_body_bytes_max(self->state.child, order.body_bytes_max); },
    [self](const link_stop& order) { self->state.host->stop(self->state.child, static_cast<stop_mode>(order.mode)); },
    [self](const child_started& event) { self->send(self->state.worker, event); },
    [self](const frames_arrived& arrived) {
      for (const auto& frame : arrived.batch->frames())
        take_frame(self, frame);
    },
    [self](const child_fault& event) { self->send(self->state.worker, event); },
    [self](const link_ended& event) {
      self->state.ended = true;
      self->send(self->state.worker, down_of(self->state.generation, *event.end));
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
