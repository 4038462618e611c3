// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/internal/monitor_set.hpp>
#include <leanworker/actors/internal/rollup_pacer.hpp>
#include <leanworker/messages/actors.hpp>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

/// Measures the memory of children on a timer and tells its subscribers. Never kills.
///
/// Owns: nothing but numbers. Dies: by an exit message. Sends: memory_report to each subscriber, once per period, about the children that this subscriber asked to be
/// watched. The files are read in the actor: about 20 µs per child and look; looks that cost more are paced by what they cost (`rollup_pacer`), so that 32 children of any size
/// cost less than 1 % of a core (bench_monitor).
namespace leanworker {

/// Looks at one process, again and again. A test gives a script.
using memory_look = std::function<memory_sample(bool rollup, std::chrono::milliseconds at)>;

struct rss_monitor_spec {
  std::chrono::milliseconds every{1'000};
  unsigned rollup_every = 5; ///< PSS and private memory at most at each so many looks, less often where that would cost too much. At least 1.
  /// Makes the look at one process. Empty: the real one, `memory_probe`.
  std::function<memory_look(std::int64_t pid)> probe;
  std::function<machine_memory()> machine; ///< Empty: the real one.
};

class rss_monitor_state {
public:
  explicit rss_monitor_state(rss_monitor_actor::pointer self_pointer) : self{self_pointer} {}
  static inline const char* name = "rss_monitor";

  void start(rss_monitor_spec spec);
  void watch(const watch_process& order);
  void unwatch(const unwatch_process& order);
  void subscribe();
  void look();
  void lost(const caf::down_msg& down);

  rss_monitor_actor::pointer self;

private:
  struct watched {
    std::uint64_t generation = 0;
    memory_look look;
    unsigned looks_since_rollup = 0;
    bool never_rolled_up = true;
  };
  using place = std::pair<caf::actor_id, std::uint32_t>; ///< Who asked, and which worker of theirs.

  std::vector<std::pair<const place, watched>*> longest_without_rollup_first();
  memory_sample look_at(watched& child, std::chrono::milliseconds at);

  rss_monitor_spec spec_;
  internal::rollup_pacer pacer_;
  std::map<place, watched> children_;
  std::vector<caf::strong_actor_ptr> subscribers_;
  internal::monitor_set monitors_;
  std::uint64_t unavailable_ = 0;
  std::chrono::steady_clock::time_point begun_{};
};

/// The behaviour; spawn it with `system.spawn(rss_monitor, spec)`.
rss_monitor_actor::behavior_type rss_monitor(rss_monitor_actor::stateful_pointer<rss_monitor_state> self, rss_monitor_spec spec);

} // namespace leanworker
