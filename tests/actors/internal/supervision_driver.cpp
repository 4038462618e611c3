// SPDX-License-Identifier: Apache-2.0
#include <leanworker/tests/actors/internal/supervision_driver.hpp>

#include <stdexcept>

namespace leanworker::internal {
namespace {

using namespace std::chrono_literals;

struct summary {
  std::string operator()(const supervise::start& e) const { return "start(" + e.id + std::to_string(e.incarnation) + ")"; }
  std::string operator()(const supervise::stop& e) const { return "stop(" + e.id + ")"; }
  std::string operator()(const supervise::kill& e) const { return "kill(" + e.id + ")"; }
  std::string operator()(const supervise::abandon& e) const { return "abandon(" + e.id + ")"; }
  std::string operator()(const supervise::forget& e) const { return "forget(" + e.id + ")"; }
  std::string operator()(const supervise::tell&) const { return ""; }
  std::string operator()(const supervise::arm&) const { return ""; }
  std::string operator()(const supervise::finish& e) const {
    return e.reason.code == errc::none ? "finish" : "finish(" + std::string{to_string(e.reason.code)} + ")";
  }
};

void append(std::string& text, const std::string& more) {
  if (!more.empty() && more != "-")
    text += (text.empty() ? "" : " ") + more;
}

std::string text_of(const child_event& event) {
  auto text = event.child + ' ' + std::string{to_string(event.kind)};
  if (event.kind == child_event_kind::restarting)
    return text + ' ' + std::to_string(event.delay.count());
  if (event.reason.code != errc::none)
    text += ' ' + std::string{to_string(event.reason.code)};
  return event.kind == child_event_kind::down && event.planned ? text + " planned" : text;
}

} // namespace

supervision_config driven_supervision(supervision_strategy strategy) {
  supervision_config config;
  config.strategy = strategy;
  config.intensity = 100;
  config.jitter = 0.0;
  config.abandon_after = 500ms;
  return config;
}

std::vector<supervised> children(const std::string& ids, restart_type type) {
  std::vector<supervised> made;
  for (char id : ids)
    made.push_back({std::string{id}, type, child_kind::worker, 1000ms});
  return made;
}

supervision_driver::supervision_driver(supervision_config config) : machine{"top", config, [this] { return dice; }} {}

std::string supervision_driver::begin(std::vector<supervised> all) { return note(machine.begin(std::move(all), now)); }

std::string supervision_driver::end(const std::string& id, failure_reason reason) {
  return end_of(id, status(id).incarnation, std::move(reason));
}

std::string supervision_driver::end_of(const std::string& id, std::uint64_t incarnation, failure_reason reason) {
  return note(machine.ended(id, incarnation, std::move(reason), now));
}

std::string supervision_driver::add(const std::string& id, restart_type type) {
  return note(machine.add({id, type, child_kind::worker, 1000ms}, now));
}

supervise_effects supervision_driver::answer(const supervise::start& order) {
  if (auto broken = broken_starts.find(order.id); broken != broken_starts.end() && broken->second > 0) {
    --broken->second;
    return machine.start_failed(order.id, {errc::actor_start_failed, "no such thing", {}}, now);
  }
  return machine.started(order.id, now);
}

std::string supervision_driver::note(const supervise_effects& effects) {
  std::string text;
  for (const auto& one : effects) {
    append(text, std::visit(summary{}, one));
    if (auto told = std::get_if<supervise::tell>(&one)) {
      events.push_back(told->event);
      if (told->event.kind == child_event_kind::restarting)
        last_delay_ = told->event.delay;
    }
    if (auto armed = std::get_if<supervise::arm>(&one)) {
      epoch_ = armed->epoch;
      due_ = now + armed->after;
    }
    if (auto finish = std::get_if<supervise::finish>(&one))
      final_reason = finish->reason;
  }
  // The world answers when all orders were carried out.
  for (const auto& one : effects) {
    if (auto start = std::get_if<supervise::start>(&one))
      append(text, note(answer(*start)));
    if (auto stop = std::get_if<supervise::stop>(&one); stop && !stubborn.contains(stop->id))
      append(text, leave(stop->id));
  }
  return text.empty() ? "-" : text;
}

std::string supervision_driver::pass(milliseconds time) {
  std::string text;
  auto end = now + time;
  while (due_ <= end) {
    now = std::exchange(due_, supervision::time_point::max());
    append(text, note(machine.timer(epoch_, now)));
  }
  now = end;
  return text.empty() ? "-" : text;
}

child_status supervision_driver::status(const std::string& id) const {
  for (const auto& one : machine.list(now))
    if (one.id == id)
      return one;
  throw std::out_of_range{"there is no child " + id};
}

std::string supervision_driver::heard() {
  std::string text;
  for (; heard_ < events.size(); ++heard_)
    text += (text.empty() ? "" : ", ") + text_of(events[heard_]);
  return text;
}

} // namespace leanworker::internal
