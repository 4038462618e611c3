// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/config/retry_config.hpp>

#include <algorithm>
#include <chrono>

namespace leanworker::internal {

/// A token bucket: retries are for rare failures; where everything fails they would only double the load. Pure: time is an argument.
class retry_budget {
public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit retry_budget(retry_config config) : config_{config}, tokens_{config.tokens_max} {}

  /// Takes a token. False when there is none.
  bool allow(time_point now) {
    refill(now);
    if (tokens_ < 1.0)
      return false;
    tokens_ -= 1.0;
    return true;
  }
  double tokens(time_point now) {
    refill(now);
    return tokens_;
  }

private:
  void refill(time_point now) {
    if (last_ != time_point{} && now > last_)
      tokens_ = std::min(config_.tokens_max, tokens_ + config_.tokens_per_second * std::chrono::duration<double>(now - last_).count());
    last_ = std::max(last_, now);
  }

  retry_config config_;
  double tokens_;
  time_point last_{};
};

} // namespace leanworker::internal
