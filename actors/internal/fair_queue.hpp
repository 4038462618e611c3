// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/priority.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

namespace leanworker::internal {

/// One place in the waiting line. What waits is known to the queue by its number only.
struct waiter {
  using time_point = std::chrono::steady_clock::time_point;

  std::uint64_t id = 0;
  std::uint64_t caller = 0;   ///< Whose share of the queue this counts on.
  unsigned weight = 1;        ///< Of the caller; 0 counts as 1.
  priority urgency = priority::normal;
  std::uint64_t key = 0;      ///< Session key: workers may have it warm.
  std::uint64_t identity = 0; ///< Kind of child that it needs.
  time_point since{};
  time_point deadline{};
};

struct fair_queue_config {
  std::size_t size_max = 1024;
  unsigned overtaken_max = 16; ///< How often each may be passed by one whose key is warm. 0: never.
  std::chrono::milliseconds ageing_step{10'000};
};

/// The pool's bounded waiting line. Pure: time is an argument.
///
/// Order. Three classes; what waits `ageing_step` rises by one class, after two steps it is in the most urgent one, and is one of its caller's
/// requests there. Inside a class callers share by weight: the request with the lowest start tag is next (start-time fair queueing; Goyal, Vin, Cheng
/// 1997, with unit cost). Virtual time is the finish tag of what was served last (self-clocked; Golestani 1994), so that it also advances where every
/// request has a caller of its own. Only services count on a share: what is cancelled or expires costs its caller nothing. A caller's own requests go
/// in the order of their arrival. Affinity may let a request whose key is warm on the free worker pass others of its class, but nobody is passed that
/// way more than `overtaken_max` times.
///
/// Guarantee. Of two waiting requests of one caller, class, kind and key the earlier one is served first. Callers that always have something waiting
/// in a class receive its services by weight, but for one service each. In the most urgent class, which everything reaches after two steps, a
/// caller's first request is served, where all weights are equal, after at most two services of each other caller waiting there and `overtaken_max`
/// more, whatever arrives later, and its next one likewise after that.
class fair_queue {
public:
  using time_point = waiter::time_point;
  using predicate = std::function<bool(const waiter&)>;

  explicit fair_queue(fair_queue_config config) : config_{config} {}

  /// False when the queue is full.
  bool push(const waiter& entry);
  /// For one that was taken and comes back: it stands before all others of its class, needs no room, and has paid already. Of several that came back,
  /// the one admitted first (by `since`, then by number) is first.
  void push_back_first(const waiter& entry);
  bool remove(std::uint64_t id);

  /// Where the first in order stands, comparable with the first of another queue: by class as aged, then by age.
  struct head {
    std::size_t level = 0;
    time_point since{};
    std::uint64_t id = 0; ///< Grows with each admission.
    friend auto operator<=>(const head&, const head&) = default;
  };
  std::optional<head> first(time_point now);
  /// The first in order for which `servable` holds; it stays in the queue.
  std::optional<std::uint64_t> next_in_order(time_point now, const predicate& servable);
  /// The one that a worker takes: the first that is `servable` by it, or one behind it in the same class that is also `warm`. Those passed by are counted as
  /// overtaken. It stays in the queue until `remove`.
  std::optional<std::uint64_t> take_for(time_point now, const predicate& servable, const predicate& warm);

  std::vector<std::uint64_t> expired(time_point now) const;
  std::optional<time_point> next_deadline() const;
  /// How many stand before this one; nothing when it does not wait.
  std::optional<std::size_t> position(time_point now, std::uint64_t id);
  /// By class as they were admitted, most urgent first.
  std::array<std::size_t, priority_count> depth(time_point now) const;
  std::array<std::chrono::nanoseconds, priority_count> oldest_wait(time_point now) const;
  std::size_t size() const noexcept { return entries_.size(); }
  bool empty() const noexcept { return entries_.empty(); }

private:
  /// What a caller that waits in a class has coming there. One that does not wait has none: its tags would lie in the past.
  struct account {
    double next = 0; ///< Start tag of its first request; each further one stands 1 / weight behind.
    std::size_t waiting = 0;
    std::size_t seen = 0; ///< While places are being given.
    unsigned weight = 1;
  };
  struct place {
    std::size_t level;
    double start;
    std::uint64_t arrival;
    std::uint64_t id;
    friend auto operator<=>(const place&, const place&) = default;
  };
  struct entry {
    waiter what;
    std::uint64_t arrival = 0;
    unsigned overtaken = 0;
    bool taken = false;
    std::size_t level = 0; ///< Class, most urgent first, as aged.
    account* payer = nullptr; ///< Null for one that came back.
    place at{};
  };

  std::size_t level_of(const waiter& what, time_point now) const;
  entry& insert(const waiter& what);
  void join(entry& which, std::size_t level);
  void leave(entry& which);
  /// Lets everything rise that has waited long enough, and gives each its place.
  void arrange(time_point now);

  fair_queue_config config_;
  std::list<entry> entries_; ///< In the order of arrival.
  std::unordered_map<std::uint64_t, std::list<entry>::iterator> by_id_;
  /// Of each class: a caller's share in one is not spent in another.
  std::array<std::unordered_map<std::uint64_t, account>, priority_count> accounts_;
  std::array<double, priority_count> virtual_time_{}; ///< Finish tag of the request served last.
  std::uint64_t last_arrival_ = 0;
  bool arranged_ = false;   ///< Every place is right, until somebody comes, goes or rises.
  time_point next_rise_{};
};

} // namespace leanworker::internal
