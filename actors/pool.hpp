// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/internal/job_queue.hpp>
#include <leanworker/actors/worker.hpp>
#include <leanworker/config/pool_config.hpp>

#include <functional>

/// A pool: N workers behind one bounded queue.
///
/// Owns: its workers. Dies: after `stop_pool`, when every child is reaped; or when its client dies, in the same order. Sends its client
/// submission_started, submission_done (exactly one per submission, whatever dies), worker_event, pool_stopped.
namespace leanworker {

struct pool_spec {
  pool_config config;
  link_factory links;                       ///< For every worker.
  std::function<double()> random;           ///< As in worker_spec.
};

struct pool_state {
  struct worker_slot {
    worker_actor handle;
    std::optional<internal::job> running;
    std::set<std::string> known_keys; ///< Session keys that its running generation has served.
    bool ready = false;               ///< Its child takes requests, as far as we know.
    bool over = false;                ///< It will never take one again.
    bool stopped = false;
  };

  explicit pool_state(pool_actor::pointer self_pointer) : self{self_pointer} {}
  static inline const char* name = "pool";

  void start(pool_spec spec, pool_client_actor client_handle);
  void submit(submit_request& request);
  void cancel(ticket id);
  void done(request_done& message);
  void event(worker_event& message);
  void lost(const caf::down_msg& down);
  void stop(bool firmly);

  pool_actor::pointer self;
  pool_config config;
  pool_client_actor client;
  std::vector<worker_slot> slots;
  internal::job_queue queue{0, 0};
  bool stopping = false;
  child_down last_failure;

private:
  void dispatch();
  void finish(internal::job& job, request_outcome outcome);
  void retire(worker_slot& which);
  void refuse_queued(errc code);
  bool none_left() const;
  void quit_if_stopped();
};

/// The behaviour; spawn it with `system.spawn(pool, spec, client)`.
pool_actor::behavior_type pool(pool_actor::stateful_pointer<pool_state> self, pool_spec spec, pool_client_actor client);

} // namespace leanworker
