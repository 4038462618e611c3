// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/pool.hpp>
#include <leanworker/actors/rss_monitor.hpp>
#include <leanworker/actors/supervisor.hpp>

/// leanworker's own supervision tree: a root supervisor (one_for_one) over the monitor and the pool. A monitor that dies is replaced without the pool's noticing more than a missing
/// sample; a pool that dies takes its children along and begins anew, and its stable handle stays.
namespace leanworker {

struct root_spec {
  std::string name = "leanworker";
  supervision_config config;
  pool_spec pool;      ///< Its `monitor` is replaced by the tree's own.
  bool measure = true; ///< Without it there is no monitor.
  pool_owner_actor owner; ///< Of the pool; null: nobody.
  /// `temporary` for a user who would rather hear of the pool's end than find another one in its place.
  restart_type pool_restart = restart_type::permanent;
  /// Called with each pool that is started, by the supervisor; must be quick. Whoever talks to that handle instead of the stable one saves a hop, and has to see to its end.
  std::function<void(const pool_actor& started)> pool_started;
};

/// Children "rss_monitor" and "pool". Spawn it with `system.spawn(supervisor, root_tree(spec))`; `get_child{"pool"}` gives the pool's stable handle.
supervisor_spec root_tree(root_spec spec);

} // namespace leanworker
