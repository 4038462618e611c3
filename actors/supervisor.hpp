// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/internal/alarm.hpp>
#include <leanworker/actors/internal/monitor_set.hpp>
#include <leanworker/actors/internal/supervision.hpp>
#include <leanworker/config/supervision_config.hpp>
#include <leanworker/messages/actors.hpp>

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

/// A supervisor in OTP's sense for any CAF actors: starts its children in order, restarts them by its strategy, stops them in reverse order.
///
/// Owns: its children, and a stable handle for each. Dies: after an exit message of anybody but its children, in good order; when it gives up, with `intensity_exceeded` and the
/// chain of causes; at once, without having started anything, where two of its children have one id (`already_exists`) or one has none (`invalid_argument`); when killed, and then
/// its children are killed with it. Sends: child_event to subscribers.
namespace leanworker {

/// One child, before it is started.
struct child_spec {
  std::string id; ///< Unique in its supervisor.
  /// Makes an incarnation (0, 1, 2 …). Called in the supervisor. A null handle or an exception is a failed start, and counts as a failure of the child.
  std::function<caf::actor(caf::actor_system& system, std::uint64_t incarnation)> start;
  restart_type restart = restart_type::permanent;
  std::chrono::milliseconds shutdown{5'000}; ///< Between the polite exit message and `kill`. 0: killed at once (OTP's brutal_kill).
  child_kind kind = child_kind::worker;
};

struct supervisor_spec {
  std::string name = "supervisor";
  supervision_config config;
  std::vector<child_spec> children;   ///< Started in this order.
  std::function<double()> random;     ///< Numbers in [0, 1) for the jitter; empty: seeded by the machine.
  /// More lines for the picture of the tree: asked for each running child, for example to show what a pool has below it. Optional.
  std::function<std::vector<supervision_node>(const std::string& child)> below;
};

/// Start another child, after all others. Anyone → supervisor; answered with `supervisor_answer` (`already_exists`, `invalid_argument`, `shutting_down`).
struct add_child {
  std::shared_ptr<const child_spec> spec;
};

/// The stable handle of a child: it stays the same over all its incarnations. While the child is down, requests to it are answered with the error of an
/// `actor_failed` reason, and messages that want no answer are dropped. Exit messages are passed on to the child, too, except `kill`, which ends the handle itself. Anyone → supervisor; answered with `child_handle`, null where there is no such child.
struct get_child {
  std::string id;
  friend bool operator==(const get_child&, const get_child&) = default;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, get_child& x) {
  return f(x.id);
}

struct child_handle {
  caf::actor handle; ///< Cast it to what the child is: `caf::actor_cast<pool_actor>(handle)`.
};

using supervisor_actor = caf::typed_actor<
  caf::reacts_to<subscribe_children>,
  caf::replies_to<list_children>::with<child_list>,
  caf::replies_to<add_child>::with<supervisor_answer>,
  caf::replies_to<remove_child>::with<supervisor_answer>,
  caf::replies_to<restart_child>::with<supervisor_answer>,
  caf::replies_to<get_child>::with<child_handle>,
  caf::replies_to<get_tree>::with<supervision_node>,
  caf::reacts_to<supervision_timer>>;

using child_event_actor = caf::typed_actor<caf::reacts_to<child_event>>;

class supervisor_state {
public:
  explicit supervisor_state(supervisor_actor::pointer self_pointer) : self{self_pointer} {}
  supervisor_state(const supervisor_state&) = delete;
  supervisor_state& operator=(const supervisor_state&) = delete;
  /// Runs when the actor ends, however it does: what lives below it ends with it.
  ~supervisor_state();
  static inline const char* name = "supervisor";

  void start(supervisor_spec spec);
  void perform(internal::supervise_effects effects);
  void ended(const caf::down_msg& down);
  void told_to_exit(caf::exit_msg& order);
  void rang();
  void subscribe();
  supervisor_answer add(const child_spec& spec);
  supervisor_answer remove(const std::string& id);
  supervisor_answer restart(const std::string& id);
  child_handle find(const std::string& id) const;
  caf::typed_response_promise<supervision_node> tree();

  supervisor_actor::pointer self;
  std::unique_ptr<internal::supervision> machine;

private:
  struct child {
    child_spec spec;
    caf::actor proxy;   ///< What callers hold.
    caf::actor current; ///< Null while it is down.
    caf::actor_addr address;
    std::uint64_t incarnation = 0;
  };
  struct tree_request;

  void carry_out(internal::supervise::start& order);
  void carry_out(internal::supervise::stop& order);
  void carry_out(internal::supervise::kill& order);
  void carry_out(internal::supervise::abandon& order);
  void carry_out(internal::supervise::forget& order);
  void carry_out(internal::supervise::tell& order);
  void carry_out(internal::supervise::arm& order);
  void carry_out(internal::supervise::finish& order);
  child& adopt(const child_spec& spec);
  void set_current(child& which, caf::actor handle);
  std::chrono::steady_clock::time_point now() const { return self->clock().now(); }
  supervision_node node(const child_status& status) const;

  supervisor_spec spec_;
  std::map<std::string, child> children_;
  std::vector<child_event_actor> subscribers_;
  internal::monitor_set monitors_;
  internal::alarm alarm_;
  std::uint64_t epoch_ = 0; ///< Of what the alarm was set for.
  caf::error exit_reason_; ///< Asked for from outside; from `finished_` on, the one to end with.
  bool told_to_exit_ = false;
  bool initialized_ = false; ///< Before, it must not quit.
  bool finished_ = false;
};

/// The behaviour; spawn it with `system.spawn(supervisor, spec)`. Its children are started at once.
supervisor_actor::behavior_type supervisor(supervisor_actor::stateful_pointer<supervisor_state> self, supervisor_spec spec);

/// A spec for a supervisor below another one.
child_spec supervisor_child(supervisor_spec spec, restart_type restart = restart_type::permanent,
                            std::chrono::milliseconds shutdown = std::chrono::minutes{1});

} // namespace leanworker

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(leanworker::add_child)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(leanworker::get_child)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(leanworker::child_handle)
