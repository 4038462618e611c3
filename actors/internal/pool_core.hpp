// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/internal/circuit_breaker.hpp>
#include <leanworker/actors/internal/fair_queue.hpp>
#include <leanworker/actors/internal/lease_book.hpp>
#include <leanworker/actors/internal/memory_policy.hpp>
#include <leanworker/actors/internal/pool_ledger.hpp>
#include <leanworker/actors/internal/quarantine.hpp>
#include <leanworker/actors/internal/restart_window.hpp>
#include <leanworker/actors/internal/retry_budget.hpp>
#include <leanworker/actors/internal/slot_table.hpp>
#include <leanworker/actors/internal/waiting_lines.hpp>
#include <leanworker/config/pool_config.hpp>
#include <leanworker/messages/memory.hpp>

#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

namespace leanworker::internal {

/// Every decision of a pool: who runs what, on which child, and when a child is started, replaced or ended. Events in, orders out through the port; time is an
/// argument. Every job that was admitted leaves exactly once, by `finish`, `refuse` or `grant`; every lease by `end_lease`.
///
/// Implemented in one file per topic: pool_core.cpp (requests), _leases, _serve (who gets what), _workers (what workers tell), _outcomes (blame, retries), _planned (cycles, evictions,
/// idleness), _memory, _admin (orders of operators, stopping), _numbers.
class pool_core {
public:
  pool_core(pool_config config, key_ptr default_key, pool_port& port);

  void start(time_point now);

  // -- clients ---
  void submit(client_number client, submit_request request, time_point now);
  void acquire(client_number client, acquire_lease wish, time_point now);
  void run(client_number client, run_on_lease request, time_point now);
  void renew(client_number client, const lease_token& lease, time_point now);
  void release(client_number client, const lease_token& lease, time_point now);
  void cancel(client_number client, ticket id, time_point now);
  void client_gone(client_number client, time_point now);
  queue_position position(client_number client, ticket id, time_point now);
  /// Whether the pool still owes this client something.
  bool owes(client_number client) const;

  // -- workers ---
  void worker_told(const worker_event& event, time_point now);
  void worker_done(request_done message, time_point now);
  void worker_lost(std::uint32_t slot, time_point now);

  // -- the clock and the monitor ---
  void timer(time_point now);
  void memory(const memory_report& report, time_point now);
  /// Before `start`: there will be reports.
  void will_be_measured() noexcept { memory_policy_.measured(); }

  // -- operators ---
  void pause(time_point now);
  void resume(time_point now);
  void drain(std::chrono::milliseconds deadline, time_point now);
  pool_answer resize(unsigned workers, time_point now);
  pool_answer cycle(const cycle_pool& order, time_point now);
  pool_answer prewarm(prewarm_key order, time_point now);
  quarantine_list quarantined(time_point now) const;
  pool_answer release_quarantine(std::uint64_t fingerprint, time_point now);
  void stop(bool firmly, std::chrono::milliseconds deadline, time_point now);

  pool_snapshot snapshot(bool reset_high_water, time_point now);
  crash_dossiers dossiers() const;
  bool isolated() const noexcept { return config_.isolate_sessions; }
  std::uint64_t stale() { return ++ledger_.counters.stale_messages; }

private:
  struct warm_target {
    key_ptr key;
    unsigned workers = 0;
  };
  // requests
  pool_job& admit(job_kind kind, client_number client, ticket id, key_ptr key, time_point now);
  static void carry(pool_job& job, std::uint64_t fingerprint, std::string body);
  bool may_enter(pool_job& job, time_point now);
  /// True when it was refused, because it has killed too many children.
  bool refused_as_killer(pool_job& job, time_point now);
  void enqueue(pool_job& job, std::string caller, std::chrono::milliseconds wait, time_point now);
  void leave_queue(pool_job& job);
  void refuse(std::uint64_t number, errc code, std::string detail, time_point now, std::chrono::milliseconds retry_after = {},
              child_down last = {});
  void finish(std::uint64_t number, request_outcome outcome, time_point now);
  void forget(std::uint64_t number);
  pool_job* job(std::uint64_t number);
  void cancel_job(pool_job& job, errc end_as, time_point now);
  void expire_waiters(time_point now);

  // serving
  void dispatch(time_point now);
  bool serve_one(waiting_lines::line& line, time_point now);
  void give(pool_slot& slot, pool_job& job, time_point now);
  void grant(pool_slot& slot, pool_job& job, time_point now);
  void start_job(pool_slot& slot, pool_job& job, time_point now);
  void provision(time_point now);
  void provide_for(const key_ptr& key, std::size_t wanted, bool for_waiters, time_point now);
  enum class start_result { started, no_slot, blocked };
  pool_slot* evictable(std::uint64_t bind, time_point now);
  bool lacks_child(const waiting_lines::line& line, const fair_queue::head& head, bool more_urgent, time_point now) const;
  void yield_place(waiting_lines::line& line, time_point now);
  void count_passed(std::uint64_t served, std::uint64_t number, time_point since, time_point now);
  start_result start_one(const key_ptr& key, bool for_waiters, time_point now);
  bool admitted_by_breaker(const key_ptr& key, bool for_waiters, time_point now);
  bool admitted_by_memory(const key_ptr& key, const pool_slot* leaving, time_point now);
  void bind(pool_slot& slot, const key_ptr& key, bool again, time_point now);
  void refuse_waiters(std::uint64_t bind, errc code, const std::string& detail, time_point now, std::chrono::milliseconds retry_after = {},
                      const child_down& last = {});
  void provide_standing(time_point now);

  // leases
  void end_lease(std::uint64_t number, pool_event_kind how, errc cause, const std::string& detail, const child_down& down, time_point now);
  /// Now, or when the request that runs on it has its outcome.
  void doom_lease(std::uint64_t number, errc cause, const std::string& detail, const child_down& down, time_point now);
  void after_leased_job(pool_job& job, const request_outcome& outcome, time_point now);
  void expire_leases(time_point now);

  // workers
  void on_spawned(pool_slot& slot, const worker_event& event, time_point now);
  void on_ready(pool_slot& slot, time_point now);
  void on_down(pool_slot& slot, const child_down& down, time_point now);
  void on_resting(pool_slot& slot, time_point now);
  void on_gave_up(pool_slot& slot, const worker_event& event, time_point now);
  void on_stopped(pool_slot& slot, time_point now);
  void keep_dossier(pool_slot& slot, const child_down& down, bool running, time_point now);
  void keep_last_failure(std::uint64_t bind, const child_down& down);
  void breaker_failed(pool_slot& slot, const child_down& down, bool trip, time_point now);
  void settle_outcome(pool_slot& slot, pool_job& job, request_outcome& outcome, time_point now);
  void blame(pool_slot& slot, pool_job& job, request_outcome& outcome, time_point now);
  bool retry(pool_job& job, const request_outcome& outcome, time_point now);

  // planned ends
  bool keep_fresh(pool_slot& slot, time_point now);
  void plan_end(pool_slot& slot, cycle_reason reason, errc cause, bool rest, time_point now);
  pool_slot* spare_for(const pool_slot& slot, bool& put_off, time_point now);
  void replacement_ready(pool_slot& spare, time_point now);
  void replacement_failed(pool_slot& spare, bool startable, time_point now);
  void end_child(pool_slot& slot, time_point now);
  void end_if_due(pool_slot& slot, time_point now);
  void rest_idle(time_point now);
  void arm_idle(time_point now);
  bool pinned(const pool_slot& slot) const;
  void open_sessions(const warm_target& target, time_point now);
  void warm_up(pool_slot& slot, const key_ptr& key, time_point now);
  /// True when a child was left out, because none like it can be started at present.
  bool advance_rolling(time_point now);
  void close_if_free(pool_slot& slot, time_point now);

  // stopping and draining
  void check_drained(time_point now, bool at_deadline);
  void check_stopped(time_point now);
  void finish_abandoned(pool_job& job, time_point now);
  time_point next_instant(time_point now) const;
  void refuse_all(errc code, time_point now);

  // memory
  std::vector<memory_slot> memory_slots() const;
  memory_slot memory_slot_of(const pool_slot& slot) const;
  std::uint64_t baseline_of(const pool_slot& slot) const;
  void act_on_memory(const memory_action& action, time_point now);
  pool_memory memory_picture() const;

  // telling
  pool_event event(pool_event_kind kind) const;
  void publish(pool_event event, time_point now);
  void note(pool_event_kind kind, const pool_job& job, time_point now, errc code = errc::none, std::string text = {});
  void note(pool_event_kind kind, const pool_slot& slot, time_point now, errc code = errc::none, std::string text = {}, std::int64_t value = 0,
            std::int64_t limit = 0);
  slot_snapshot show(const pool_slot& slot, time_point now) const;

  pool_config config_;
  key_ptr default_key_;
  pool_port& port_;
  slot_table slots_;
  waiting_lines queue_;
  lease_book leases_;
  pool_ledger ledger_;
  circuit_breakers breakers_;
  quarantine quarantine_;
  retry_budget retries_;
  memory_policy memory_policy_;
  std::unordered_map<std::uint64_t, pool_job> jobs_;
  std::map<std::pair<client_number, ticket>, std::uint64_t> by_ticket_;
  std::map<std::uint32_t, restart_window> losses_; ///< Of worker actors.
  std::map<std::uint64_t, child_down> last_failures_; ///< Of starts, by `bind`, for the refusals. A bounded number.
  std::vector<warm_target> targets_;
  std::deque<std::uint32_t> rolling_;
  std::optional<std::uint32_t> rolling_now_;
  std::uint64_t last_number_ = 0;
  unsigned eager_left_ = 0;
  unsigned workers_wanted_ = 0;
  bool paused_ = false;
  bool draining_ = false;
  bool stopping_ = false;
  bool stopped_firmly_ = false;
  bool over_ = false;
  bool drain_enforced_ = false;
  bool memory_paused_ = false;
  time_point begun_{};
  time_point drain_deadline_{};
  time_point stop_deadline_{};
  time_point stop_began_{};
  std::size_t drain_ended_ = 0;
  child_down last_failure_;
  std::chrono::microseconds last_dossier_{-1};
  memory_report last_report_;
  std::string memory_refusal_;
  pool_stopped report_;
};

} // namespace leanworker::internal
