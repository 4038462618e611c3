// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/snapshot_json.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace leanworker {
namespace {

// In the order in which people like to read it.
using json = nlohmann::ordered_json;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

std::string line(const json& what) { return what.dump(-1, ' ', false, json::error_handler_t::replace); }

std::string utc(std::chrono::system_clock::time_point at) {
  auto ms = duration_cast<milliseconds>(at.time_since_epoch()).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(at)), ms % 1000);
}

json known(const measured_bytes& value) { return value.known ? json(value.bytes) : json(nullptr); }

json shown(const memory_sample& sample) {
  return {{"rss_bytes", known(sample.rss)}, {"pss_bytes", known(sample.pss)}, {"private_dirty_bytes", known(sample.private_dirty)},
          {"threads", sample.threads != 0 ? json(sample.threads) : json(nullptr)}, {"cpu_ms", sample.rss.known ? json(sample.cpu.count()) : json(nullptr)}, {"at_ms", sample.at.count()}};
}

json shown(const latency_histogram& times) {
  auto mean = times.count() == 0 ? 0 : times.sum().count() / static_cast<std::int64_t>(times.count());
  return {{"count", times.count()},          {"mean_us", mean},
          {"p50_us", times.quantile(0.5).count()}, {"p90_us", times.quantile(0.9).count()},
          {"p99_us", times.quantile(0.99).count()}, {"max_us", times.max().count()}};
}

json shown(const slot_snapshot& slot) {
  json warm = slot.warm_keys;
  return {{"slot", slot.slot}, {"state", to_string(slot.state)}, {"spare", slot.spare}, {"generation", slot.generation},
          {"pid", slot.pid != 0 ? json(slot.pid) : json(nullptr)}, {"child", slot.child}, {"warm_keys", std::move(warm)},
          {"cycle_reason", slot.cycle_reason}, {"lease", slot.lease}, {"request", slot.request},
          {"generation_requests", slot.generation_requests}, {"generation_imports", slot.generation_imports},
          {"requests", slot.requests}, {"imports", slot.imports}, {"restarts", slot.restarts}, {"failures", slot.failures},
          {"age_ms", slot.age.count()}, {"idle_ms", slot.idle.count()}, {"memory", shown(slot.memory)},
          {"baseline_bytes", slot.baseline_bytes != 0 ? json(slot.baseline_bytes) : json(nullptr)}, {"last_end", slot.last_end}};
}

json shown(const pool_counters& c) {
  return {{"admitted", c.admitted}, {"finished", c.finished}, {"refused", c.refused}, {"running", c.running}, {"retries", c.retries},
          {"retries_denied", c.retries_denied}, {"outcomes", c.outcomes}, {"refusals", c.refusals},
          {"leases_granted", c.leases_granted}, {"leases_released", c.leases_released}, {"leases_dropped", c.leases_dropped},
          {"leases_invalidated", c.leases_invalidated}, {"lease_ends", c.lease_ends}, {"spawned", c.spawned}, {"restarts", c.restarts},
          {"restart_causes", c.restart_causes}, {"cycles", c.cycles}, {"evictions", c.evictions}, {"imports", c.imports},
          {"streams", c.streams}, {"streams_failed", c.streams_failed}, {"rows_delivered", c.rows_delivered},
          {"backpressure_waits", c.backpressure_waits}, {"backpressure_us", c.backpressure_time.count()}, {"stale_messages", c.stale_messages}, {"samples_unavailable", c.samples_unavailable}};
}

json shown(const pool_memory& memory) {
  return {{"used_bytes", memory.used_bytes}, {"reserved_bytes", memory.reserved_bytes},
          {"limit_bytes", memory.limit_bytes != 0 ? json(memory.limit_bytes) : json(nullptr)}, {"unavailable", memory.unavailable},
          {"admission_paused", memory.admission_paused}, {"machine_total_bytes", known(memory.machine.total)},
          {"machine_available_bytes", known(memory.machine.available)}, {"group_limit_bytes", known(memory.machine.group_limit)},
          {"group_current_bytes", known(memory.machine.group_current)}};
}

json shown(const child_down& down) {
  return {{"generation", down.generation}, {"cause", to_string(down.cause)}, {"exit", down.exit.str()}, {"detail", down.detail},
          {"uptime_ms", down.uptime.count()}, {"stderr_tail", down.stderr_tail}};
}

} // namespace

std::string to_json(const pool_snapshot& s) {
  json slots = json::array();
  for (const auto& slot : s.slots)
    slots.push_back(shown(slot));
  json breakers = json::array();
  for (const auto& b : s.breakers)
    breakers.push_back({{"child", b.child}, {"state", b.state}, {"failures", b.failures}, {"retry_after_ms", b.retry_after.count()},
                        {"last_failure", b.last_failure}});
  json queue = json::object();
  for (std::size_t i = 0; i < s.queued.size(); ++i)
    queue[std::string{to_string(static_cast<priority>(i))}] = {{"waiting", s.queued[i]}, {"oldest_wait_us", s.oldest_wait_us[i]}};
  return line({{"uptime_ms", s.uptime.count()}, {"paused", s.paused}, {"draining", s.draining}, {"stopping", s.stopping}, {"workers", s.workers},
               {"leases", s.leases}, {"queue", std::move(queue)}, {"slots", std::move(slots)}, {"counters", shown(s.counters)},
               {"high_water", {{"queued", s.high_water.queued}, {"busy", s.high_water.busy}, {"leases", s.high_water.leases},
                               {"wait_us", s.high_water.wait.count()}, {"memory_bytes", s.high_water.memory_bytes}}},
               {"times", {{"queue_wait", shown(s.histograms.queue_wait)}, {"start", shown(s.histograms.start)},
                          {"import", shown(s.histograms.import_time)}, {"work", shown(s.histograms.work)},
                          {"recovery", shown(s.histograms.recovery)}}},
               {"memory", shown(s.memory)}, {"breakers", std::move(breakers)}, {"quarantined", s.quarantined}, {"dossiers", s.dossiers},
               {"tree", render_tree({"pool", child_kind::worker, restart_type::permanent, child_state::running, 0, 0, s.uptime, {}, tree_of(s)})}});
}

std::string to_json(const pool_event& e, std::chrono::system_clock::time_point at) {
  json out{{"at", utc(at)}, {"since_us", e.at.count()}, {"kind", to_string(e.kind)}};
  auto add = [&](const char* name, auto value) {
    if (value != 0)
      out[name] = value;
  };
  add("request", e.request);
  add("id", e.id);
  add("lease", e.lease);
  bool of_a_worker = e.slot != 0 || e.generation != 0 || (e.kind >= pool_event_kind::lease_granted && e.kind <= pool_event_kind::cycle_put_off)
                     || e.kind == pool_event_kind::started;
  if (of_a_worker) {
    out["slot"] = e.slot;
    out["generation"] = e.generation;
  }
  if (e.code != errc::none)
    out["code"] = to_string(e.code);
  add("value", e.value);
  add("limit", e.limit);
  if (!e.text.empty())
    out["text"] = e.text;
  return line(out);
}

std::string to_json(const crash_dossier& d) {
  json curve = json::array();
  for (const auto& sample : d.memory_curve)
    curve.push_back(shown(sample));
  auto at = std::chrono::system_clock::time_point{milliseconds{d.unix_ms}};
  return line({{"at", utc(at)}, {"since_us", d.at.count()}, {"kind", "dossier"}, {"slot", d.slot}, {"child", d.child}, {"down", shown(d.down)},
               {"request", d.request}, {"was_running", d.was_running}, {"request_head", d.request_head},
               {"generation_requests", d.generation_requests}, {"memory_curve", std::move(curve)}});
}

} // namespace leanworker
