// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/internal/log_valve.hpp>
#include <leanworker/actors/internal/monitor_set.hpp>
#include <leanworker/actors/internal/row_tap.hpp>
#include <leanworker/child/host_thread.hpp>
#include <leanworker/child/seal.hpp>
#include <leanworker/messages/actors.hpp>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <memory>

/// The link to one child process.
///
/// Owns: nothing but its place on the host thread; that thread owns the process. Dies: after it sent `child_down`, or with its worker. A link
/// that dies early has its child killed. Sends: see `child_link_actor`. Rows, diagnostics, progress and log lines of a request with a port go into that port, as slices and without a
/// copy. Of a request without one, a row ends it, progress is dropped, and diagnostics and log lines become lines for the log, as many as `log_valve` lets pass.
namespace leanworker {

/// How to make the links of one worker: called in the worker for each generation. Tests give a scripted one.
using link_factory = std::function<child_link_actor(caf::actor_system& system, std::uint64_t generation, worker_actor worker)>;

/// Links to real processes: every generation runs `spec`. The host thread must outlive the actor system.
link_factory process_links(std::shared_ptr<host_thread> host, process_spec spec, child_limits limits = {});

/// Shared ownership of a batch of frames, as it travels from the host thread to the link.
struct frames_arrived {
  frame_batch_ptr batch;
};

struct link_ended {
  std::shared_ptr<const child_end> end;
};

struct line_printed {
  std::shared_ptr<const printed_line> line;
};

/// The link's own inbox: what the host thread tells it.
using process_link_actor = child_link_actor::extend<caf::reacts_to<child_started>, caf::reacts_to<frames_arrived>,
                                                    caf::reacts_to<child_fault>, caf::reacts_to<line_printed>,
                                                    caf::reacts_to<link_ended>>;

struct child_link_state {
  std::shared_ptr<host_thread> host;
  child_id child = 0;
  std::uint64_t generation = 0;
  worker_actor worker;
  bool greeted = false; ///< `hello` was read; it must be the first frame.
  bool ended = false;   ///< `child_down` was sent.
  bool failed = false;  ///< The child sent what it must not; it is being ended.
  seal_check seals;
  std::size_t credit_bytes = 0; ///< Where no request says otherwise.
  internal::row_tap rows; ///< Of the running request.
  bool row_refusal_told = false; ///< Of the running request.
  unsigned import_steps = 0; ///< Of the running request: its begin and its end were told, each once.
  request_notes_ptr notes; ///< Of the running request.
  internal::log_valve logs;
  internal::monitor_set monitors;

  child_link_state() = default;
  ~child_link_state();
  static inline const char* name = "child_link";
};

/// Spawns the link and, with it, the process.
process_link_actor spawn_child_link(caf::actor_system& system, std::shared_ptr<host_thread> host, process_spec spec, child_limits limits,
                                    std::uint64_t generation, worker_actor worker);

} // namespace leanworker

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(leanworker::frames_arrived)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(leanworker::link_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(leanworker::line_printed)
