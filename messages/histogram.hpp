// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace leanworker {

/// Counts of durations in buckets that grow with the value: eight per power of two, as HdrHistogram has them (Tene), so that a quantile is told with a relative
/// error of at most 1/8. From 1 µs to over an hour; what is longer counts as the longest. Constant memory, made of integers only.
class latency_histogram {
public:
  void record(std::chrono::microseconds value) noexcept;
  void merge(const latency_histogram& other) noexcept;

  std::uint64_t count() const noexcept { return count_; }
  std::chrono::microseconds sum() const noexcept { return std::chrono::microseconds{static_cast<std::int64_t>(sum_us_)}; }
  std::chrono::microseconds max() const noexcept { return std::chrono::microseconds{static_cast<std::int64_t>(max_us_)}; }
  /// The value that a share of `q` (0…1) of all do not exceed: the upper end of its bucket, and never more than the maximum. 0 when empty.
  std::chrono::microseconds quantile(double q) const noexcept;

  friend bool operator==(const latency_histogram&, const latency_histogram&) = default;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, latency_histogram& x) {
    return f(x.buckets_, x.count_, x.sum_us_, x.max_us_);
  }

private:
  static constexpr std::size_t sub_buckets = 8;
  static constexpr std::size_t buckets_max = 30 * sub_buckets; ///< 8 values below 8 µs, then eight per power of two up to 2^32 µs.

  static std::size_t bucket_of(std::uint64_t us) noexcept;
  static std::uint64_t upper_end(std::size_t bucket) noexcept;

  std::vector<std::uint64_t> buckets_ = std::vector<std::uint64_t>(buckets_max);
  std::uint64_t count_ = 0;
  std::uint64_t sum_us_ = 0;
  std::uint64_t max_us_ = 0;
};

} // namespace leanworker
