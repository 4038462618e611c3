// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "quantiles.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <string>

namespace leanworker::bench {

/// One measurement of requests.
struct measured_requests {
  std::uint64_t requests = 0;
  double seconds = 0; ///< From the first to the last. Of the raw pipe and the peers, which do nothing between: the sum.
  double p50_us = 0;
  double p99_us = 0;
};

inline measured_requests measured_from(const quantiles& times, double seconds) { return {times.count(), seconds, times.at(0.5), times.at(0.99)}; }

/// Prints one line per figure, for people or as JSON, as soon as it is known. Ratios are those of p50 to that of `ours`.
class figures_of_requests {
public:
  explicit figures_of_requests(bool json) : json_{json} {
    if (!json_)
      fmt::print("{:<52} {:>9} {:>8} {:>11} {:>9} {:>9} {:>9}\n", "what", "requests", "s", "requests/s", "p50 us", "p99 us", "p50/ours");
  }
  void add_ours(const std::string& what, const measured_requests& m) {
    ours_us_ = m.p50_us;
    add(what, m);
  }
  void add(const std::string& what, const measured_requests& m) {
    auto rate = static_cast<double>(m.requests) / m.seconds;
    auto ratio = m.p50_us / ours_us_;
    if (json_)
      fmt::print(R"({{"what":"{}","requests":{},"seconds":{:.4f},"requests_per_second":{:.0f},"p50_us":{:.1f},"p99_us":{:.1f},"p50_ratio_to_ours":{:.2f}}})"
                 "\n",
                 what, m.requests, m.seconds, rate, m.p50_us, m.p99_us, ratio);
    else
      fmt::print("{:<52} {:>9} {:>8.3f} {:>11.0f} {:>9.1f} {:>9.1f} {:>9.2f}\n", what, m.requests, m.seconds, rate, m.p50_us, m.p99_us, ratio);
    std::fflush(stdout);
  }
  void promise_at_most(const std::string& what, double value, double promise) {
    bool kept = value <= promise;
    if (json_)
      fmt::print(R"({{"what":"{}","value":{:.1f},"promise":"at most {}","kept":{}}})" "\n", what, value, promise, kept);
    else
      fmt::print("{:<52} {:>9.1f} at most {}: {}\n", what, value, promise, kept ? "kept" : "NOT KEPT");
    std::fflush(stdout);
  }
  /// `why` holds nothing that JSON would have to escape.
  void not_measured(const std::string& what, const std::string& why) {
    if (json_)
      fmt::print(R"({{"what":"{}","not_measured":"{}"}})" "\n", what, why);
    else
      fmt::print("{:<52} not measured: {}\n", what, why);
    std::fflush(stdout);
  }

private:
  bool json_;
  double ours_us_ = 1;
};

} // namespace leanworker::bench
