// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace leanworker {

/// Every way in which an operation of leanworker can fail. Distinct failures never share a code. None of these is a verdict of Lean:
/// an error that Lean reports about a file travels inside a successful outcome.
enum class errc : std::uint8_t {
  none = 0,            ///< No failure.
  not_started,         ///< The program could not be executed at all; the exit status carries errno.
  start_timeout,       ///< No complete handshake within the start deadline.
  handshake_failed,    ///< The child's `hello`, or its answer to `configure`, is not what the protocol demands.
  import_timeout,      ///< An import did not end within the import deadline.
  request_timeout,     ///< A request's work did not end within the request deadline.
  cancelled,           ///< The caller asked for the end, or is gone.
  child_exited,        ///< The child left with exit code 0 without answering.
  child_failed,        ///< The child left with another exit code. See `exit_cause` for what it means.
  child_signalled,     ///< A signal that we did not send ended the child.
  frame_bad_magic,     ///< The frame header does not begin with the magic bytes.
  frame_bad_version,   ///< The peer speaks another version of the protocol.
  frame_bad_kind,      ///< Unknown kind, or one that this direction does not allow.
  frame_bad_flags,     ///< A flag or reserved field that must be zero is not.
  frame_too_large,     ///< The announced body exceeds the cap of this direction.
  frame_truncated,     ///< End of file inside a frame.
  frame_bad_body,      ///< The body does not have the form that its kind demands.
  unexpected_frame,    ///< A well-formed frame at the wrong time, or for a request that is not in flight.
  write_timeout,       ///< The child did not read what was sent to it within the deadline.
  channel_closed,      ///< The child closed its end of the channel but went on living.
  request_too_large,   ///< The request exceeds the negotiated cap; nothing was sent.
  child_refused,       ///< The child answered with an error object; its code is in the outcome.
  worker_busy,         ///< The worker already has a request.
  worker_stopping,     ///< The worker takes no more requests because it is being stopped.
  restart_limit,       ///< Too many ends within the restart window; the worker gave up.
  start_limit,         ///< Too many starts in a row that never became ready; the worker gave up.
  overloaded,          ///< The bounded queue is full; nothing was started.
  no_worker,           ///< No worker is left that could take the request; nothing was started.
  killed_its_worker,   ///< The request was running in two different children when they died; it is not tried again.
  shutting_down,       ///< The pool is shutting down; the request was not started, or its work was discarded.
  link_lost,           ///< The actor that speaks for the child died without a report.
  toolchain_not_found, ///< No Lean toolchain at any of the places searched.
  toolchain_broken,    ///< A toolchain was found but does not work.
  host_build_failed,   ///< The Lean host could not be compiled for this toolchain.
  io_error,            ///< A file or descriptor could not be read or written.
  stopped,             ///< A planned end: the owner stopped the child. Not a failure of the child.
  queue_timeout,       ///< It waited in the queue longer than its caller allowed; nothing was started.
  lease_stale,         ///< The lease has ended, or never was; nothing was sent to a worker.
  lease_expired,       ///< The holder of the lease neither worked nor renewed it for the time agreed.
  caller_gone,         ///< The caller died; its work was cancelled.
  cycled,              ///< A planned replacement of the worker came first; nothing was started.
  evicted,             ///< An idle worker was given to another session key.
  draining,            ///< The pool is being drained and admits nothing; nothing was started.
  quarantined,         ///< A request like this killed two different children; it is refused for a time. Nothing was started.
  circuit_open,        ///< Workers for this session key cannot be started at present; nothing was started.
  memory_refused,      ///< The memory budget does not admit another child; nothing was started.
  memory_limit,        ///< The child outgrew the hard limit for one worker and was killed.
  memory_pressure,     ///< The pool was near its memory budget and chose this child to be killed.
  limit_below_baseline, ///< A memory limit lies below what a warm, idle child takes: acting on it would only restart without end.
  invalid_argument,    ///< A message or option that makes no sense; the text says which.
  not_found,           ///< Nothing of that name or number is known here.
  already_exists,      ///< Something of that name is known here already.
  actor_start_failed,  ///< A supervisor could not start one of its children.
  actor_failed,        ///< An actor ended with a reason that is not a normal one.
  intensity_exceeded,  ///< A supervisor saw more failures within its period than it may bear, and gave up.
  shutdown_timeout,    ///< An actor outlived the order to end, and was abandoned.
  row_sequence_broken, ///< A row is missing, came twice, or belongs to one stream too many. The child is ended: what it sends cannot be trusted.
  row_without_sink,    ///< The child sent a row for a request whose caller takes none. The request was ended, the child lives on.
  row_malformed,       ///< A row's payload is not what it must be: no JSON text. The request was ended.
  rows_incomplete,     ///< The child's own count of rows is not that of the rows that came.
  sink_failed,         ///< Who takes the rows refused one, threw, or died. The request was ended.
  sink_timeout,        ///< Who takes the rows did not finish within the request's deadline.
  sink_full,           ///< A sink with a cap was given more than it may keep. The request was ended.
  request_encode_failed,  ///< A typed command's request could not be written as JSON; nothing was sent.
  response_decode_failed, ///< The response came, but is not what the typed command says it returns.
  row_decode_failed,      ///< A row came, but is not what the typed command says its rows are.
  summary_decode_failed,  ///< The end of a stream came, but its metadata is not what the typed command says.
  metadata_malformed,     ///< What an export returned as metadata does not have the form of metadata.
  doctor_malformed,       ///< What an export returned as a doctor's report does not have the form of one.
  metadata_mismatch,      ///< The metadata of an export is well-formed, but not what was expected.
  frame_bad_seal,         ///< A frame does not carry the seal of its request: something in the child wrote past its host. The child is ended.
  child_near_memory_limit, ///< The child was near its memory limit, so that its answer cannot be believed; it is replaced.
  child_end_unknown,       ///< The child has ended, and something else in this process took its exit status.
  toolchain_unsupported,   ///< A toolchain of a Lean version that is too old for the host.
  child_not_believed,      ///< What ran before in the child may have changed its answer, so that it cannot be believed; it is replaced.
};

/// How many enumerators `errc` has; `to_string` is checked against it.
inline constexpr int errc_count = static_cast<int>(errc::child_not_believed) + 1;

/// The enumerator's name, for example "start_timeout". Never empty; "unknown" for a value outside the enumeration.
std::string_view to_string(errc code) noexcept;

/// One sentence for people, for example "no complete handshake within the start deadline".
std::string_view describe(errc code) noexcept;

} // namespace leanworker
