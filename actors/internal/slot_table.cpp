// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/slot_table.hpp>

#include <algorithm>

namespace leanworker::internal {
namespace {

bool bound_to(const pool_slot& slot, std::uint64_t bind) { return slot.bound && slot.bound->bind == bind; }

} // namespace

key_ptr make_key(session_key key, bool isolated) {
  auto facts = std::make_shared<key_facts>();
  facts->child = key.child_part();
  facts->hash = key.hash();
  facts->bind = isolated ? facts->hash : facts->child.hash();
  facts->key = std::move(key);
  return facts;
}

pool_slot& slot_table::open(bool spare) {
  auto closed = std::find_if(slots_.begin(), slots_.end(), [](const pool_slot& slot) { return !slot.open() && slot.unoccupied(); });
  if (closed != slots_.end()) {
    *closed = closed->reopened();
    closed->spare = spare;
    return *closed;
  }
  auto& added = slots_.emplace_back();
  added.id = static_cast<std::uint32_t>(slots_.size() - 1);
  added.spare = spare;
  return added;
}

pool_slot* slot_table::best_idle(std::uint64_t bind, std::uint64_t hash, bool fresh_first) {
  pool_slot* best = nullptr;
  bool best_warm = false;
  for (auto& slot : slots_) {
    if (!slot.idle() || !bound_to(slot, bind))
      continue;
    bool warm = fresh_first ? slot.ran_before.empty() : slot.warm.contains(hash);
    if (!best || (warm && !best_warm) || (warm == best_warm && slot.last_used > best->last_used)) {
      best = &slot;
      best_warm = warm;
    }
  }
  return best;
}

bool slot_table::any_idle() const noexcept {
  return std::any_of(slots_.begin(), slots_.end(), [](const pool_slot& slot) { return slot.idle(); });
}

bool slot_table::any_idle(std::uint64_t bind) const noexcept {
  return std::any_of(slots_.begin(), slots_.end(), [&](const pool_slot& slot) { return slot.idle() && bound_to(slot, bind); });
}

std::size_t slot_table::coming(std::uint64_t bind) const noexcept {
  return static_cast<std::size_t>(std::count_if(slots_.begin(), slots_.end(), [&](const pool_slot& slot) {
    bool soon = slot.life == slot_life::starting || (slot.life == slot_life::ending && !slot.doomed);
    return soon && !slot.spare && !slot.closing && slot.unoccupied() && bound_to(slot, bind);
  }));
}

std::size_t slot_table::live(std::uint64_t bind) const noexcept {
  return static_cast<std::size_t>(std::count_if(slots_.begin(), slots_.end(), [&](const pool_slot& slot) {
    bool going = slot.life == slot_life::ending && slot.doomed;
    return slot.live() && !going && !slot.spare && bound_to(slot, bind);
  }));
}

pool_slot* slot_table::free_for(std::uint64_t bind, bool spare, bool parked_too, time_point now) {
  pool_slot* best = nullptr;
  int best_rank = 0;
  for (auto& slot : slots_) {
    bool parked = slot.life == slot_life::parked;
    if (slot.spare != spare || slot.closing || !slot.unoccupied() || !(slot.life == slot_life::resting || parked))
      continue;
    bool same = bound_to(slot, bind);
    if (parked && same && (!parked_too || slot.parked_until > now))
      continue;
    int rank = same ? 4 : !slot.bound ? 3 : parked ? 1 : 2;
    if (rank > best_rank) {
      best = &slot;
      best_rank = rank;
    }
  }
  return best;
}

std::size_t slot_table::workers() const noexcept {
  return static_cast<std::size_t>(
    std::count_if(slots_.begin(), slots_.end(), [](const pool_slot& slot) { return slot.open() && !slot.spare && !slot.closing; }));
}

std::size_t slot_table::busy() const noexcept {
  return static_cast<std::size_t>(std::count_if(slots_.begin(), slots_.end(), [](const pool_slot& slot) { return slot.job != 0; }));
}

} // namespace leanworker::internal
