// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/internal/cycle_policy.hpp>
#include <leanworker/actors/internal/pool_types.hpp>
#include <leanworker/messages/pool_snapshot.hpp>

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace leanworker::internal {

/// The session keys that a generation has open, least recently used first: what the child keeps, as far as one can know from outside.
class warm_keys {
public:
  bool contains(std::uint64_t hash) const noexcept {
    return std::any_of(keys_.begin(), keys_.end(), [&](const key_ptr& key) { return key->hash == hash; });
  }
  void use(key_ptr key, std::size_t keys_max) {
    std::erase_if(keys_, [&](const key_ptr& known) { return known->hash == key->hash; });
    keys_.push_back(std::move(key));
    if (keys_.size() > std::max<std::size_t>(1, keys_max))
      keys_.erase(keys_.begin());
  }
  void clear() noexcept { keys_.clear(); }
  const std::vector<key_ptr>& all() const noexcept { return keys_; }
  key_ptr latest() const { return keys_.empty() ? nullptr : keys_.back(); }

private:
  std::vector<key_ptr> keys_;
};

/// How a worker stands, as far as its owner knows.
enum class slot_life : std::uint8_t {
  resting,  ///< No child and none wanted.
  starting, ///< A child is coming, perhaps after a back-off.
  ready,    ///< A child takes requests.
  ending,   ///< Its child was told to end, as planned, or is being killed.
  parked,   ///< Gave up.
  closed,   ///< Gone for good.
};

/// One place in the pool. It keeps its history over all generations, and over the loss of its worker actor.
struct pool_slot {
  std::uint32_t id = 0;
  slot_life life = slot_life::resting;
  bool spare = false;   ///< Stands by, or warms up to take over; serves nobody.
  bool closing = false; ///< Is to be closed as soon as it is free.
  key_ptr bound;        ///< What its child is, or was last, started for.

  // -- the running generation ---
  std::uint64_t generation = 0;
  std::uint64_t next_generation = 0; ///< What its next worker begins with: no number is used twice, not that of one that could not be started either.
  std::int64_t pid = 0;
  bool ever_ran = false;
  bool was_ready = false; ///< This generation.
  warm_keys warm;
  std::vector<std::uint64_t> warmed_up; ///< Hashes of the keys that we opened in advance, in this generation.
  time_point spawned_at{};
  time_point ready_at{};
  time_point last_used{};
  cycle_facts facts; ///< Of this generation, as the policy wants them.
  std::uint64_t kind = 0; ///< `bind` of the key that it was started for.

  std::deque<std::string> ran_before; ///< Labels of the requests that this generation has ended, the last one first; at most `ran_before_max`.
  void remember(std::string label);

  // -- what it does ---
  std::uint64_t job = 0;
  std::uint64_t lease = 0;
  bool killing = false;  ///< We are having its child killed.
  bool settling = false; ///< Its child still has a cancelled request.

  // -- its planned end ---
  std::optional<cycle_reason> due; ///< Decided; the child goes as soon as it is free, or its replacement is ready.
  errc end_cause = errc::none;     ///< Why it was told to end.
  std::optional<std::uint64_t> evicted; ///< The generation that was to make room for another kind.
  std::string next_cause;          ///< What the next generation will be counted under.
  std::optional<std::uint32_t> replaced_by; ///< The spare that starts in its place.
  std::optional<std::uint32_t> replaces;
  bool end_reported = false; ///< The end of its last child is in the report of the pool's own end.
  bool put_off = false;   ///< Its planned end must wait, and that was told.
  bool diagnosed = false; ///< A limit that cannot be kept was told, once per generation.
  bool doomed = false;  ///< Rests instead of starting again.
  bool measured = true; ///< The last look at its memory had a result.

  // -- history ---
  std::uint64_t requests = 0;
  std::uint64_t imports = 0;
  std::uint64_t restarts = 0;
  std::uint64_t failures = 0;
  std::uint64_t last_request = 0;
  std::string last_request_head;
  std::string last_end;
  std::optional<time_point> failed_at; ///< Of an unplanned end that has not been made good.
  time_point parked_until{};
  unsigned limit_kills = 0; ///< Children in a row that outgrew their own limit, without a success in between.
  std::deque<memory_sample> memory_curve; ///< At most `memory_curve_max`.

  bool open() const noexcept { return life != slot_life::closed; }
  bool live() const noexcept { return life == slot_life::starting || life == slot_life::ready || life == slot_life::ending; }
  /// Free to be given something.
  bool idle() const noexcept { return life == slot_life::ready && !spare && !closing && job == 0 && lease == 0 && !settling; }
  bool unoccupied() const noexcept { return job == 0 && lease == 0; }
  slot_state shown() const noexcept;
  /// The same place, empty: only its history is left.
  pool_slot reopened() const;
};
inline constexpr std::size_t memory_curve_max = 60;

inline constexpr std::size_t ran_before_max = 8;

inline void pool_slot::remember(std::string label) {
  ran_before.push_front(std::move(label));
  if (ran_before.size() > ran_before_max)
    ran_before.pop_back();
}

inline pool_slot pool_slot::reopened() const {
  pool_slot fresh;
  fresh.id = id;
  fresh.generation = generation;
  fresh.next_generation = next_generation;
  fresh.ever_ran = ever_ran;
  fresh.requests = requests;
  fresh.imports = imports;
  fresh.restarts = restarts;
  fresh.failures = failures;
  fresh.last_request = last_request;
  fresh.last_request_head = last_request_head;
  fresh.last_end = last_end;
  return fresh;
}

inline slot_state pool_slot::shown() const noexcept {
  switch (life) {
    case slot_life::resting: return slot_state::empty;
    case slot_life::starting: return slot_state::starting;
    case slot_life::ending: return slot_state::ending;
    case slot_life::parked: return slot_state::parked;
    case slot_life::closed: return slot_state::closed;
    case slot_life::ready: break;
  }
  return job != 0 || settling ? slot_state::busy : lease != 0 ? slot_state::leased : slot_state::idle;
}

} // namespace leanworker::internal
