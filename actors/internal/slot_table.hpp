// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/internal/pool_slot.hpp>

#include <deque>

namespace leanworker::internal {

/// All slots of a pool, and the choices among them. Pure. A slot's number is its index; one that was closed is opened again, with its history, before there is a new one.
class slot_table {
public:
  /// Opens a slot. One that was open before goes on with the generation after its last.
  pool_slot& open(bool spare);
  pool_slot& at(std::uint32_t id) { return slots_.at(id); }
  const pool_slot& at(std::uint32_t id) const { return slots_.at(id); }
  bool has(std::uint32_t id) const noexcept { return id < slots_.size(); }
  auto begin() noexcept { return slots_.begin(); }
  auto end() noexcept { return slots_.end(); }
  auto begin() const noexcept { return slots_.begin(); }
  auto end() const noexcept { return slots_.end(); }
  std::size_t size() const noexcept { return slots_.size(); }

  /// The idle slot to serve this key: one that has it warm, else the one used last, so that the others may go idle. Null when none serves it.
  /// `fresh_first`: one whose child has run nothing, where there is one.
  pool_slot* best_idle(std::uint64_t bind, std::uint64_t hash, bool fresh_first = false);
  bool any_idle() const noexcept;
  bool any_idle(std::uint64_t bind) const noexcept;
  /// Slots whose child for this kind of key is coming and is not spoken for.
  std::size_t coming(std::uint64_t bind) const noexcept;
  /// Slots of this kind that have, or will have, a child.
  std::size_t live(std::uint64_t bind) const noexcept;
  /// A slot without a child to start one in: one of the same kind, else one that is unbound, else any. `parked_too`: also one that gave up on this kind.
  pool_slot* free_for(std::uint64_t bind, bool spare, bool parked_too, time_point now);
  /// The idle slot of another kind that was not used for longest; `pinned` says which may not be taken. Null when there is none.
  template <class Pinned>
  pool_slot* to_evict(std::uint64_t bind, Pinned pinned) {
    pool_slot* oldest = nullptr;
    for (auto& slot : slots_)
      if (slot.idle() && !slot.replaced_by && slot.bound && slot.bound->bind != bind && !pinned(slot)
          && (!oldest || slot.last_used < oldest->last_used))
        oldest = &slot;
    return oldest;
  }
  /// Workers that are not spare, closing or closed.
  std::size_t workers() const noexcept;
  std::size_t busy() const noexcept;

private:
  std::deque<pool_slot> slots_; ///< Stable addresses.
};

} // namespace leanworker::internal
