// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/internal/row_ledger.hpp>
#include <leanworker/child/frame_batch.hpp>

#include <chrono>

namespace leanworker::internal {

/// The link's part in a request with rows: checks each row, gathers what is neighbouring in a batch into one slice, and puts it into the request's port. No CAF; time is an argument.
class row_tap {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// `port` null: a request that takes no rows.
  void open(std::uint64_t request_id, row_port_ptr port, time_point now);
  /// The request that runs; 0: none.
  std::uint64_t request_id() const noexcept { return request_id_; }
  bool has_port() const noexcept { return port_ != nullptr; }
  /// The request was given up: what still comes for it is checked and dropped.
  bool discarding() const noexcept { return discarding_; }

  /// The row at `index`. `none`, or the child's fault; `problem()` then says it for people.
  errc row(const frame_batch_ptr& batch, std::uint32_t index, time_point now);
  const std::string& problem() const noexcept { return ledger_.problem(); }
  /// A diagnostic, a progress or a log frame, checked by the caller.
  void note(const frame_batch_ptr& batch, std::uint32_t index);
  /// Hands over what was gathered. To be called at the end of each batch.
  void flush();
  /// Nothing more goes to the port.
  void discard(time_point now);
  /// The request has ended in the child, or the child has.
  void close(time_point now);

private:
  void gather(const frame_batch_ptr& batch, std::uint32_t index, std::uint64_t rows);
  void tell_closed(time_point now);

  std::uint64_t request_id_ = 0;
  row_port_ptr port_;
  row_ledger ledger_;
  row_slice gathered_;
  std::uint64_t gathered_rows_ = 0;
  std::uint64_t notes_ = 0;
  bool discarding_ = false;
  time_point opened_at_{};
  time_point first_row_at_{};
};

} // namespace leanworker::internal
