// SPDX-License-Identifier: Apache-2.0
#include <leanworker/messages/histogram.hpp>

#include <algorithm>
#include <bit>
#include <cmath>

namespace leanworker {

std::size_t latency_histogram::bucket_of(std::uint64_t us) noexcept {
  if (us < sub_buckets)
    return static_cast<std::size_t>(us);
  // The three bits below the highest one choose among the eight buckets of its power of two.
  auto power = static_cast<std::size_t>(std::bit_width(us)) - 1;
  auto sub = static_cast<std::size_t>(us >> (power - 3)) - sub_buckets;
  return std::min(buckets_max - 1, (power - 2) * sub_buckets + sub);
}

std::uint64_t latency_histogram::upper_end(std::size_t bucket) noexcept {
  if (bucket < sub_buckets)
    return bucket;
  auto power = bucket / sub_buckets + 2;
  auto sub = bucket % sub_buckets;
  return ((sub_buckets + sub + 1) << (power - 3)) - 1;
}

void latency_histogram::record(std::chrono::microseconds value) noexcept {
  auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(0, value.count()));
  ++buckets_[bucket_of(us)];
  ++count_;
  sum_us_ += us;
  max_us_ = std::max(max_us_, us);
}

void latency_histogram::merge(const latency_histogram& other) noexcept {
  for (std::size_t i = 0; i < buckets_.size(); ++i)
    buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_us_ += other.sum_us_;
  max_us_ = std::max(max_us_, other.max_us_);
}

std::chrono::microseconds latency_histogram::quantile(double q) const noexcept {
  if (count_ == 0)
    return {};
  auto wanted = static_cast<std::uint64_t>(std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_)));
  wanted = std::max<std::uint64_t>(1, wanted);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i)
    if (seen += buckets_[i]; seen >= wanted)
      return std::chrono::microseconds{static_cast<std::int64_t>(i + 1 == buckets_.size() ? max_us_ : std::min(max_us_, upper_end(i)))};
  return max();
}

} // namespace leanworker
