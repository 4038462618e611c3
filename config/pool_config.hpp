// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/config/breaker_config.hpp>
#include <leanworker/config/cycle_config.hpp>
#include <leanworker/config/memory_config.hpp>
#include <leanworker/config/quarantine_config.hpp>
#include <leanworker/config/retry_config.hpp>
#include <leanworker/config/worker_config.hpp>

#include <chrono>
#include <cstddef>

namespace leanworker {

/// A pool. Every limit has a finite default.
struct pool_config {
  unsigned workers = 2; ///< Children at a time. A Lean host takes 0.6 to 0.9 GB and a core.
  /// Further slots that stand by: a planned replacement is started in one of them before the old child goes, so that capacity and latency stay. While it
  /// starts, or cannot be started, a child that is due goes on working. 0: the old child goes first.
  unsigned spares = 0;
  /// Start all workers for the default key at once. False: when the first request wants one.
  bool start_eagerly = true;
  /// A child serves one session key only. False: a child keeps several sessions open (`worker.child.sessions_max`), and keys share it when they differ
  /// in imports, options or metadata only.
  bool isolate_sessions = false;
  /// A child serves one request only and is replaced at once; nothing that a request leaves behind can reach another. Have more workers than requests
  /// at a time, so that the next child is ready when it is wanted.
  bool isolate_requests = false;

  std::size_t queue_max = 1024; ///< Requests and wishes waiting for a worker; one more is answered with `overloaded`.
  /// A request whose key a worker knows already may overtake others of its class, but each one is overtaken at most this often. 0: strict order.
  unsigned overtaken_max = 16;
  std::chrono::milliseconds ageing_step{10'000};  ///< Waiting this long makes a request more urgent by one class.
  std::chrono::milliseconds queue_wait{300'000};  ///< In the queue, where the request does not say.
  std::chrono::milliseconds queue_wait_max{std::chrono::hours{24}}; ///< What a request may ask for at most.

  /// Bytes of rows that may be on their way to their users, over all children: whoever makes the links of a pool bounds them with it (`client::pool` does). A child whose user holds next to
  /// nothing may always send on.
  std::size_t row_bytes_max = 64u << 20;

  std::chrono::milliseconds lease_expiry{60'000}; ///< A lease ends when its holder neither works nor renews for so long.
  std::size_t dossiers_max = 50;                  ///< Crash dossiers kept.

  worker_config worker; ///< For keys whose set-up is not made by the spec. Its `imports_max` is for workers without a pool; here `cycle` decides.
  cycle_config cycle;   ///< When a generation is replaced as planned.
  memory_config memory;
  retry_config retry;
  quarantine_config quarantine;
  breaker_config breaker;
};

} // namespace leanworker
