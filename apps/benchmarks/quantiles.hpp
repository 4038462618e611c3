// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

namespace leanworker::bench {

/// Measured values, in microseconds, all kept.
class quantiles {
public:
  void add(double value) { values_.push_back(value); }
  double at(double q) const {
    auto sorted = values_;
    std::sort(sorted.begin(), sorted.end());
    return sorted.empty() ? 0 : sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(q * static_cast<double>(sorted.size())))];
  }
  std::size_t count() const noexcept { return values_.size(); }
  double total() const { return std::accumulate(values_.begin(), values_.end(), 0.0); }
  void append(const quantiles& other) { values_.insert(values_.end(), other.values_.begin(), other.values_.end()); }

private:
  std::vector<double> values_;
};

/// Prints one line per figure, for people or as JSON, as soon as it is known.
class figures {
public:
  explicit figures(bool json) : json_{json} {
    if (!json_)
      fmt::print("{:<62} {:>7} {:>10} {:>10} {:>10} {:>9}\n", "what", "n", "p50 us", "p90 us", "p99 us", "promise");
  }
  /// `promise`: the p50 is to be at most this; 0: nothing is promised.
  void add(const std::string& what, const quantiles& q, double promise = 0) {
    if (json_)
      fmt::print(R"({{"what":"{}","n":{},"p50_us":{:.1f},"p90_us":{:.1f},"p99_us":{:.1f},"promise_us":{}}})" "\n", what, q.count(), q.at(0.5), q.at(0.9), q.at(0.99),
                 promise);
    else
      fmt::print("{:<62} {:>7} {:>10.1f} {:>10.1f} {:>10.1f} {:>9}\n", what, q.count(), q.at(0.5), q.at(0.9), q.at(0.99), kept(q.at(0.5), promise, true));
    std::fflush(stdout);
  }
  void add_value(const std::string& what, double value, const std::string& unit, double promise, bool at_most) {
    if (json_)
      fmt::print(R"({{"what":"{}","value":{:.3f},"unit":"{}","promise":{}}})" "\n", what, value, unit, promise);
    else
      fmt::print("{:<62} {:>18.3f} {:>2} {:>29}\n", what, value, unit, kept(value, promise, at_most));
    std::fflush(stdout);
  }

private:
  static std::string kept(double value, double promise, bool at_most) {
    if (promise == 0)
      return "";
    bool good = at_most ? value <= promise : value >= promise;
    return fmt::format("{:.4g} {}", promise, good ? "kept" : "NOT KEPT");
  }
  bool json_;
};

} // namespace leanworker::bench
