// SPDX-License-Identifier: Apache-2.0
#include <leanworker/tests/actors/internal/machine_driver.hpp>

#include <array>

namespace leanworker::internal {
namespace {

std::string name_of(std::chrono::milliseconds after) {
  switch (after.count()) {
    case 1000: return "start";
    case 2000: return "import";
    case 3000: return "request";
    case 400: return "cancel";
    case 5000: return "reap";
    default: return std::to_string(after.count());
  }
}

std::string name_of(worker_event_kind kind) {
  constexpr std::array names{"started", "ready", "importing", "down", "restarting", "gave_up", "stopped", "log", "settled", "resting"};
  return names.at(static_cast<std::size_t>(kind));
}

std::string name_of(stop_mode mode) {
  constexpr std::array names{"polite", "firm", "hard"};
  return names.at(static_cast<std::size_t>(mode));
}

struct summary {
  std::string operator()(const effect::spawn& e) const { return "spawn(" + std::to_string(e.generation) + ")"; }
  std::string operator()(const effect::accept&) const { return "accept"; }
  std::string operator()(const effect::send& e) const {
    return "send(" + std::string{to_string(e.kind)} + " " + std::to_string(e.request_id) + ")";
  }
  std::string operator()(const effect::stop& e) const { return "stop(" + name_of(e.mode) + ")"; }
  std::string operator()(const effect::arm& e) const { return "arm(" + name_of(e.after) + ")"; }
  std::string operator()(const effect::finish& e) const {
    return "finish(" + std::to_string(e.id) + " " + std::string{to_string(e.outcome.code)} + (e.outcome.work_started ? ",sent)" : ")");
  }
  std::string operator()(const effect::tell& e) const {
    auto cause = e.event.down.cause != errc::none ? e.event.down.cause : e.event.cause;
    return "tell(" + name_of(e.event.kind) + (cause == errc::none ? ")" : "," + std::string{to_string(cause)} + ")");
  }
};

} // namespace

worker_config driven_config() {
  using namespace std::chrono_literals;
  worker_config config;
  config.start_timeout = 1000ms;
  config.import_timeout = 2000ms;
  config.request_timeout = 3000ms;
  config.cancel_grace = 400ms;
  config.reap_guard = 5000ms;
  config.restart.backoff_initial = 50ms;
  config.restart.jitter = 0.0;
  return config;
}

machine_driver::machine_driver(worker_config config) : machine{std::move(config), [] { return 0.5; }} {
  note(machine.start(now));
}

std::string machine_driver::note(const worker_effects& effects) {
  std::string text;
  for (const auto& one : effects) {
    text += (text.empty() ? "" : " ") + std::visit(summary{}, one);
    if (auto finish = std::get_if<effect::finish>(&one))
      outcomes.push_back(*finish);
    if (auto tell = std::get_if<effect::tell>(&one))
      events.push_back(tell->event);
    if (auto frame = std::get_if<effect::send>(&one))
      sent.push_back(*frame);
    if (auto arm = std::get_if<effect::arm>(&one)) {
      epoch_ = arm->epoch;
      due_ = now + arm->after;
    }
  }
  return text.empty() ? "-" : text;
}

std::uint64_t machine_driver::generation() {
  auto chosen = as_generation_.value_or(machine.status().generation);
  as_generation_.reset();
  return chosen;
}

machine_driver& machine_driver::as_generation(std::uint64_t generation) {
  as_generation_ = generation;
  return *this;
}

std::string machine_driver::run(ticket id, std::string body, milliseconds request_timeout, milliseconds import_timeout) {
  return note(machine.run({id, std::move(body), import_timeout, request_timeout, nullptr}, now));
}
std::string machine_driver::cancel(ticket id) { return note(machine.cancel(id, now)); }
std::string machine_driver::rest() { return note(machine.rest(now)); }
std::string machine_driver::wake(bool again) { return note(machine.wake(again, now)); }
std::string machine_driver::kill_for_memory() { return note(machine.kill_child({generation(), errc::memory_limit, {}})); }
std::string machine_driver::stop(bool firmly) { return note(machine.stop(firmly, now)); }
std::string machine_driver::cycle() { return note(machine.cycle(now)); }

std::string machine_driver::started(std::int64_t pid, bool measurable) {
  return note(machine.started({generation(), pid, measurable}, now));
}
std::string machine_driver::hello(std::uint32_t receive_bytes_max, std::uint32_t send_bytes_max) {
  child_hello facts;
  facts.generation = generation();
  facts.child_version = "1.2.3";
  facts.receive_bytes_max = receive_bytes_max;
  facts.send_bytes_max = send_bytes_max;
  return note(machine.hello(facts, now));
}
std::string machine_driver::respond(std::uint64_t request_id, bool refused, std::string body, bool retire) {
  return note(machine.response({generation(), request_id, refused, std::move(body), retire}, now));
}
std::string machine_driver::progress(std::string phase, std::uint64_t current, std::uint64_t total, std::uint64_t request_id) {
  return note(machine.progress({generation(), request_id, std::move(phase), current, total}, now));
}
std::string machine_driver::log() { return note(machine.log({generation(), "info", "hello"})); }
std::string machine_driver::fault(errc cause, std::string detail) { return note(machine.fault({generation(), cause, std::move(detail)})); }
std::string machine_driver::down(errc cause, milliseconds uptime) {
  child_down end;
  end.generation = generation();
  end.cause = cause;
  end.exit = exit_status::exited(42);
  end.detail = "as the link saw it";
  end.stderr_tail = "last words";
  end.uptime = uptime;
  return note(machine.down(std::move(end), now));
}

std::string machine_driver::pass(milliseconds time) {
  auto end = now + time;
  auto text = due_ <= end ? ring() : "-";
  now = end;
  return text;
}
std::string machine_driver::ring() {
  if (due_ == worker_machine::time_point::max())
    return "-";
  now = std::exchange(due_, worker_machine::time_point::max());
  return note(machine.timer(epoch_, now, processor_wait));
}
std::string machine_driver::stale_timer() { return note(machine.timer(epoch_ - 1, now)); }

void machine_driver::become_ready() {
  hello();
  respond(1);
}
void machine_driver::become_busy() {
  become_ready();
  run(7);
}

} // namespace leanworker::internal
