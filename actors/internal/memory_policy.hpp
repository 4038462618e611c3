// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/config/memory_config.hpp>
#include <leanworker/messages/errc.hpp>
#include <leanworker/messages/memory.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace leanworker::internal {

/// One child, or one that is coming, as the memory policy sees it.
struct memory_slot {
  using time_point = std::chrono::steady_clock::time_point;

  std::uint32_t slot = 0;
  std::uint64_t bind = 0;       ///< Kind of child.
  measured_bytes bytes;         ///< Unknown: counts as its kind's reservation.
  measured_bytes baseline;      ///< Warm and idle for the first time in its generation.
  bool starting = false;        ///< There is nothing to end yet.
  bool idle = false;            ///< Nobody uses it or holds it.
  bool retriable = false;       ///< What it runs can be run again.
  bool doomed = false;          ///< It will be ended when it is free.
  bool ending = false;          ///< It is being ended now.
  time_point started{};
  time_point last_used{};
};

struct memory_use {
  std::uint64_t used = 0;     ///< Known.
  std::uint64_t reserved = 0; ///< For those that are not known.
  std::uint64_t limit = 0;    ///< 0: no budget.
  std::uint32_t unknown = 0;
  std::uint64_t projected = 0; ///< With each child at the highest value seen of its kind.
  std::uint64_t total() const noexcept { return used + reserved; }
};

struct memory_admission {
  bool admitted = true;
  memory_use use;
  std::uint64_t wanted = 0; ///< Reservation of the child that was to be started.
  bool blind = false;       ///< Refused because nobody knows yet what a child takes, or what there is.
  /// For people: "1800 MiB of 2048 MiB are taken; a child like this takes 900 MiB".
  std::string text() const;
};

struct memory_action {
  enum class kind : std::uint8_t {
    doom,     ///< End it as planned when it is free, and start no other.
    kill,     ///< Now.
    diagnose, ///< A limit that cannot be kept: `cause` is `limit_below_baseline`.
  };
  kind what = kind::doom;
  std::uint32_t slot = 0;
  errc cause = errc::memory_pressure;
  std::uint64_t value = 0;
  std::uint64_t limit = 0;
};

/// What is done about memory. Pure, but for remembering the highest value of each kind of child (its reservation).
///
/// A child that is unavailable, or has not been looked at yet, counts as its reservation: it is reported as unknown and never reads as being under the budget.
class memory_policy {
public:
  explicit memory_policy(memory_config config) : config_{config} {}
  /// Somebody measures: until then no limit is kept, for lack of numbers.
  void measured() noexcept { measured_ = true; }

  void observe(std::uint64_t bind, std::uint64_t bytes);
  /// The highest value observed of this kind, else of any kind, else the configured one.
  std::uint64_t reservation(std::uint64_t bind) const;
  /// 0: none.
  std::uint64_t budget(const machine_memory& machine) const;
  memory_use use(const std::vector<memory_slot>& slots, const machine_memory& machine) const;

  /// May a child of this kind be started? `slots` without one that leaves for it. Every child is reckoned with the highest value ever seen of its kind, not with what it takes at the
  /// moment: it may take that again. As long as nothing is known, children are started one after the other, each once the one before was measured.
  memory_admission admit(std::uint64_t bind, const std::vector<memory_slot>& slots, const machine_memory& machine) const;
  /// At most one action: over the limit for one child, then pressure, then a diagnosis. None for pressure while an earlier one is still
  /// taking effect.
  std::optional<memory_action> act(const std::vector<memory_slot>& slots, const machine_memory& machine) const;

private:
  /// The largest over the limit for one. `hopeless`: among those that were over it when they were warm and idle, else among the others.
  const memory_slot* over_hard_limit(const std::vector<memory_slot>& slots, bool hopeless) const;
  std::optional<memory_action> under_pressure(const std::vector<memory_slot>& slots, const machine_memory& machine) const;

  static constexpr std::size_t kinds_max = 1024;
  bool blind(std::uint64_t bind, const std::vector<memory_slot>& slots, const machine_memory& machine) const;

  memory_config config_;
  bool measured_ = false;
  std::map<std::uint64_t, std::uint64_t> highest_;
};

} // namespace leanworker::internal
