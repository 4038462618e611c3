// SPDX-License-Identifier: Apache-2.0
#pragma once

// Define CAF_SUITE before this, and include it last, like actor_suite.hpp.
#include <leanworker/actors/error.hpp>
#include <leanworker/actors/internal/handlers.hpp>
#include <leanworker/actors/supervisor.hpp>

#include <caf/event_based_actor.hpp>

#include <optional>
#include <variant>

#include <leanworker/tests/actors/actor_suite.hpp>

namespace leanworker {

/// Who lived: "+a0" when an incarnation begins, "-a0" when it ends, however it does.
using lives = std::shared_ptr<std::vector<std::string>>;

struct mortal_state {
  mortal_state() = default;
  ~mortal_state() {
    if (book)
      book->push_back("-" + me);
  }
  static inline const char* name = "mortal";
  std::string me;
  lives book;
};

/// A child: answers a number with its incarnation, and does what it is told in words. A stubborn one ignores exit messages.
inline caf::behavior mortal(caf::stateful_actor<mortal_state>* self, lives book, std::string id, std::uint64_t incarnation, bool stubborn) {
  internal::install_quiet_handlers(self);
  if (stubborn)
    self->set_exit_handler([](caf::exit_msg&) {});
  self->state.me = id + std::to_string(incarnation);
  self->state.book = book;
  book->push_back("+" + self->state.me);
  return {
    [incarnation](std::int32_t) { return static_cast<std::int32_t>(incarnation); },
    [self](const std::string& order) {
      if (order == "fail")
        self->quit(to_error({errc::io_error, "the disk is gone", {}}));
      else if (order == "throw")
        throw std::runtime_error{"on purpose"};
      else
        self->quit();
    },
  };
}

struct supervisor_suite : actor_suite {
  lives book = std::make_shared<std::vector<std::string>>();
  std::vector<child_event> told; ///< What `listener` heard.
  std::vector<caf::error> errors; ///< Errors that `listener` was sent.
  child_event_actor listener = adopt(sys.spawn([this](child_event_actor::pointer me) { return listen(me, this); }));

  static child_event_actor::behavior_type listen(child_event_actor::pointer me, supervisor_suite* suite) {
    me->set_error_handler([suite](caf::error& problem) { suite->errors.push_back(problem); });
    return {[suite](const child_event& event) { suite->told.push_back(event); }};
  }

  child_spec child_of(std::string id, restart_type type = restart_type::permanent, bool stubborn = false) {
    child_spec made;
    made.id = id;
    made.restart = type;
    made.shutdown = 1000ms;
    made.start = [record = book, id, stubborn](caf::actor_system& system, std::uint64_t incarnation) -> caf::actor {
      return system.spawn(mortal, record, id, incarnation, stubborn);
    };
    return made;
  }
  /// Bears ten failures, restarts at once.
  static supervisor_spec spec_of(std::vector<child_spec> children, supervision_strategy strategy = supervision_strategy::one_for_one) {
    supervisor_spec spec;
    spec.name = "top";
    spec.config.strategy = strategy;
    spec.config.intensity = 10;
    spec.config.abandon_after = 500ms;
    spec.children = std::move(children);
    spec.random = [] { return 0.5; };
    return spec;
  }
  supervisor_actor supervise(supervisor_spec spec) {
    auto handle = adopt(sys.spawn(supervisor, std::move(spec)));
    settle();
    caf::send_as(listener, handle, subscribe_children{});
    settle();
    return handle;
  }

  template <class Answer, class Handle, class Message>
  std::variant<Answer, caf::error> try_to_ask(const Handle& whom, Message question, std::chrono::milliseconds patience = 0ms) {
    std::variant<Answer, caf::error> result;
    auto pending = self->request(whom, caf::infinite, std::move(question));
    pass(patience);
    pending.receive([&](const Answer& answer) { result = answer; }, [&](const caf::error& problem) { result = problem; });
    return result;
  }
  template <class Answer, class Handle, class Message>
  Answer ask(const Handle& whom, Message question, std::chrono::milliseconds patience = 0ms) {
    return std::get<Answer>(try_to_ask<Answer>(whom, std::move(question), patience));
  }
  caf::actor handle_of(const supervisor_actor& s, const std::string& id) { return ask<child_handle>(s, get_child{id}).handle; }
  /// The incarnation that answers, or the code of the error as a negative number.
  int answer_of(const caf::actor& handle) {
    auto answer = try_to_ask<std::int32_t>(handle, std::int32_t{1});
    if (auto incarnation = std::get_if<std::int32_t>(&answer))
      return *incarnation;
    return -static_cast<int>(reason_of(std::get<caf::error>(answer)).code);
  }
  void order(const caf::actor& handle, std::string what) {
    caf::anon_send(handle, std::move(what));
    settle();
  }
  child_status status_of(const supervisor_actor& s, const std::string& id) {
    for (const auto& one : ask<child_list>(s, list_children{}).children)
      if (one.id == id)
        return one;
    throw std::out_of_range{id};
  }
  /// How an actor ended; empty while it lives.
  std::shared_ptr<std::optional<failure_reason>> watch(const caf::actor_addr& whom) {
    auto end = std::make_shared<std::optional<failure_reason>>();
    adopt(sys.spawn([end, whom](caf::event_based_actor* me) -> caf::behavior {
      me->monitor(whom);
      me->set_down_handler([end](caf::down_msg& down) { *end = reason_of(down.reason); });
      return {[](std::int32_t) {}};
    }));
    settle();
    return end;
  }

  /// What was written since the last call, in one line.
  std::string lived() {
    std::string text;
    for (const auto& one : std::exchange(*book, {}))
      text += (text.empty() ? "" : " ") + one;
    return text;
  }
  std::string heard() {
    std::string text;
    for (const auto& event : std::exchange(told, {})) {
      text += (text.empty() ? "" : ", ") + event.child + ' ' + std::string{to_string(event.kind)};
      if (event.kind == child_event_kind::restarting)
        text += ' ' + std::to_string(event.delay.count());
      else if (event.reason.code != errc::none)
        text += ' ' + std::string{to_string(event.reason.code)};
    }
    return text;
  }
};

} // namespace leanworker
