// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/internal/monitor_set.hpp>
#include <leanworker/messages/actors.hpp>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <variant>

/// Runs one request with rows: sends it to the pool, passes its rows to the sink as they come, and lets the sink finish or discard them when it has ended.
///
/// Owns: nothing; the sink is its user's. Dies: after `stream_done`. Sends: see `stream_runner_actor`. The request's deadline runs on while the sink works: one that has not finished when
/// it is over makes the request fail with `sink_timeout`. A sink that refuses, dies or is late harms this request only: the child is told to end it, and is replaced only when it does not.
namespace leanworker {

struct stream_spec {
  ticket id = 0; ///< Comes back in `stream_done`.
  pool_actor pool;
  /// A submission, or a request on a lease. Its own ticket and port are overwritten.
  std::variant<submit_request, run_on_lease> request;
  row_sink_actor sink;
  /// Who the pool thinks it talks to; null: the runner. A lease serves its holder only: with a request on a lease, name the holder here, and have it pass `submission_done` with this
  /// `id` on to the runner.
  caf::strong_actor_ptr on_behalf_of;
  std::size_t credit_bytes = row_credit_bytes_default;
  /// What the request has for its work, as in the request itself; here it bounds the sink, too.
  std::chrono::milliseconds request_timeout{30'000};
};

struct stream_runner_state {
  stream_spec spec;
  stream_requester_actor requester;
  row_port_ptr port;
  rows_refused refusal; ///< Of the sink; `refused` says whether there is one.
  bool refused = false;
  bool cancelled = false;
  bool ended = false; ///< The request has its outcome.
  submission_done done;
  internal::monitor_set monitors;

  stream_runner_state() = default;
  static inline const char* name = "stream_runner";
};

/// The behaviour; spawn it with `system.spawn(stream_runner, spec, requester)`.
stream_runner_actor::behavior_type stream_runner(stream_runner_actor::stateful_pointer<stream_runner_state> self, stream_spec spec,
                                                 stream_requester_actor requester);

} // namespace leanworker
