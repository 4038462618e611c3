// SPDX-License-Identifier: Apache-2.0
#pragma once

// Define CAF_SUITE before this, and include it last: the test language of CAF is made of lower-case macros.
#include <leanworker/harness/actor_fixture.hpp>

#include <caf/send.hpp>
#include <map>
#include <caf/test/dsl.hpp>

namespace leanworker {

using namespace std::chrono_literals;

/// What the suites of workers and pools share.
struct actor_suite : harness::actor_fixture {
  /// Short waits that can be told apart, and restarts without jitter.
  static worker_config quick() {
    worker_config config;
    config.start_timeout = 1000ms;
    config.import_timeout = 2000ms;
    config.request_timeout = 3000ms;
    config.cancel_grace = 400ms;
    config.reap_guard = 5000ms;
    config.restart.backoff_initial = 50ms;
    return config;
  }
  static pool_config pool_of(unsigned workers, worker_config config = quick()) {
    pool_config pool;
    pool.workers = workers;
    pool.worker = std::move(config);
    return pool;
  }

  /// The code that a worker's request ended with, "-" while it has not.
  std::string code(ticket id) const {
    auto found = outcome(id);
    return found ? std::string{to_string(found->code)} : "-";
  }
  /// The code that a pool's submission ended with, "-" while it has not.
  std::string answer(ticket id) const {
    auto found = result(id);
    return found ? std::string{to_string(found->outcome.code)} : "-";
  }
  /// The worker that a submission was given to, each time it was.
  std::vector<std::uint32_t> given_to(ticket id) const {
    std::vector<std::uint32_t> workers;
    for (const auto& started : client->all<submission_started>())
      if (started.id == id)
        workers.push_back(started.worker);
    return workers;
  }
  /// What a worker's owner, or a pool's client, heard of that kind.
  template <class Record>
  static std::vector<worker_event> events(const Record& record, worker_event_kind kind) {
    std::vector<worker_event> found;
    for (auto& event : record->template all<worker_event>())
      if (event.kind == kind)
        found.push_back(event);
    return found;
  }

  /// Every submission ended exactly once, and nothing was said about it afterwards.
  bool each_ended_once(ticket first, ticket last) const {
    std::map<ticket, int> ended;
    bool silent_after = true;
    for (const auto& one : client->heard) {
      if (auto started = std::get_if<submission_started>(&one))
        silent_after = silent_after && ended[started->id] == 0;
      if (auto done = std::get_if<submission_done>(&one))
        ++ended[done->id];
    }
    for (auto id = first; id <= last; ++id)
      if (ended[id] != 1)
        return false;
    return silent_after;
  }

  template <class Message>
  void tell(const worker_actor& worker, Message message) {
    caf::send_as(owner_handle, worker, std::move(message));
    settle();
  }
  template <class Message>
  void tell(const pool_actor& pool, Message message) {
    caf::send_as(client_handle, pool, std::move(message));
    settle();
  }
  /// A request that may be tried again. `import` makes the session key.
  static submit_request request(ticket id, std::string import = "", std::chrono::milliseconds timeout = {}) {
    submit_request made;
    made.id = id;
    if (!import.empty())
      made.key.imports = {std::move(import)};
    made.body = R"({"id":)" + std::to_string(id) + "}"; // two requests are never the same one
    made.request_timeout = timeout;
    made.idempotent = true;
    return made;
  }
  void submit(const pool_actor& pool, ticket id, std::string import = "") { tell(pool, request(id, std::move(import))); }

  /// Has the newest child of each slot become ready.
  void all_ready(std::size_t slots) {
    for (std::size_t slot = 0; slot < slots; ++slot)
      links.child(slot).become_ready();
    settle();
  }
  /// Lets a child speak and everybody hear it.
  template <class Speech>
  void child(std::size_t slot, Speech speech) {
    speech(links.child(slot));
    settle();
  }
  void child_answers(std::size_t slot, std::string body = "{}") {
    links.child(slot).answer(std::move(body));
    settle();
  }
  void child_crashes(std::size_t slot) {
    links.child(slot).crash();
    settle();
  }
};

} // namespace leanworker
