// SPDX-License-Identifier: Apache-2.0
#include <leanworker/messages/request_notes.hpp>

#include <utility>

namespace leanworker {

void request_notes::position(std::uint64_t bytes) {
  std::lock_guard lock{mutex_};
  partial_.position_bytes = bytes;
  partial_.has_position = true;
}

void request_notes::diagnostic(std::string json) {
  std::lock_guard lock{mutex_};
  if (partial_.truncated || diagnostics_bytes_ + json.size() > diagnostics_bytes_max) {
    partial_.truncated = true;
    return;
  }
  diagnostics_bytes_ += json.size();
  partial_.diagnostics.push_back(std::move(json));
}

void request_notes::panic(std::string line) {
  std::lock_guard lock{mutex_};
  if (!panic_.empty())
    return;
  panic_ = std::move(line);
  if (panic_.size() > panic_bytes_max)
    panic_.resize(panic_bytes_max);
}

partial_results request_notes::partial() const {
  std::lock_guard lock{mutex_};
  return partial_;
}

std::string request_notes::panic() const {
  std::lock_guard lock{mutex_};
  return panic_;
}

} // namespace leanworker
