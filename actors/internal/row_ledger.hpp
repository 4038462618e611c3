// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/frame.hpp>
#include <leanworker/messages/rows.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace leanworker::internal {

/// Checks and counts the rows of one request: each stream's sequence counts from 0 without gap or repeat. Pure.
class row_ledger {
public:
  /// Streams that one request may use; one more is a fault of the child. Each costs some 100 bytes in the parent.
  static constexpr std::size_t streams_max = 65'536;

  /// Takes one row into account. `none`, or what is wrong with it; then `problem()` says it for people.
  errc take(std::string_view body);
  const std::string& problem() const noexcept { return problem_; }

  std::uint64_t rows() const noexcept { return rows_; }
  std::uint64_t payload_bytes() const noexcept { return payload_bytes_; }
  std::vector<stream_count> streams() const;

private:
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  errc refuse(errc code, std::string problem);
  /// The counter of a stream; null when there are too many.
  std::uint64_t* counter(std::string_view stream);

  std::vector<stream_count> order_;
  std::unordered_map<std::string, std::uint32_t, hash, std::equal_to<>> places_;
  std::uint32_t last_ = 0; ///< The stream of the row before: most rows have the same.
  std::uint64_t rows_ = 0;
  std::uint64_t payload_bytes_ = 0;
  std::string problem_;
};

} // namespace leanworker::internal
