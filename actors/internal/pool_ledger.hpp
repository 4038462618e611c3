// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/internal/pool_slot.hpp>
#include <leanworker/messages/pool_snapshot.hpp>

#include <array>
#include <deque>

namespace leanworker::internal {

/// The pool's books: counters, histograms, high-water marks, crash dossiers. Only adds up; decides nothing.
class pool_ledger {
public:
  explicit pool_ledger(std::size_t dossiers_max) : dossiers_max_{dossiers_max} {}

  pool_counters counters; ///< All but the maps by cause, which `by_cause` fills in.
  pool_high_water high;
  pool_histograms times;

  void finished(const request_outcome& outcome, const row_port* rows = nullptr);
  void granted(std::chrono::microseconds waited);
  void refused(errc code);
  void lease_invalidated(errc cause);
  void restarted(const std::string& cause);
  void cycled(std::string_view reason) { ++cycles_[std::string{reason}]; }
  void keep(crash_dossier dossier);

  /// The counters with their maps.
  pool_counters by_cause() const;
  const std::deque<crash_dossier>& dossiers() const noexcept { return dossiers_; }
  /// Mean of dispatch to outcome so far; 0 before the first.
  std::chrono::microseconds mean_service() const noexcept;

private:
  using per_code = std::array<std::uint64_t, errc_count>;
  static std::map<std::string, std::uint64_t> named(const per_code& counts);

  std::size_t dossiers_max_;
  per_code outcomes_{};
  per_code refusals_{};
  per_code lease_ends_{};
  std::map<std::string, std::uint64_t> restart_causes_; ///< Names of errc and of cycle reasons: a closed set.
  std::map<std::string, std::uint64_t> cycles_;
  std::deque<crash_dossier> dossiers_;
  std::uint64_t served_ = 0;
  std::chrono::microseconds service_{0};
};

} // namespace leanworker::internal
