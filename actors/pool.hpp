// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/internal/alarm.hpp>
#include <leanworker/actors/internal/monitor_set.hpp>
#include <leanworker/actors/internal/pool_core.hpp>
#include <leanworker/actors/worker.hpp>
#include <leanworker/config/pool_config.hpp>

#include <caf/response_promise.hpp>
#include <caf/typed_response_promise.hpp>

#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

/// A pool: N workers behind one bounded, fair queue, with leases.
///
/// Owns: its workers. Dies: after `stop_pool`, or a polite exit message, when every child is reaped; or when its owner dies, in the same order. Sends: see
/// `pool_actor`. Can be placed under a supervisor: spawn it with a null owner and subscribe to its events.
namespace leanworker {

struct pool_spec {
  pool_config config;
  link_factory links;             ///< For every worker, where `setups` is empty.
  std::function<double()> random; ///< Numbers in [0, 1) for every jitter; empty: seeded by the machine.
  session_key default_key;        ///< Of the workers that are started eagerly.
  /// What a child for this kind of key runs with: called with `session_key::child_part`, in the pool; must be quick. Null: such a key cannot be served, and
  /// `problem` says why. Empty: `config.worker` and `links` for all keys.
  std::function<std::shared_ptr<const worker_setup>(const session_key& child, std::string& problem)> setups;
  /// Body of a request that opens a session for the key, to warm a child up; an empty body, or no function: children are started but not warmed.
  std::function<std::string(const session_key& key)> warm_up;
  /// Who measures the children: asked at the beginning, and again after its death. No function, or null: nobody, and no memory limit is kept.
  std::function<rss_monitor_actor()> monitor;
};

class pool_state : public internal::pool_port {
public:
  explicit pool_state(pool_actor::pointer self_pointer) : self{self_pointer} {}
  static inline const char* name = "pool";

  void start(pool_spec spec, pool_owner_actor owner_handle);
  /// Who sent the message that is being handled: 0 for the owner, and for nobody.
  internal::client_number sender();
  void lost(const caf::down_msg& down);
  void told_to_exit(caf::exit_msg& order);
  void rang();
  void subscribe();
  void find_monitor();
  internal::time_point now() const;

  // -- pool_port ---
  void open_worker(std::uint32_t slot, std::uint64_t first_generation) override;
  void close_worker(std::uint32_t slot) override;
  bool can_start(const internal::key_facts& key, std::string& problem) override;
  void wake(std::uint32_t slot, const internal::key_facts& key, bool again) override;
  void to_worker(std::uint32_t slot, internal::worker_order order) override;
  std::string warm_up_body(const session_key& key) override;
  void to_client(internal::client_number client, internal::pool_reply reply) override;
  void to_owner(const worker_event& event) override;
  void publish(const pool_event& event) override;
  bool watched() const override { return !watchers.empty(); }
  void arm(internal::time_point when) override;
  double dice() override { return spec.random(); }
  void drained(const pool_drained& report) override;
  void stopped(const pool_stopped& report) override;

  pool_actor::pointer self;
  pool_spec spec;
  pool_owner_actor owner;
  rss_monitor_actor monitor;
  std::unique_ptr<internal::pool_core> core;
  std::vector<caf::typed_response_promise<pool_drained>> drains;

private:
  std::shared_ptr<const worker_setup> setup_of(const internal::key_facts& key, std::string& problem);
  void forget_idle_clients();
  void send_wake_up(internal::time_point when);

  struct client {
    caf::actor_addr address;
    pool_client_actor handle;
  };
  std::vector<slot_worker_actor> workers;
  bool own_dice = false; ///< `spec.random` is ours.
  std::unordered_map<std::uint32_t, watch_process> processes; ///< By worker, for a monitor that comes later.
  std::vector<pool_watcher_actor> watchers;
  std::unordered_map<caf::actor_id, internal::client_number> numbers;
  std::unordered_map<internal::client_number, client> clients;
  std::unordered_map<std::uint64_t, std::shared_ptr<const worker_setup>> setups; ///< By `bind`.
  internal::client_number last_client = 0;
  std::size_t clients_before_sweep = 64;
  internal::monitor_set monitors;
  internal::alarm alarm;
  caf::error exit_reason = caf::exit_reason::normal;
};

/// The behaviour; spawn it with `system.spawn(pool, spec, owner)`.
pool_actor::behavior_type pool(pool_actor::stateful_pointer<pool_state> self, pool_spec spec, pool_owner_actor owner);

} // namespace leanworker
