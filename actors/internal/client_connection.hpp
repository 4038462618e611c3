// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/client.hpp>
#include <leanworker/actors/internal/row_queue.hpp>
#include <leanworker/actors/pool.hpp>
#include <leanworker/actors/root.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <variant>

/// What is behind the blocking client: an actor system, a pool in it, and a bridge that hands its answers to the threads that wait.
namespace leanworker::client {
using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// More than a pool needs for an answer of its own.
inline constexpr std::chrono::seconds answer_patience{30};

/// What is heard of a lease after it was granted. Shared by its holder and the bridge.
struct lease_state {
  std::atomic<errc> ended{errc::none};
  std::atomic<bool> over{false};
};

/// A caller looks for its answer this long before it sleeps. An idle core takes 25 to 40 µs to wake up (bench_pool); an echo over a pool takes 150.
inline constexpr std::chrono::microseconds spin{200};

/// One caller that waits for one answer.
struct waiting_call {
  using answer = std::variant<std::monostate, submission_done, lease_granted, lease_refused>;

  void complete(answer given) {
    {
      std::lock_guard lock{mutex};
      if (given_.index() != 0)
        return;
      given_ = std::move(given);
      there_.store(true, std::memory_order_release);
    }
    changed.notify_all();
    if (rows)
      rows->end();
  }
  /// Waits for the end of a request that nobody wants any more.
  void wait_until_over(clock::time_point bound) {
    std::unique_lock lock{mutex};
    changed.wait_until(lock, bound, [this] { return there_.load(); });
  }
  std::atomic<bool> given_up{false}; ///< Cancelled by its caller.

  /// Its answer, if that is a request's end.
  const submission_done* done() const noexcept { return there_.load(std::memory_order_acquire) ? std::get_if<submission_done>(&given_) : nullptr; }
  answer wait_until(clock::time_point bound) {
    // Being woken costs more than most answers take: look for a moment before going to sleep.
    for (auto ends = clock::now() + spin; !there_.load(std::memory_order_acquire) && clock::now() < ends;)
      std::this_thread::yield();
    std::unique_lock lock{mutex};
    changed.wait_until(lock, bound, [this] { return given_.index() != 0; });
    return std::move(given_);
  }

  std::shared_ptr<internal::row_queue> rows; ///< Where it waits meanwhile; null: it takes no rows.
  std::shared_ptr<lease_state> granted; ///< Set before `lease_granted` is given.

private:
  std::mutex mutex;
  std::condition_variable changed;
  answer given_;
  std::atomic<bool> there_{false};
};

struct connection;

struct actor_setup : caf::actor_system_config {
  actor_setup() {
    register_messages(*this);
    // Sharing does not poll, and hands over faster than stealing at this size (measured).
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", 1u);
    set("logger.verbosity", caf::atom("quiet"));
  }
};

struct bridge_state {
  bridge_state() = default;
  static inline const char* name = "client";
};

inline milliseconds chosen(milliseconds wanted, milliseconds otherwise) { return wanted.count() > 0 ? wanted : otherwise; }

/// A request with rows, from its sending to its outcome.
struct row_call {
  std::shared_ptr<connection> link;
  std::shared_ptr<waiting_call> call = std::make_shared<waiting_call>();
  std::shared_ptr<internal::row_queue> rows = std::make_shared<internal::row_queue>();
  ticket id = 0;
  clock::time_point bound{};      ///< The pool has failed if there is no outcome by then.
  milliseconds request_timeout{0};

  void enter();
  void cancel();
  /// Blocks until the outcome is there, however many rows lie about.
  submission_done outcome();
};

inline request_outcome no_answer() {
  request_outcome outcome;
  outcome.code = errc::actor_failed;
  outcome.message = "the pool did not answer; it has failed";
  outcome.work_started = true; // nobody knows
  return outcome;
}

/// Everything behind a pool and its leases.
struct connection {
  explicit connection(pool_options wanted);
  ~connection() { close(); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Ends the pool and its tree. Idempotent; blocks, at most for the patience of a stop and that for answers.
  void close();

  ticket enter(std::shared_ptr<waiting_call> call);
  void leave(ticket id);
  template <class Message>
  void send(Message message) {
    caf::send_as(bridge, pool, std::move(message));
  }
  template <class Reply, class Message>
  Reply ask(Message message, milliseconds patience = answer_patience);
  waiting_call::answer wait(ticket id, waiting_call& call, milliseconds bound, const std::stop_token& stop);
  void complete(ticket id, waiting_call::answer given);
  void lease_over(std::uint64_t number, errc cause);
  void pool_is_down();
  /// How a call ends that comes after the pool's end. Nothing was sent. Call with the mutex held.
  request_outcome too_late() const;
  pool_spec spec_of_pool();
  void start_tree();
  static pool_owner_actor::behavior_type bridge_behavior(pool_owner_actor::stateful_pointer<bridge_state> self, connection* to);
  milliseconds work_bound(milliseconds import, milliseconds work) const;
  /// Of a submission: with the queue, and with what the pool may try again.
  milliseconds submission_bound(const submit_request& request) const;

  pool_options options;
  // Before the system, whose end waits for its actors: they use this to their end.
  std::mutex mutex;
  std::condition_variable changed;
  std::unordered_map<ticket, std::shared_ptr<waiting_call>> calls;
  std::unordered_map<std::uint64_t, std::weak_ptr<lease_state>> leases;
  std::optional<pool_stopped> report;
  bool down = false;
  bool closed = false;
  std::atomic<ticket> last_ticket{0};

  actor_setup setup;
  std::shared_ptr<host_thread> host;
  caf::actor_system system;
  pool_owner_actor bridge;
  supervisor_actor tree; ///< Over the pool and its monitor.
  pool_actor pool;
  caf::strong_actor_ptr pool_pointer;
};

template <class Reply, class Message>
Reply connection::ask(Message message, milliseconds patience) {
  caf::scoped_actor self{system};
  Reply result{};
  self->request(pool, patience, std::move(message)).receive([&](Reply& reply) { result = std::move(reply); }, [&](const caf::error&) {
    if constexpr (std::is_same_v<Reply, pool_answer>)
      result = {errc::actor_failed, "the pool did not answer"};
  });
  return result;
}

} // namespace leanworker::client
