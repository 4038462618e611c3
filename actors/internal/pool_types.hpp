// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/internal/fair_queue.hpp>
#include <leanworker/actors/internal/worker_outcomes.hpp>
#include <leanworker/messages/pool.hpp>
#include <leanworker/messages/pool_event.hpp>
#include <leanworker/messages/worker.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

/// The words that the parts of a pool share. Nothing here knows an actor: clients and slots are numbers, and what is to be done goes through `pool_port`.
namespace leanworker::internal {

using time_point = std::chrono::steady_clock::time_point;
using client_number = std::uint64_t;

/// A session key with what is asked of it often.
struct key_facts {
  session_key key;
  session_key child;       ///< The part that needs a process of its own.
  std::uint64_t hash = 0;  ///< Of `key`.
  std::uint64_t bind = 0;  ///< A slot serves keys of equal `bind`: the hash of `child`, or of `key` where sessions are not shared.
};
using key_ptr = std::shared_ptr<const key_facts>;
key_ptr make_key(session_key key, bool isolated);

/// What somebody waits for.
enum class job_kind : std::uint8_t {
  submission, ///< A request for any worker.
  wish,       ///< A wish for a lease.
  leased,     ///< A request on a lease; never queued.
  warm_up,    ///< Our own: opens a session in advance. Never queued, never told, never counted.
};

/// One request or wish on its way through the pool.
struct pool_job {
  std::uint64_t number = 0;
  job_kind kind = job_kind::submission;
  client_number client = 0;
  ticket id = 0;
  key_ptr key;
  std::string body;
  row_port_ptr rows;
  std::string head; ///< The first bytes of the body, for the dossier.
  std::chrono::milliseconds import_timeout{0};
  std::chrono::milliseconds request_timeout{0};
  std::chrono::milliseconds expiry{0}; ///< Of the lease that is wished for.
  std::uint64_t caller = 0;
  priority urgency = priority::normal;
  unsigned weight = 1;
  bool idempotent = false;
  std::uint64_t fingerprint = 0;
  time_point since{};    ///< Of the admission.
  time_point deadline{}; ///< In the queue.
  std::chrono::microseconds waited{0};
  std::uint64_t lease = 0;
  unsigned attempts = 0;
  bool queued = false;
  bool cancel_asked = false;
  bool work_started = false; ///< In any attempt so far.
  bool ever_started = false; ///< Some worker was given it, whatever became of that.
  errc end_as = errc::none; ///< Why it is being cancelled, where its caller did not ask for it.
  std::vector<child_down> deaths;
  std::string label;         ///< What people call it.
  bool in_own_child = false; ///< Its next attempt runs in a child that ran nothing before.

  /// As the queue knows it.
  waiter as_waiter() const { return {number, caller, weight, urgency, key->hash, key->bind, since, deadline}; }
};

/// What a client can be told.
using pool_reply = std::variant<submission_started, submission_done, lease_granted, lease_refused, lease_ended>;

/// What a worker can be told, but for `wake_worker`, which carries what is not a value.
using worker_order = std::variant<run_request, cancel_request, stop_worker, cycle_worker, rest_worker, kill_child>;

/// What the core needs from outside; the pool actor carries it out, a test writes it down. Nothing here calls back into the core.
class pool_port {
public:
  virtual ~pool_port() = default;
  /// Spawns a resting worker for this slot. It goes on at `first_generation`.
  virtual void open_worker(std::uint32_t slot, std::uint64_t first_generation) = 0;
  virtual void close_worker(std::uint32_t slot) = 0;
  /// True when children of this kind can be described; otherwise `problem` says why not.
  virtual bool can_start(const key_facts& key, std::string& problem) = 0;
  /// `wake_worker` with the set-up for this key.
  virtual void wake(std::uint32_t slot, const key_facts& key, bool again) = 0;
  virtual void to_worker(std::uint32_t slot, worker_order order) = 0;
  /// Body of a request that opens a session for the key; empty: none is known.
  virtual std::string warm_up_body(const session_key& key) = 0;
  virtual void to_client(client_number client, pool_reply reply) = 0;
  virtual void to_owner(const worker_event& event) = 0;
  virtual void publish(const pool_event& event) = 0;
  virtual bool watched() const = 0; ///< Somebody listens to `publish`.
  /// Calls `timer` at this time or a little later; earlier wishes stay.
  virtual void arm(time_point when) = 0;
  virtual double dice() = 0; ///< In [0, 1).
  virtual void drained(const pool_drained& report) = 0;
  virtual void stopped(const pool_stopped& report) = 0;
};

} // namespace leanworker::internal
