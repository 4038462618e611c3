// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/actors.hpp>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>
#include <variant>
#include <vector>

/// Actors that stand in for the user of a worker or of a pool and remember what they hear.
namespace leanworker::harness {

/// What a probe heard, oldest first. Shared by the probe and the test; both must run on one thread, as in `actor_fixture`.
template <class... Messages>
struct recorded {
  using entry = std::variant<Messages...>;
  std::vector<entry> heard;

  /// All messages of one type, oldest first.
  template <class Message>
  std::vector<Message> all() const {
    std::vector<Message> found;
    for (const auto& one : heard)
      if (auto message = std::get_if<Message>(&one))
        found.push_back(*message);
    return found;
  }

  template <class Message>
  std::size_t count() const {
    return all<Message>().size();
  }

  void forget() { heard.clear(); }
};

using owner_record = recorded<request_done, worker_event>;
using client_record = recorded<submission_started, submission_done, lease_granted, lease_refused, lease_ended, worker_event, pool_stopped>;

struct probe_state {
  probe_state() = default;
  static inline const char* name = "probe";
};

/// Owns a worker in a test: `system.spawn(owner_probe, record)`. Never quits by itself, never sends.
inline worker_owner_actor::behavior_type owner_probe(worker_owner_actor::stateful_pointer<probe_state> self,
                                                     std::shared_ptr<owner_record> record) {
  self->set_down_handler([](caf::down_msg&) {});
  return {
    [record](const request_done& m) { record->heard.emplace_back(m); },
    [record](const worker_event& m) { record->heard.emplace_back(m); },
  };
}

/// Uses a pool in a test: `system.spawn(client_probe, record)`. Never quits by itself, never sends.
inline pool_owner_actor::behavior_type client_probe(pool_owner_actor::stateful_pointer<probe_state> self,
                                                     std::shared_ptr<client_record> record) {
  self->set_down_handler([](caf::down_msg&) {});
  return {
    [record](const submission_started& m) { record->heard.emplace_back(m); },
    [record](const submission_done& m) { record->heard.emplace_back(m); },
    [record](const lease_granted& m) { record->heard.emplace_back(m); },
    [record](const lease_refused& m) { record->heard.emplace_back(m); },
    [record](const lease_ended& m) { record->heard.emplace_back(m); },
    [record](const worker_event& m) { record->heard.emplace_back(m); },
    [record](const pool_stopped& m) { record->heard.emplace_back(m); },
  };
}

} // namespace leanworker::harness
