// SPDX-License-Identifier: Apache-2.0
#include "actor_setup.hpp"

#include <leanworker/child/demand_threads.hpp>
#include <leanworker/lean/check.hpp>
#include <leanworker/messages/registry.hpp>

namespace leanworker::cli {

void configure_actors(caf::actor_system_config& config) {
  demand_threads(6); // CAF's, those of the memory monitor and the event log, and one to spare
  register_messages(config);
  // Sharing does not poll: 0.2 instead of 15 ms of CPU in two idle seconds, and shorter hand-overs (measured).
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", 2u);
  config.set("logger.verbosity", caf::atom("quiet"));
}

pool_spec lean_pool(const lean_setup& setup, unsigned workers, const std::vector<std::string>& paths) {
  pool_spec spec;
  spec.config.workers = workers;
  auto& worker = spec.config.worker;
  worker.start_timeout = setup.start_timeout();
  worker.child.search_path = module_search_path(paths, setup.lean);
  limit_by_toolchain(setup, worker, spec.config.cycle);
  spec.links = process_links(setup.host, setup.child());
  spec.warm_up = [](const session_key& key) { return encode_open_session(key.imports); };
  return spec;
}

} // namespace leanworker::cli
