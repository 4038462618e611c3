// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/monitor_set.hpp>

namespace leanworker::internal {

monitor_set::~monitor_set() {
  for (const auto& [id, whom] : observed_)
    self_->demonitor(whom);
}

void monitor_set::insert(caf::local_actor* self, const caf::strong_actor_ptr& whom) {
  self_ = self;
  if (whom && observed_.emplace(whom->id(), caf::actor_cast<caf::actor_addr>(whom)).second)
    self->monitor(caf::actor_cast<caf::actor>(whom));
}

void monitor_set::drop(const caf::actor_addr& whom) {
  if (whom && observed_.erase(whom.id()) != 0)
    self_->demonitor(whom);
}

} // namespace leanworker::internal
