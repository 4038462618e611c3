// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/handshake.hpp>
#include <leanworker/messages/request.hpp>

#include <algorithm>
#include <chrono>
#include <string>

/// Shared by the two parts of the worker machine.
namespace leanworker::internal {

inline std::chrono::milliseconds chosen(std::chrono::milliseconds wanted, std::chrono::milliseconds otherwise) {
  return wanted.count() > 0 ? wanted : otherwise;
}

/// Who says "for ever" gets a year: what is longer overflows once it is added to a time.
inline std::chrono::milliseconds bounded(std::chrono::milliseconds wanted) {
  return std::min<std::chrono::milliseconds>(wanted, std::chrono::hours{24 * 365});
}

inline request_outcome outcome_of(errc code, std::string message) {
  request_outcome outcome;
  outcome.code = code;
  outcome.message = std::move(message);
  return outcome;
}

inline request_outcome outcome_of(errc code) { return outcome_of(code, std::string{describe(code)}); }

/// An error object of the child.
inline request_outcome refused_outcome(std::string_view body) {
  auto error = decode_error(body);
  if (error.code == "near_memory_limit")
    return outcome_of(errc::child_near_memory_limit, std::move(error.message));
  if (error.code == "not_believed")
    return outcome_of(errc::child_not_believed, std::move(error.message));
  return outcome_of(errc::child_refused, {});
}

inline request_outcome outcome_of(const child_down& end) {
  auto outcome = outcome_of(end.cause, end.str());
  outcome.down = end;
  return outcome;
}

} // namespace leanworker::internal
