// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace leanworker {

/// When a failed child is followed by the next generation, and when the worker gives up. Planned ends never count.
struct restart_policy {
  /// Restarts allowed within any `period`; the next failure makes the worker give up (`restart_limit`). OTP calls this intensity.
  unsigned restarts_max = 16;
  std::chrono::milliseconds period{60'000};
  /// Generations in a row that never became ready before the worker gives up (`start_limit`): what cannot start now will not start by trying on.
  unsigned failed_starts_max = 5;
  /// Delay before the first restart in a row of failures; each further one multiplies it by `backoff_factor`, up to `backoff_max`.
  std::chrono::milliseconds backoff_initial{50};
  double backoff_factor = 2.0;
  std::chrono::milliseconds backoff_max{5'000};
  /// Each delay is multiplied by a random number from 1 - jitter to 1 + jitter, so that workers do not restart in step. 0…1.
  double jitter = 0.2;
  /// A generation that lived this long ends the row: the next failure starts again at `backoff_initial`.
  std::chrono::milliseconds stable_after{10'000};
};

/// What a worker asks of each child in `configure`; docs/PROTOCOL.md, section 3.
struct child_settings {
  std::uint32_t frame_bytes_max_to_child = 16u << 20;  ///< 64 KiB…256 MiB.
  std::uint32_t frame_bytes_max_to_parent = 16u << 20; ///< 64 KiB…256 MiB.
  std::vector<std::string> search_path;                ///< Absolute folders with compiled modules, first match wins. Empty: the child's own.
  unsigned sessions_max = 8;                           ///< Import sets that the child keeps open, 1…64.
};

/// One worker. Every wait has its own deadline, which starts when its phase starts.
struct worker_config {
  /// From spawn to the complete handshake. 10 s suits a child with a start-up image or a native Lean; use 30 s where neither is there.
  std::chrono::milliseconds start_timeout{10'000};
  /// One import, from the child's word that it began. The request's own deadline stands still meanwhile.
  std::chrono::milliseconds import_timeout{60'000};
  /// The work of one request, from its dispatch, or from the end of its import.
  std::chrono::milliseconds request_timeout{30'000};
  /// A child that was ready to run and got no processor does not pay for that: its start, import and request deadlines are put off by that time, up to
  /// this multiple of the deadline, counted from its beginning. 1: deadlines are wall time. A child that sleeps gets no more time.
  unsigned deadline_stretch_max = 4;
  /// How long a child may take to end a cancelled request before it is killed. Its caller has the outcome already.
  std::chrono::milliseconds cancel_grace{1'000};
  /// If a link does not report the end of a child within this time after it was asked to, the child is given up for lost. Must exceed the sum
  /// of the kill ladder's rungs.
  std::chrono::milliseconds reap_guard{15'000};
  /// A generation that did this many imports is replaced before the next request: memory taken by an import never returns. 0: never.
  unsigned imports_max = 12;
  restart_policy restart;
  child_settings child;
};

} // namespace leanworker
