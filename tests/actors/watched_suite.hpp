// SPDX-License-Identifier: Apache-2.0
#pragma once

// Define CAF_SUITE before this, and include it last, as actor_suite.hpp.
#include <leanworker/tests/actors/lease_suite.hpp>

namespace leanworker {

/// What suites share that read a pool's events, and say how large its children are.
struct watched_suite : lease_suite {
  using events = std::vector<pool_event>;
  std::shared_ptr<events> seen = std::make_shared<events>(); ///< Oldest first.
  pool_watcher_actor watcher = adopt(sys.spawn([all = seen](pool_watcher_actor::pointer) -> pool_watcher_actor::behavior_type {
    return {[all](const pool_event& event) { all->push_back(event); }};
  }));
  std::chrono::milliseconds looks{0}; ///< So many times something was measured.

  /// Nothing is left to chance and nothing is replaced unless a test says so.
  static pool_config steady(unsigned workers) {
    auto config = pool_of(workers);
    config.cycle.imports_max = 0;
    config.cycle.jitter = 0;
    return config;
  }
  pool_spec spec_of(pool_config config) {
    pool_spec spec;
    spec.config = std::move(config);
    spec.links = links.factory();
    spec.random = [] { return 0.5; };
    return spec;
  }
  pool_actor watched_pool(pool_config config) { return watched_pool(spec_of(std::move(config))); }
  pool_actor watched_pool(pool_spec spec) {
    auto handle = start_pool(std::move(spec));
    caf::send_as(watcher, handle, subscribe_pool{});
    settle();
    return handle;
  }

  std::size_t count(pool_event_kind kind) const {
    return static_cast<std::size_t>(std::count_if(seen->begin(), seen->end(), [&](const pool_event& event) { return event.kind == kind; }));
  }
  /// The texts of all events of a kind, one after the other.
  std::string texts(pool_event_kind kind) const {
    std::string found;
    for (const auto& event : *seen)
      if (event.kind == kind)
        found += (found.empty() ? "" : "; ") + event.text;
    return found;
  }

  /// The monitor's word on one child; a size of 0: it could not be measured. Slots and workers have the same numbers where workers start in their order.
  void measure(const pool_actor& pool, std::uint32_t slot, std::uint64_t rss_mib, std::uint64_t private_mib = 0) {
    ++looks;
    measure_again(pool, slot, rss_mib, private_mib);
  }
  /// The same, but the dear reading of the private memory is the one of the time before.
  void measure_again(const pool_actor& pool, std::uint32_t slot, std::uint64_t rss_mib, std::uint64_t private_mib = 0) {
    auto of = [](std::uint64_t mib) { return mib == 0 ? measured_bytes{} : measured_bytes::of(mib << 20); };
    memory_report report;
    auto& sample = report.samples.emplace_back();
    sample.worker = slot;
    sample.generation = links.child(slot).generation;
    sample.rss = of(rss_mib);
    sample.private_dirty = of(private_mib);
    sample.rollup_at = looks;
    caf::anon_send(pool, std::move(report));
    settle();
  }

  /// Submits a request, and has the child of a slot answer it.
  std::string serve(const pool_actor& pool, ticket id, std::size_t slot = 0) {
    submit(pool, id);
    child_answers(slot);
    return answer(id);
  }
  /// Of the child of a slot, as the pool knows it.
  slot_snapshot shown(const pool_actor& pool, std::size_t slot = 0) { return numbers(pool).slots.at(slot); }
  /// How often children were replaced for this reason.
  std::uint64_t cycles(const pool_actor& pool, const std::string& reason) { return numbers(pool).counters.cycles[reason]; }
  /// How often children were started anew because of this.
  std::uint64_t restarts(const pool_actor& pool, const std::string& cause) { return numbers(pool).counters.restart_causes[cause]; }
  std::string end_of(const lease_token& lease) const {
    for (const auto& one : client->all<lease_ended>())
      if (one.lease == lease)
        return one.detail;
    return "-";
  }
  bool leaving(std::size_t slot) { return links.child(slot).stop_asked().has_value(); }
  /// The child obeys its planned end, and the next one becomes ready.
  void replaced(std::size_t slot) {
    child(slot, [](auto& c) { c.leave(); });
    child(slot, [](auto& c) { c.become_ready(); });
  }
  /// Children cannot be started just now.
  void not_started(std::size_t slot) {
    child(slot, [](auto& c) { c.down(errc::not_started, exit_status::not_started(2), "", {}); });
  }
};

} // namespace leanworker
