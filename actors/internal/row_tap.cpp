// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/row_tap.hpp>

#include <utility>

namespace leanworker::internal {

void row_tap::open(std::uint64_t request_id, row_port_ptr port, time_point now) {
  *this = row_tap{};
  request_id_ = request_id;
  port_ = std::move(port);
  opened_at_ = now;
}

errc row_tap::row(const frame_batch_ptr& batch, std::uint32_t index, time_point now) {
  if (auto code = ledger_.take(batch->frames()[index].body); code != errc::none)
    return code;
  if (ledger_.rows() == 1)
    first_row_at_ = now;
  if (!discarding_)
    gather(batch, index, 1);
  return errc::none;
}

void row_tap::note(const frame_batch_ptr& batch, std::uint32_t index) {
  ++notes_;
  if (!discarding_)
    gather(batch, index, 0);
}

void row_tap::gather(const frame_batch_ptr& batch, std::uint32_t index, std::uint64_t rows) {
  if (gathered_.batch != batch || gathered_.last != index) {
    flush();
    gathered_ = {batch, index, index};
  }
  ++gathered_.last;
  gathered_rows_ += rows;
}

void row_tap::flush() {
  auto slice = std::exchange(gathered_, {});
  auto rows = std::exchange(gathered_rows_, 0);
  if (!slice.batch || !port_ || discarding_)
    return;
  port_->count(rows);
  port_->take(std::move(slice));
}

void row_tap::discard(time_point now) {
  if (request_id_ == 0 || discarding_)
    return;
  flush();
  tell_closed(now);
  discarding_ = true;
}

void row_tap::close(time_point now) {
  if (!discarding_) {
    flush();
    tell_closed(now);
  }
  *this = row_tap{};
}

void row_tap::tell_closed(time_point now) {
  if (!port_)
    return;
  auto passed = [&](time_point then) { return std::chrono::duration_cast<std::chrono::microseconds>(then - opened_at_); };
  rows_summary summary;
  summary.rows = ledger_.rows();
  summary.payload_bytes = ledger_.payload_bytes();
  summary.streams = ledger_.streams();
  summary.notes = notes_;
  summary.backpressure_waits = port_->meter()->waits.load();
  summary.backpressure_time = std::chrono::microseconds{port_->meter()->waited_microseconds.load()};
  if (summary.rows > 0)
    summary.first_row_after = passed(first_row_at_);
  summary.elapsed = passed(now);
  port_->closed(std::move(summary));
  port_.reset();
}

} // namespace leanworker::internal
