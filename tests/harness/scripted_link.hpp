// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/child_link.hpp>
#include <leanworker/actors/internal/row_tap.hpp>
#include <leanworker/child/frame.hpp>
#include <leanworker/child/internal/stop_ladder.hpp>
#include <leanworker/harness/made_up_batch.hpp>

#include <caf/send.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <variant>
#include <vector>

/// Children that are scripts: links without a process behind them. A test gives `scripted_links::factory()` to a worker or a pool, reads what
/// the workers ordered, and answers in the child's place. Nothing here waits, and nothing is said that the test does not say.
namespace leanworker::harness {

/// One order from a worker to its link.
using link_order = std::variant<link_send, link_accept, link_stop>;

/// One generation of one worker. What a test says here is put into the worker's mailbox at once, in order; the worker acts on it when messages are
/// delivered the next time (`actor_fixture::settle`).
class scripted_child {
public:
  const std::size_t slot;         ///< Which worker: counts from 0 in the order in which the workers made their first link.
  const std::uint64_t generation;
  std::vector<link_order> orders; ///< Everything that the worker ordered, oldest first.

  scripted_child(std::size_t slot_index, std::uint64_t generation_number, worker_actor worker)
      : slot{slot_index}, generation{generation_number}, worker_{std::move(worker)} {}

  // -- what was ordered ---
  /// All frames of one kind that were to be sent, oldest first.
  std::vector<link_send> sent(frame_kind kind) const {
    std::vector<link_send> found;
    for (const auto& order : orders)
      if (auto frame = std::get_if<link_send>(&order); frame && frame->kind == static_cast<std::uint8_t>(kind))
        found.push_back(*frame);
    return found;
  }
  /// The request id of the last request frame; 0 if there was none.
  std::uint64_t last_request_id() const {
    auto requests = sent(frame_kind::request);
    return requests.empty() ? 0 : requests.back().request_id;
  }
  /// The strongest way in which the worker asked for the child's end, if it did.
  std::optional<stop_mode> stop_asked() const {
    std::optional<stop_mode> strongest;
    for (const auto& order : orders)
      if (auto stop = std::get_if<link_stop>(&order))
        strongest = std::max(strongest.value_or(stop_mode::polite), static_cast<stop_mode>(stop->mode));
    return strongest;
  }
  /// The link's ear.
  void heard(link_order order) {
    hear(order);
    orders.push_back(std::move(order));
  }
  /// What happens to it when its worker is gone.
  void die_with_worker() noexcept { ended_ = true; }
  /// The worker that it belongs to.
  const worker_actor& worker() const noexcept { return worker_; }
  /// True until `down` or `lose_link`.
  bool live() const noexcept { return !ended_; }

  // -- what the child says ---
  /// Once only, as a link does.
  void started(std::int64_t pid = 4711) {
    if (!std::exchange(started_, true))
      say(child_started{generation, pid});
  }
  /// A hello with the facts given; its generation is filled in.
  void hello(child_hello facts = plain_hello()) {
    facts.generation = generation;
    say(std::move(facts));
  }
  void respond(std::uint64_t request_id, std::string body = "{}") {
    end_rows(request_id);
    say(child_response{generation, request_id, false, std::move(body)});
  }
  void refuse(std::uint64_t request_id, std::string body) {
    end_rows(request_id);
    say(child_response{generation, request_id, true, std::move(body)});
  }
  /// Answers the last request, and asks to be replaced.
  void answer_and_retire(std::string body = "{}") {
    end_rows(last_request_id());
    say(child_response{generation, last_request_id(), false, std::move(body), true});
  }
  /// Does not want its answer believed, for want of memory or for another reason.
  void near_memory_limit(std::string code = "near_memory_limit") {
    end_rows(last_request_id());
    say(child_response{generation, last_request_id(), true, R"({"code":")" + code + R"(","message":"90 % used"})", true});
  }
  /// A batch of frames of the last request, as a link hands it on. The sequence numbers are the test's.
  void rows(const made_up_batch& batch) {
    auto made = batch.make();
    auto now = internal::row_tap::time_point{};
    bool unwanted = !tap_.has_port() && !tap_.discarding();
    for (std::uint32_t i = 0; i < made->frames().size(); ++i)
      if (made->frames()[i].header.kind != frame_kind::row)
        tap_.note(made, i);
      else if (tap_.row(made, i, now) != errc::none)
        return fault(errc::row_sequence_broken, tap_.problem());
    tap_.flush();
    if (unwanted)
      say(child_row_refused{generation, tap_.request_id(), errc::row_without_sink, {}});
  }
  /// Answers the last request that was sent.
  void answer(std::string body = "{}") { respond(last_request_id(), std::move(body)); }
  void progress(std::string phase, std::uint64_t current, std::uint64_t total) {
    say(child_progress{generation, last_request_id(), std::move(phase), current, total});
  }
  void log(std::string level, std::string text) { say(child_log{generation, std::move(level), std::move(text)}); }
  /// The whole of a good start. `configure` always has the request id 1.
  void become_ready() {
    started();
    hello();
    respond(1);
  }
  /// Something of the generation before arrives late.
  void echo_of_the_dead() {
    if (generation > 0)
      say(child_response{generation - 1, 2, false, "stale"});
  }
  void fault(errc cause, std::string detail = {}) { say(child_fault{generation, cause, std::move(detail)}); }

  // -- how it ends ---
  /// The end of the generation as a link reports it; the link's last word.
  void down(errc cause, exit_status exit = {}, std::string stderr_tail = {}, std::chrono::milliseconds uptime = {}) {
    child_down end;
    end.generation = generation;
    end.cause = cause;
    end.exit = exit;
    end.stderr_tail = std::move(stderr_tail);
    end.uptime = uptime;
    tap_.close({});
    say(std::move(end));
    end_link(caf::exit_reason::normal);
  }
  /// It dies by a signal, as in a crash.
  void crash(std::string stderr_tail = "Stack overflow detected. Aborting.") {
    down(errc::child_signalled, exit_status::signalled(6, false), std::move(stderr_tail));
  }
  /// User code ends it.
  void exit_by_user_code(int code) {
    child_down end;
    end.cause = errc::child_failed;
    end.exit = exit_status::exited(code);
    end.greeted = true;
    end.generation = generation;
    tap_.close({});
    say(std::move(end));
    end_link(caf::exit_reason::normal);
  }
  /// It obeys a planned end.
  void leave() { down(errc::stopped, exit_status::exited(0)); }
  /// The link dies without a last word.
  void lose_link() { end_link(caf::exit_reason::unhandled_exception); }

  static child_hello plain_hello() {
    child_hello facts;
    facts.child_kind = "scripted";
    facts.child_version = "1";
    facts.receive_bytes_max = frame_bytes_max_highest;
    facts.send_bytes_max = frame_bytes_max_highest;
    return facts;
  }

private:
  friend class scripted_links;

  template <class Message>
  void say(Message message) {
    caf::send_as(link_, worker_, std::move(message));
  }
  /// What a link does about rows when it gets this order.
  void hear(const link_order& order) {
    if (std::holds_alternative<link_stop>(order))
      tap_.discard({});
    else if (auto frame = std::get_if<link_send>(&order); !frame)
      return;
    else if (frame->kind == static_cast<std::uint8_t>(frame_kind::request))
      tap_.open(frame->request_id, frame->rows, {});
    else if (frame->kind == static_cast<std::uint8_t>(frame_kind::cancel))
      tap_.discard({});
  }
  void end_rows(std::uint64_t request_id) {
    if (request_id == tap_.request_id())
      tap_.close({});
  }
  void end_link(caf::exit_reason reason) {
    ended_ = true;
    caf::anon_send_exit(link_, reason);
  }

  worker_actor worker_;
  child_link_actor link_;
  internal::row_tap tap_;
  bool started_ = false;
  bool ended_ = false;
};

struct scripted_link_state {
  scripted_link_state() = default;
  static inline const char* name = "scripted_link";
};

/// The actor behind a scripted child: writes orders down, ends when told to, and with its worker.
inline child_link_actor::behavior_type scripted_link(child_link_actor::stateful_pointer<scripted_link_state> self,
                                                     std::shared_ptr<scripted_child> child, worker_actor worker) {
  self->monitor(worker);
  // As a real link's, its child dies with its worker.
  self->set_down_handler([self, child](caf::down_msg&) {
    child->die_with_worker();
    self->quit();
  });
  self->set_exit_handler([self](caf::exit_msg& order) { self->quit(std::move(order.reason)); });
  return {
    [child](const link_send& order) { child->heard(order); },
    [child](const link_accept& order) { child->heard(order); },
    [child](const link_stop& order) { child->heard(order); },
  };
}

/// Makes and keeps the scripted children of any number of workers. Must outlive the workers, and must end before their actor system.
class scripted_links {
public:
  /// What a `worker_spec` or `pool_spec` takes as `links`.
  link_factory factory() {
    return [this](caf::actor_system& system, std::uint64_t generation, worker_actor worker) {
      auto child = std::make_shared<scripted_child>(slot_of(worker), generation, worker);
      child->link_ = system.spawn(scripted_link, child, worker);
      children_.push_back(child);
      return child->link_;
    };
  }

  /// The newest generation of a slot. Throws when it has none.
  scripted_child& child(std::size_t slot = 0) {
    scripted_child* newest = nullptr;
    for (auto& one : children_)
      if (one->slot == slot)
        newest = one.get();
    if (!newest)
      throw std::out_of_range{"this slot has no generation yet"};
    return *newest;
  }
  /// All generations of all slots, oldest first.
  const std::vector<std::shared_ptr<scripted_child>>& children() const noexcept { return children_; }
  std::size_t slots() const noexcept { return workers_.size(); }
  /// Generations of a slot that have not ended.
  std::size_t live(std::size_t slot) const {
    std::size_t count = 0;
    for (const auto& one : children_)
      count += one->slot == slot && one->live() ? 1 : 0;
    return count;
  }

private:
  std::size_t slot_of(const worker_actor& worker) {
    for (std::size_t i = 0; i < workers_.size(); ++i)
      if (workers_[i] == worker.id())
        return i;
    workers_.push_back(worker.id());
    return workers_.size() - 1;
  }

  std::vector<caf::actor_id> workers_;
  std::vector<std::shared_ptr<scripted_child>> children_;
};

} // namespace leanworker::harness
