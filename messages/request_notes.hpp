// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

/// What the link of a child learns of a running request before its end, for the outcome.
namespace leanworker {

/// How far a request came that its child did not answer.
struct partial_results {
  std::uint64_t position_bytes = 0;     ///< Where in the source the command begins that ran last.
  bool has_position = false;
  std::vector<std::string> diagnostics; ///< JSON texts, checked, in the order in which they came.
  bool truncated = false;               ///< More diagnostics came than are kept.

  bool empty() const noexcept { return !has_position && diagnostics.empty(); }
  friend bool operator==(const partial_results&, const partial_results&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, partial_results& x) {
  return f(x.position_bytes, x.has_position, x.diagnostics, x.truncated);
}

/// Shared by the link, which writes, and the worker, which reads when it decides the outcome: a message would come too late for a deadline. Safe from
/// any thread; the sizes are bounded.
class request_notes {
public:
  /// Bytes of all diagnostics together that are kept.
  static constexpr std::size_t diagnostics_bytes_max = 64u << 10;
  /// Bytes that are kept of the line that tells of a panic.
  static constexpr std::size_t panic_bytes_max = 1024;

  void position(std::uint64_t bytes);
  void diagnostic(std::string json);
  /// The first line counts.
  void panic(std::string line);

  partial_results partial() const;
  /// Empty: none was told of.
  std::string panic() const;

private:
  mutable std::mutex mutex_;
  partial_results partial_;
  std::size_t diagnostics_bytes_ = 0;
  std::string panic_;
};

using request_notes_ptr = std::shared_ptr<request_notes>;

} // namespace leanworker
