// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/rss_monitor.hpp>

#include <leanworker/actors/internal/handlers.hpp>
#include <leanworker/child/memory_probe.hpp>

#include <algorithm>

namespace leanworker {
namespace {

using memory_subscriber = caf::typed_actor<caf::reacts_to<memory_report>>;

} // namespace

void rss_monitor_state::start(rss_monitor_spec spec) {
  spec_ = std::move(spec);
  pacer_ = internal::rollup_pacer{internal::rollup_pacer::share_default, spec_.rollup_every};
  spec_.every = std::max(spec_.every, std::chrono::milliseconds{1});
  if (!spec_.probe)
    spec_.probe = [](std::int64_t pid) -> memory_look {
      return [probe = std::make_shared<memory_probe>(pid)](bool rollup, std::chrono::milliseconds at) { return probe->look(rollup, at); };
    };
  if (!spec_.machine)
    spec_.machine = [] { return look_at_machine(); };
  begun_ = self->clock().now();
  self->delayed_send(self, spec_.every, monitor_timer{});
}

void rss_monitor_state::watch(const watch_process& order) {
  const auto& from = self->current_sender();
  if (!from)
    return;
  monitors_.add(self, from);
  children_[{from->id(), order.worker}] = {order.generation, spec_.probe(order.pid)};
}

void rss_monitor_state::unwatch(const unwatch_process& order) {
  const auto& from = self->current_sender();
  auto found = from ? children_.find({from->id(), order.worker}) : children_.end();
  if (found != children_.end() && found->second.generation == order.generation)
    children_.erase(found);
}

void rss_monitor_state::subscribe() {
  const auto& from = self->current_sender();
  if (!from || std::find(subscribers_.begin(), subscribers_.end(), from) != subscribers_.end())
    return;
  subscribers_.push_back(from);
  self->send(caf::actor_cast<memory_subscriber>(from), memory_report{{}, spec_.machine(), unavailable_, {}}); // what there is need not be waited for
  monitors_.add(self, from);
}

std::vector<std::pair<const rss_monitor_state::place, rss_monitor_state::watched>*> rss_monitor_state::longest_without_rollup_first() {
  std::vector<std::pair<const place, watched>*> order;
  for (auto& child : children_)
    order.push_back(&child);
  std::stable_sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->second.looks_since_rollup > b->second.looks_since_rollup; });
  return order;
}

memory_sample rss_monitor_state::look_at(watched& child, std::chrono::milliseconds at) {
  if (!pacer_.due(child.looks_since_rollup, child.never_rolled_up)) {
    ++child.looks_since_rollup;
    return child.look(false, at);
  }
  auto before = thread_cpu_time();
  auto sample = child.look(true, at);
  pacer_.spent(thread_cpu_time() - before);
  child.looks_since_rollup = 1;
  child.never_rolled_up = false;
  return sample;
}

void rss_monitor_state::look() {
  using std::chrono::duration_cast;
  auto began = std::chrono::steady_clock::now();
  auto at = duration_cast<std::chrono::milliseconds>(self->clock().now() - begun_);
  pacer_.passed(spec_.every);
  std::map<caf::actor_id, std::vector<memory_sample>> samples;
  for (auto* entry : longest_without_rollup_first()) {
    auto& [where, child] = *entry;
    auto sample = look_at(child, at);
    sample.worker = where.second;
    sample.generation = child.generation;
    unavailable_ += sample.rss.known ? 0 : 1;
    samples[where.first].push_back(std::move(sample));
  }
  auto machine = spec_.machine();
  auto took = duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);
  for (const auto& subscriber : subscribers_)
    self->send(caf::actor_cast<memory_subscriber>(subscriber), memory_report{samples[subscriber->id()], machine, unavailable_, took});
  // The next look follows this one's end, so that slow ones do not pile up.
  self->delayed_send(self, spec_.every, monitor_timer{});
}

void rss_monitor_state::lost(const caf::down_msg& down) {
  monitors_.gone(down.source);
  std::erase_if(subscribers_, [&](const caf::strong_actor_ptr& one) { return down.source == one; });
  std::erase_if(children_, [&](const auto& entry) { return entry.first.first == down.source.id(); });
}

rss_monitor_actor::behavior_type rss_monitor(rss_monitor_actor::stateful_pointer<rss_monitor_state> self, rss_monitor_spec spec) {
  internal::install_quiet_handlers(self);
  self->set_down_handler([self](caf::down_msg& down) { self->state.lost(down); });
  self->state.start(std::move(spec));
  return {
    [self](const watch_process& m) { self->state.watch(m); },
    [self](const unwatch_process& m) { self->state.unwatch(m); },
    [self](const subscribe_memory&) { self->state.subscribe(); },
    [self](const monitor_timer&) { self->state.look(); },
  };
}

} // namespace leanworker
