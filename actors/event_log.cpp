// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/event_log.hpp>

#include <leanworker/actors/error.hpp>
#include <leanworker/actors/internal/handlers.hpp>
#include <leanworker/actors/snapshot_json.hpp>

#include <caf/send.hpp>

namespace leanworker {
namespace {

using self_pointer = event_log_actor::stateful_pointer<event_log_state>;

void fail(self_pointer self, const std::string& why) {
  auto& state = self->state;
  state.out.reset();
  self->quit(to_error({errc::io_error, "the event log " + state.path + " cannot be written: " + why, {}}));
}

/// Lines that find no room are counted, and told of before the next one that does.
void write(self_pointer self, std::string line) {
  auto& state = self->state;
  if (!state.out)
    return;
  if (auto why = state.out->problem())
    return fail(self, *why);
  if (state.dropped != 0 && state.out->write(R"({"kind":"dropped","value":)" + std::to_string(state.dropped) + "}"))
    state.dropped = 0;
  if (state.dropped != 0 || !state.out->write(std::move(line)))
    ++state.dropped;
}

void take(self_pointer self, const pool_event& event) {
  auto& state = self->state;
  write(self, to_json(event, std::chrono::system_clock::now()));
  bool unplanned = event.kind == pool_event_kind::worker_down && event.code != errc::stopped;
  if (unplanned && state.pool)
    self->send(state.pool, get_crash_dossiers{});
}

void take(self_pointer self, const crash_dossiers& all) {
  auto& state = self->state;
  for (const auto& dossier : all.entries) {
    if (dossier.at.count() <= state.dossiers_until_us)
      continue;
    state.dossiers_until_us = dossier.at.count();
    write(self, to_json(dossier));
  }
}

} // namespace

event_log_actor::behavior_type event_log(self_pointer self, event_log_config config, pool_actor of) {
  internal::install_quiet_handlers(self);
  // The pool's last event has been heard by then.
  self->set_down_handler([self](caf::down_msg&) { self->quit(); });
  auto& state = self->state;
  state.pool = std::move(of);
  state.path = config.path;
  try {
    state.out = std::make_unique<internal::log_writer>(config);
    state.monitors.add(self, state.pool);
    self->send(state.pool, subscribe_pool{});
  } catch (const std::exception& error) {
    fail(self, error.what());
  }
  return {
    [self](const pool_event& event) { take(self, event); },
    [self](const crash_dossiers& all) { take(self, all); },
  };
}

event_log_actor spawn_event_log(caf::actor_system& system, event_log_config config, const pool_actor& of) {
  auto made = system.spawn(event_log, std::move(config), of);
  caf::send_as(made, of, subscribe_pool{}); // its own comes when it is first scheduled, and does no harm
  return made;
}

} // namespace leanworker
