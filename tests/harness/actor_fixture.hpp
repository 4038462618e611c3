// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/pool.hpp>
#include <leanworker/actors/worker.hpp>
#include <leanworker/harness/recorded.hpp>
#include <leanworker/harness/scripted_link.hpp>
#include <leanworker/messages/registry.hpp>

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/detail/test_actor_clock.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <vector>

namespace leanworker::harness {

/// An actor system without threads and without a clock of its own: messages are delivered when the test says so, time passes when the test says so,
/// and both give the same result in every run. Works under any test framework; under caf/test/dsl.hpp its macros `expect`, `disallow` … find `sched`
/// here. Include that header last, it defines lower-case macros.
///
///     actor_fixture f;
///     auto worker = f.start_worker();
///     f.links.child().become_ready();
///     f.settle();
///     caf::anon_send(worker, run_request{1, R"({"op":"health"})"});
///     f.pass(30s); // the child is silent: f.outcome(1)->code == errc::request_timeout
///
/// Every actor that a test spawns here itself, and that does not end by itself, must be given to `adopt`: the destructor ends those and forgets all
/// timers, otherwise the actor system would wait for them for ever.
class actor_fixture {
  struct configuration : caf::actor_system_config {
    configuration() {
      register_messages(*this);
      set("scheduler.policy", caf::atom("testing"));
      set("logger.verbosity", caf::atom("quiet"));
    }
  };

public:
  using milliseconds = std::chrono::milliseconds;

  actor_fixture() : sys{config_}, sched{dynamic_cast<caf::scheduler::test_coordinator&>(sys.scheduler())}, self{sys, true} {
    sched.clock().current_time += std::chrono::hours{1};
    owner_handle = adopt(sys.spawn(owner_probe, owner));
    client_handle = adopt(sys.spawn(client_probe, client));
  }
  actor_fixture(const actor_fixture&) = delete;
  actor_fixture& operator=(const actor_fixture&) = delete;
  ~actor_fixture() {
    for (auto& one : adopted_)
      caf::anon_send_exit(one, caf::exit_reason::kill);
    settle();
    sched.clock().cancel_all();
    adopted_.clear();
  }

  // -- messages and time ---
  /// Delivers messages until none is left. No time passes. Throws when that never happens.
  void settle() {
    for (std::size_t delivered = 0; sched.try_run_once(); ++delivered)
      if (delivered > 1'000'000)
        throw std::logic_error{"the actors send each other messages without end"};
  }
  /// Delivers the next messages of up to `steps` actors, each chosen by `choose(n)` among the n that have some: an order that threads might bring about. The messages of one actor stay
  /// in their order. An actor that is chosen handles all that it has.
  template <class Choose>
  void settle_partly(unsigned steps, Choose choose) {
    for (; steps > 0 && !sched.jobs.empty(); --steps) {
      auto chosen = sched.jobs.begin() + static_cast<std::ptrdiff_t>(choose(static_cast<unsigned>(sched.jobs.size())));
      std::rotate(sched.jobs.begin(), chosen, chosen + 1);
      sched.run_once();
    }
  }
  /// Lets time pass in steps, delivering messages in between, so that a timer that sets the next one rings as often as it should.
  void pass(milliseconds time, milliseconds step = milliseconds{1}) {
    settle();
    while (time.count() > 0) {
      auto now = std::min(time, step);
      sched.advance_time(now);
      settle();
      time -= now;
    }
  }

  // -- actors ---
  /// Ends this actor when the fixture ends.
  template <class Handle>
  Handle adopt(Handle handle) {
    adopted_.push_back(caf::actor_cast<caf::strong_actor_ptr>(handle));
    return handle;
  }
  /// A worker on scripted links, owned by `owner_handle`. Its restarts are not jittered.
  worker_actor start_worker(worker_config config = {}, std::uint32_t id = 0) {
    auto handle = adopt(sys.spawn(worker, worker_spec{id, std::move(config), links.factory(), no_dice}, owner_handle));
    settle();
    return handle;
  }
  /// A pool on scripted links, used by `client_handle`. Slot i of `links` is its worker i.
  pool_actor start_pool(pool_config config = {}) {
    pool_spec spec;
    spec.config = std::move(config);
    spec.links = links.factory();
    spec.random = no_dice;
    return start_pool(std::move(spec));
  }
  pool_actor start_pool(pool_spec spec) {
    auto handle = adopt(sys.spawn(pool, std::move(spec), client_handle));
    settle();
    return handle;
  }
  worker_status status(const worker_actor& of) {
    worker_status result;
    auto answer = self->request(of, caf::infinite, get_worker_status{});
    settle();
    answer.receive([&](const worker_status& s) { result = s; }, [](const caf::error&) { throw std::logic_error{"the worker is dead"}; });
    return result;
  }

  // -- what the probes heard ---
  /// The outcome of a worker's request, null while there is none. Valid until the next message is delivered.
  const request_outcome* outcome(ticket id) const {
    for (const auto& one : owner->heard)
      if (auto done = std::get_if<request_done>(&one); done && done->id == id)
        return &done->outcome;
    return nullptr;
  }
  /// How a pool's submission ended, null while it has not. Valid until the next message is delivered.
  const submission_done* result(ticket id) const {
    for (const auto& one : client->heard)
      if (auto done = std::get_if<submission_done>(&one); done && done->id == id)
        return done;
    return nullptr;
  }

private:
  static double no_dice() { return 0.5; }

  configuration config_;
  std::vector<caf::strong_actor_ptr> adopted_;

public:
  caf::actor_system sys;
  caf::scheduler::test_coordinator& sched;
  caf::scoped_actor self;
  scripted_links links;
  std::shared_ptr<owner_record> owner = std::make_shared<owner_record>();
  std::shared_ptr<client_record> client = std::make_shared<client_record>();
  worker_owner_actor owner_handle;
  pool_owner_actor client_handle;
};

} // namespace leanworker::harness
