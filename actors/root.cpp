// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/root.hpp>

#include <mutex>

namespace leanworker {
namespace {

/// The monitor that runs now: the supervisor sets it, the pool asks for it, each on its own thread.
struct monitor_place {
  std::mutex mutex;
  rss_monitor_actor current;
};

/// The pool ends its children politely first; that is bounded by its own limits.
constexpr std::chrono::seconds pool_shutdown{90};

} // namespace

supervisor_spec root_tree(root_spec spec) {
  supervisor_spec tree;
  tree.name = spec.name;
  tree.config = spec.config;
  auto place = std::make_shared<monitor_place>();
  if (spec.measure) {
    rss_monitor_spec monitor;
    monitor.every = spec.pool.config.memory.sample_every;
    monitor.rollup_every = spec.pool.config.memory.rollup_every;
    auto start = [place, monitor](caf::actor_system& system, std::uint64_t) {
      auto handle = system.spawn(rss_monitor, monitor);
      std::lock_guard lock{place->mutex};
      place->current = handle;
      return caf::actor_cast<caf::actor>(handle);
    };
    tree.children.push_back({"rss_monitor", start, restart_type::permanent, std::chrono::seconds{1}, child_kind::worker});
    spec.pool.monitor = [place] {
      std::lock_guard lock{place->mutex};
      return place->current;
    };
  }
  auto start = [pool_part = spec.pool, owner = spec.owner, told = spec.pool_started](caf::actor_system& system, std::uint64_t) {
    auto started = system.spawn(pool, pool_part, owner);
    if (told)
      told(started);
    return caf::actor_cast<caf::actor>(started);
  };
  tree.children.push_back({"pool", start, spec.pool_restart, pool_shutdown, child_kind::worker});
  return tree;
}

} // namespace leanworker
