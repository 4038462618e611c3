// SPDX-License-Identifier: Apache-2.0
#include <leanworker/messages/errc.hpp>

#include <array>

namespace leanworker {
namespace {

struct entry {
  errc code;
  std::string_view name;
  std::string_view sentence;
};

constexpr std::array<entry, errc_count> table{{
  {errc::none, "none", "no failure"},
  {errc::not_started, "not_started", "the program could not be started"},
  {errc::start_timeout, "start_timeout", "no complete handshake within the start deadline"},
  {errc::handshake_failed, "handshake_failed", "the handshake is not what the protocol demands"},
  {errc::import_timeout, "import_timeout", "an import did not end within its deadline"},
  {errc::request_timeout, "request_timeout", "the work did not end within its deadline"},
  {errc::cancelled, "cancelled", "cancelled"},
  {errc::child_exited, "child_exited", "the child left without answering"},
  {errc::child_failed, "child_failed", "the child failed"},
  {errc::child_signalled, "child_signalled", "a signal ended the child"},
  {errc::frame_bad_magic, "frame_bad_magic", "what the child sent is not a frame"},
  {errc::frame_bad_version, "frame_bad_version", "the child speaks another version of the protocol"},
  {errc::frame_bad_kind, "frame_bad_kind", "a frame of unknown or disallowed kind"},
  {errc::frame_bad_flags, "frame_bad_flags", "a frame with flags that must be zero"},
  {errc::frame_too_large, "frame_too_large", "a frame larger than the cap"},
  {errc::frame_truncated, "frame_truncated", "end of file inside a frame"},
  {errc::frame_bad_body, "frame_bad_body", "a frame whose body does not have the form its kind demands"},
  {errc::unexpected_frame, "unexpected_frame", "a frame at the wrong time"},
  {errc::write_timeout, "write_timeout", "the child did not read what was sent to it"},
  {errc::channel_closed, "channel_closed", "the child closed its channel but went on living"},
  {errc::request_too_large, "request_too_large", "the request exceeds the frame cap; nothing was sent"},
  {errc::child_refused, "child_refused", "the child refused the request"},
  {errc::worker_busy, "worker_busy", "the worker already has a request"},
  {errc::worker_stopping, "worker_stopping", "the worker is being stopped"},
  {errc::restart_limit, "restart_limit", "too many crashes within the restart window"},
  {errc::start_limit, "start_limit", "too many failed starts in a row"},
  {errc::overloaded, "overloaded", "the queue is full; nothing was started"},
  {errc::no_worker, "no_worker", "no worker is left"},
  {errc::killed_its_worker, "killed_its_worker", "killed its worker twice"},
  {errc::shutting_down, "shutting_down", "shutting down"},
  {errc::link_lost, "link_lost", "the link to the child was lost without a report"},
  {errc::toolchain_not_found, "toolchain_not_found", "no Lean toolchain was found"},
  {errc::toolchain_broken, "toolchain_broken", "the Lean toolchain does not work"},
  {errc::host_build_failed, "host_build_failed", "the Lean host could not be compiled"},
  {errc::io_error, "io_error", "a file could not be read or written"},
  {errc::stopped, "stopped", "stopped as planned"},
  {errc::queue_timeout, "queue_timeout", "waited too long in the queue; nothing was started"},
  {errc::lease_stale, "lease_stale", "the lease has ended; nothing was started"},
  {errc::lease_expired, "lease_expired", "the holder of the lease was silent for too long"},
  {errc::caller_gone, "caller_gone", "the caller is gone"},
  {errc::cycled, "cycled", "the worker is being replaced as planned; nothing was started"},
  {errc::evicted, "evicted", "the worker was given to another session key"},
  {errc::draining, "draining", "the pool is being drained; nothing was started"},
  {errc::quarantined, "quarantined", "a request like this killed two children; it is refused for a time"},
  {errc::circuit_open, "circuit_open", "workers for this session key cannot be started at present; nothing was started"},
  {errc::memory_refused, "memory_refused", "the memory budget admits no further child; nothing was started"},
  {errc::memory_limit, "memory_limit", "the child outgrew its memory limit"},
  {errc::memory_pressure, "memory_pressure", "the child was killed because the pool ran out of its memory budget"},
  {errc::limit_below_baseline, "limit_below_baseline", "a memory limit lies below what a warm, idle child takes"},
  {errc::invalid_argument, "invalid_argument", "an argument makes no sense"},
  {errc::not_found, "not_found", "nothing of that name is known here"},
  {errc::already_exists, "already_exists", "something of that name is known here already"},
  {errc::actor_start_failed, "actor_start_failed", "an actor could not be started"},
  {errc::actor_failed, "actor_failed", "an actor failed"},
  {errc::intensity_exceeded, "intensity_exceeded", "too many failures within the supervisor's period"},
  {errc::shutdown_timeout, "shutdown_timeout", "an actor outlived the order to end"},
  {errc::row_sequence_broken, "row_sequence_broken", "a row is missing, came twice, or opens one stream too many"},
  {errc::row_without_sink, "row_without_sink", "the child sent a row, but the caller takes none"},
  {errc::row_malformed, "row_malformed", "a row is no JSON text"},
  {errc::rows_incomplete, "rows_incomplete", "the child counted other rows than those that came"},
  {errc::sink_failed, "sink_failed", "the sink of the rows failed"},
  {errc::sink_timeout, "sink_timeout", "the sink of the rows did not finish within the deadline"},
  {errc::sink_full, "sink_full", "more rows came than the sink may keep"},
  {errc::request_encode_failed, "request_encode_failed", "the request could not be written as JSON; nothing was sent"},
  {errc::response_decode_failed, "response_decode_failed", "the response is not of the type that the command returns"},
  {errc::row_decode_failed, "row_decode_failed", "a row is not of the type that the command streams"},
  {errc::summary_decode_failed, "summary_decode_failed", "the metadata at the end of the stream is not of the type that the command says"},
  {errc::metadata_malformed, "metadata_malformed", "the capability's metadata does not have the form of metadata"},
  {errc::doctor_malformed, "doctor_malformed", "the doctor's report does not have the form of a report"},
  {errc::metadata_mismatch, "metadata_mismatch", "the capability's metadata is not what was expected"},
  {errc::frame_bad_seal, "frame_bad_seal", "a frame without the seal of its request"},
  {errc::child_near_memory_limit, "child_near_memory_limit", "the child was near its memory limit, and its answer cannot be believed"},
  {errc::child_end_unknown, "child_end_unknown", "the child has ended, and something else in this process took its exit status"},
  {errc::toolchain_unsupported, "toolchain_unsupported", "the toolchain's Lean version is too old for the Lean host"},
  {errc::child_not_believed, "child_not_believed", "what ran before in the child may have changed its answer, which cannot be believed"},
}};

constexpr bool table_is_in_enum_order() {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (static_cast<std::size_t>(table[i].code) != i || table[i].name.empty())
      return false;
  return true;
}
static_assert(table_is_in_enum_order(), "every errc needs its row, in the order of the enumeration");

} // namespace

std::string_view to_string(errc code) noexcept {
  auto index = static_cast<std::size_t>(code);
  return index < table.size() ? table[index].name : "unknown";
}

std::string_view describe(errc code) noexcept {
  auto index = static_cast<std::size_t>(code);
  return index < table.size() ? table[index].sentence : "unknown failure";
}

} // namespace leanworker
