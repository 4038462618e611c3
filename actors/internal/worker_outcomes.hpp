// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/request.hpp>

#include <chrono>
#include <string>

/// Shared by the two parts of the worker machine.
namespace leanworker::internal {

inline std::chrono::milliseconds chosen(std::chrono::milliseconds wanted, std::chrono::milliseconds otherwise) {
  return wanted.count() > 0 ? wanted : otherwise;
}

inline request_outcome outcome_of(errc code, std::string message) {
  request_outcome outcome;
  outcome.code = code;
  outcome.message = std::move(message);
  return outcome;
}

inline request_outcome outcome_of(errc code) { return outcome_of(code, std::string{describe(code)}); }

inline request_outcome outcome_of(const child_down& end) {
  auto outcome = outcome_of(end.cause, end.str());
  outcome.down = end;
  return outcome;
}

} // namespace leanworker::internal
