// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/pool_ledger.hpp>

#include <algorithm>

namespace leanworker::internal {

void pool_ledger::finished(const request_outcome& outcome, const row_port* rows) {
  ++counters.finished;
  ++outcomes_.at(static_cast<std::size_t>(outcome.code));
  counters.rows_delivered += outcome.rows_delivered;
  if (rows && outcome.work_started) {
    ++counters.streams;
    counters.streams_failed += outcome.ok() ? 0 : 1;
    counters.backpressure_waits += rows->meter()->waits;
    counters.backpressure_time += std::chrono::microseconds{rows->meter()->waited_microseconds};
  }
  if (outcome.work_started) {
    times.work.record(outcome.work_time);
    if (outcome.import_time.count() > 0)
      times.import_time.record(outcome.import_time);
    ++served_;
    service_ += outcome.work_time + outcome.import_time;
  }
}

void pool_ledger::granted(std::chrono::microseconds waited) {
  times.queue_wait.record(waited);
  high.wait = std::max(high.wait, waited);
}

void pool_ledger::refused(errc code) {
  ++counters.refused;
  ++refusals_.at(static_cast<std::size_t>(code));
}

void pool_ledger::lease_invalidated(errc cause) {
  ++counters.leases_invalidated;
  ++lease_ends_.at(static_cast<std::size_t>(cause));
}

void pool_ledger::restarted(const std::string& cause) {
  ++counters.restarts;
  ++restart_causes_[cause];
}

void pool_ledger::keep(crash_dossier dossier) {
  dossiers_.push_back(std::move(dossier));
  while (dossiers_.size() > dossiers_max_)
    dossiers_.pop_front();
}

std::map<std::string, std::uint64_t> pool_ledger::named(const per_code& counts) {
  std::map<std::string, std::uint64_t> result;
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] != 0)
      result.emplace(to_string(static_cast<errc>(i)), counts[i]);
  return result;
}

pool_counters pool_ledger::by_cause() const {
  auto result = counters;
  result.outcomes = named(outcomes_);
  result.refusals = named(refusals_);
  result.lease_ends = named(lease_ends_);
  result.restart_causes = restart_causes_;
  result.cycles = cycles_;
  return result;
}

std::chrono::microseconds pool_ledger::mean_service() const noexcept {
  return served_ == 0 ? std::chrono::microseconds{0} : service_ / static_cast<std::int64_t>(served_);
}

} // namespace leanworker::internal
