// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/cycle_policy.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace leanworker::internal {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

std::string mib(std::int64_t bytes) { return std::to_string(bytes >> 20); }

/// Never below 1: a generation does at least one piece of work.
std::int64_t jittered(double limit, double jitter, double random) {
  return std::max<std::int64_t>(1, std::llround(limit * (1.0 - std::clamp(jitter, 0.0, 1.0) * random)));
}

cycle_reason reason(cycle_kind kind, std::uint64_t amount, std::int64_t bound) { return {kind, static_cast<std::int64_t>(amount), bound}; }

/// Before that its size says nothing: the next one would be as large, and would be replaced before its first request, too.
bool worked(const cycle_facts& facts) { return facts.requests > 0 || facts.imports > 0; }

bool grown(const cycle_config& config, const cycle_facts& facts) {
  return config.growth_bytes_max != 0 && facts.private_dirty.known && facts.private_baseline.known
         && facts.private_dirty.bytes >= facts.private_baseline.bytes + config.growth_bytes_max;
}

measured_bytes lesser(const measured_bytes& a, const measured_bytes& b) {
  return a.known && b.known ? measured_bytes::of(std::min(a.bytes, b.bytes)) : a.known ? a : b;
}

} // namespace

std::string_view to_string(cycle_kind kind) noexcept {
  constexpr std::array<std::string_view, 10> names{"asked", "requests", "imports", "age",            "rss",
                                                   "growth", "idle",    "memory", "asked_by_child", "isolation"};
  static_assert(names.size() == static_cast<std::size_t>(cycle_kind::isolation) + 1);
  auto index = static_cast<std::size_t>(kind);
  return index < names.size() ? names[index] : "unknown";
}

std::string cycle_reason::text() const {
  std::string name{to_string(kind)};
  switch (kind) {
    case cycle_kind::asked:
    case cycle_kind::asked_by_child:
    case cycle_kind::isolation: return name;
    case cycle_kind::requests:
    case cycle_kind::imports: return name + ": " + std::to_string(amount) + " of " + std::to_string(bound);
    case cycle_kind::age:
    case cycle_kind::idle: return name + ": " + std::to_string(amount) + " of " + std::to_string(bound) + " ms";
    default: return name + ": " + mib(amount) + " of " + mib(bound) + " MiB";
  }
}

cycle_verdict cycle_due(const cycle_config& config, const cycle_facts& facts, cycle_facts::time_point now) {
  auto limit = [&](double plain) { return jittered(plain, config.jitter, facts.jitter); };
  if (auto bound = limit(static_cast<double>(config.requests_max)); config.requests_max != 0 && std::cmp_greater_equal(facts.requests, bound))
    return {reason(cycle_kind::requests, facts.requests, bound), {}};
  if (auto bound = limit(static_cast<double>(config.imports_max)); config.imports_max != 0 && std::cmp_greater_equal(facts.imports, bound))
    return {reason(cycle_kind::imports, facts.imports, bound), {}};
  auto age = duration_cast<milliseconds>(now - facts.began).count();
  if (auto bound = limit(static_cast<double>(config.age_max.count())); config.age_max.count() > 0 && age >= bound)
    return {cycle_reason{cycle_kind::age, age, bound}, {}};
  cycle_verdict verdict;
  if (config.rss_bytes_max != 0 && worked(facts) && facts.rss.known && facts.rss.bytes >= config.rss_bytes_max) {
    auto bound = static_cast<std::int64_t>(config.rss_bytes_max);
    auto baseline = facts.rss_baseline.known || !facts.rss_floor.known ? facts.rss_baseline : next_floor(facts);
    // A fresh child would be just as large: replacing it would not help, and would never end.
    if (!baseline.known || baseline.bytes < config.rss_bytes_max)
      return {reason(cycle_kind::rss, facts.rss.bytes, bound), {}};
    verdict.diagnosis = "the limit of " + mib(bound) + " MiB RSS is not above the " + mib(static_cast<std::int64_t>(baseline.bytes))
                        + " MiB that a warm, idle child takes; it is not acted on";
  }
  if (grown(config, facts) && facts.growth_seen >= 2) {
    auto growth = facts.private_dirty.bytes - facts.private_baseline.bytes;
    verdict.reason = reason(cycle_kind::growth, growth, static_cast<std::int64_t>(config.growth_bytes_max));
  }
  return verdict;
}

std::optional<cycle_reason> idle_due(const cycle_config& config, cycle_facts::time_point idle_since, cycle_facts::time_point now) {
  auto idle = duration_cast<milliseconds>(now - idle_since);
  if (config.idle.count() <= 0 || idle < config.idle)
    return std::nullopt;
  return cycle_reason{cycle_kind::idle, idle.count(), config.idle.count()};
}

measured_bytes next_floor(const cycle_facts& facts) noexcept { return lesser(facts.rss_floor, facts.rss_least); }

void take_sample(const cycle_config& config, cycle_facts& facts, const memory_sample& sample, bool idle) {
  facts.rss = sample.rss;
  // The baseline is taken when the child has worked and rests: before that it is not warm.
  bool warm = idle && worked(facts);
  if (warm && sample.rss.known && !facts.rss_baseline.known)
    facts.rss_baseline = sample.rss;
  if (worked(facts))
    facts.rss_least = lesser(facts.rss_least, sample.rss);
  bool fresh = sample.private_dirty.known && sample.rollup_at != facts.last_rollup;
  facts.last_rollup = sample.rollup_at;
  facts.private_dirty = sample.private_dirty;
  if (warm && sample.private_dirty.known && !facts.private_baseline.known)
    facts.private_baseline = sample.private_dirty;
  if (!grown(config, facts))
    facts.growth_seen = 0;
  else if (fresh) // the same reading twice is not a second look
    ++facts.growth_seen;
}

} // namespace leanworker::internal
