// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/memory.hpp>
#include <leanworker/messages/pool.hpp>
#include <leanworker/messages/pool_event.hpp>
#include <leanworker/messages/pool_snapshot.hpp>
#include <leanworker/messages/stream.hpp>
#include <leanworker/messages/supervision.hpp>

#include <caf/actor_system_config.hpp>
#include <caf/type_id.hpp>

CAF_BEGIN_TYPE_ID_BLOCK(leanworker, caf::first_custom_type_id)

  CAF_ADD_TYPE_ID(leanworker, (leanworker::child_hello))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::child_started))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::child_response))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::child_progress))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::child_log))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::child_row_refused))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::child_fault))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::child_down))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::link_send))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::link_accept))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::link_stop))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::run_request))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::cancel_request))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::request_done))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::worker_event))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::stop_worker))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::cycle_worker))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::rest_worker))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::kill_child))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::worker_timer))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::get_worker_status))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::worker_status))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::submit_request))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::submission_started))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::submission_done))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::cancel_submission))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::stop_pool))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::pool_stopped))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::failure_reason))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::child_event))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::subscribe_children))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::list_children))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::child_list))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::remove_child))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::restart_child))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::supervisor_answer))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::supervision_node))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::get_tree))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::supervision_timer))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::watch_process))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::unwatch_process))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::subscribe_memory))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::memory_report))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::monitor_timer))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::acquire_lease))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::lease_granted))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::lease_refused))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::run_on_lease))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::renew_lease))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::release_lease))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::lease_ended))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::get_queue_position))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::queue_position))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::pause_pool))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::resume_pool))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::drain_pool))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::pool_drained))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::resize_pool))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::cycle_pool))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::prewarm_key))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::pool_answer))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::list_quarantine))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::quarantine_list))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::release_quarantine))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::pool_timer))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::pool_event))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::subscribe_pool))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::get_pool_snapshot))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::pool_snapshot))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::get_crash_dossiers))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::crash_dossiers))

  CAF_ADD_TYPE_ID(leanworker, (leanworker::row_slice))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::finish_rows))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::rows_finished))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::discard_rows))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::rows_refused))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::cancel_stream))
  CAF_ADD_TYPE_ID(leanworker, (leanworker::stream_done))

CAF_END_TYPE_ID_BLOCK(leanworker)

namespace leanworker {

/// Makes CAF know our messages. Call once on a configuration before an actor system is made from it.
void register_messages(caf::actor_system_config& config);

} // namespace leanworker

// It refers to memory that child and user share: it stays in this process.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(leanworker::row_slice)
