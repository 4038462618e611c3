// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/local_actor.hpp>

#include <unordered_map>

namespace leanworker::internal {

/// Whom an actor monitors; its state holds it, and so all monitors end with the actor, however it does.
///
/// CAF 0.17 leaves the monitor of a dead observer in the observed actor until that one dies, and with it a weak reference, which keeps the whole memory of the observer (1.3 KiB for a
/// link): an actor that lives long would collect its short-lived observers.
class monitor_set {
public:
  monitor_set() = default;
  monitor_set(const monitor_set&) = delete;
  monitor_set& operator=(const monitor_set&) = delete;
  ~monitor_set();

  /// A `down_msg` will come, at once for an actor that is dead. No second monitor for one that is in the set. Always with the same `self`.
  template <class Handle>
  void add(caf::local_actor* self, const Handle& whom) {
    insert(self, caf::actor_cast<caf::strong_actor_ptr>(whom));
  }
  /// Its end is of no interest any more.
  void drop(const caf::actor_addr& whom);
  /// Its `down_msg` came.
  void gone(const caf::actor_addr& whom) { observed_.erase(whom.id()); }

private:
  void insert(caf::local_actor* self, const caf::strong_actor_ptr& whom);

  caf::local_actor* self_ = nullptr;
  std::unordered_map<caf::actor_id, caf::actor_addr> observed_;
};

} // namespace leanworker::internal
