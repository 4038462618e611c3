// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/event_log.hpp>

#include <leanworker/actors/error.hpp>
#include <leanworker/actors/internal/handlers.hpp>
#include <leanworker/actors/snapshot_json.hpp>

#include <caf/send.hpp>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/spdlog.h>

namespace leanworker {

using self_pointer = event_log_actor::stateful_pointer<event_log_state>;

/// The only place that knows spdlog. Throws spdlog_ex where the file cannot be written.
class event_log_state::writer {
public:
  explicit writer(const event_log_config& config)
      : sink_{std::make_shared<spdlog::sinks::rotating_file_sink_st>(config.path, config.bytes_max, config.files_max)} {
    sink_->set_pattern("%v");
  }
  ~writer() {
    try {
      sink_->flush();
    } catch (const spdlog::spdlog_ex&) {
      // Nobody is left to be told.
    }
  }
  writer(const writer&) = delete;
  writer& operator=(const writer&) = delete;

  void write(const std::string& line) { sink_->log(spdlog::details::log_msg{"events", spdlog::level::info, line}); }
  void flush() { sink_->flush(); }

private:
  std::shared_ptr<spdlog::sinks::rotating_file_sink_st> sink_;
};

namespace {

/// Does something with the file; a failure ends the actor, with the place and the reason.
template <class Action>
void guarded(self_pointer self, const std::string& path, Action action) {
  try {
    action();
  } catch (const spdlog::spdlog_ex& error) {
    self->state.out.reset();
    self->quit(to_error({errc::io_error, "the event log " + path + " cannot be written: " + error.what(), {}}));
  }
}

void take(self_pointer self, const pool_event& event) {
  auto& state = self->state;
  if (self->mailbox().size() > events_waiting_max) {
    ++state.dropped;
    return;
  }
  auto now = std::chrono::system_clock::now();
  if (auto lost = std::exchange(state.dropped, 0); lost != 0)
    state.out->write(R"({"kind":"dropped","value":)" + std::to_string(lost) + "}");
  state.out->write(to_json(event, now));
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
    state.out->write(to_json(dossier));
  }
}

} // namespace

event_log_actor::behavior_type event_log(self_pointer self, event_log_config config, pool_actor of) {
  internal::install_quiet_handlers(self);
  // The pool's last event has been heard by then.
  self->set_down_handler([self](caf::down_msg&) { self->quit(); });
  auto& state = self->state;
  state.pool = std::move(of);
  guarded(self, config.path, [&] { state.out = std::make_shared<event_log_state::writer>(config); });
  if (state.out) {
    state.monitors.add(self, state.pool);
    self->send(state.pool, subscribe_pool{});
    self->delayed_send(self, config.flush_every, event_log_timer{});
  }
  auto with_file = [self, path = config.path](auto action) {
    if (self->state.out)
      guarded(self, path, std::move(action));
  };
  return {
    [self, with_file](const pool_event& event) { with_file([&] { take(self, event); }); },
    [self, with_file](const crash_dossiers& all) { with_file([&] { take(self, all); }); },
    [self, with_file, every = config.flush_every](const event_log_timer&) {
      with_file([&] { self->state.out->flush(); });
      self->delayed_send(self, every, event_log_timer{});
    },
  };
}

event_log_actor spawn_event_log(caf::actor_system& system, event_log_config config, const pool_actor& of) {
  auto made = system.spawn(event_log, std::move(config), of);
  caf::send_as(made, of, subscribe_pool{}); // its own comes when it is first scheduled, and does no harm
  return made;
}

} // namespace leanworker
