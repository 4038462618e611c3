// SPDX-License-Identifier: Apache-2.0
#include <leanworker/actors/internal/row_ledger.hpp>

namespace leanworker::internal {
namespace {

constexpr std::size_t shown_bytes_max = 64;

} // namespace

errc row_ledger::refuse(errc code, std::string problem) {
  problem_ = std::move(problem);
  return code;
}

std::uint64_t* row_ledger::counter(std::string_view stream) {
  if (last_ < order_.size() && order_[last_].stream == stream)
    return &order_[last_].rows;
  auto found = places_.find(stream);
  if (found == places_.end()) {
    if (order_.size() >= streams_max)
      return nullptr;
    found = places_.emplace(stream, static_cast<std::uint32_t>(order_.size())).first;
    order_.push_back({std::string{stream}, 0});
  }
  last_ = found->second;
  return &order_[last_].rows;
}

errc row_ledger::take(std::string_view body) {
  row_view row;
  if (auto code = decode_row(body, row); code != errc::none)
    return refuse(code, "the body of a row of " + std::to_string(body.size()) + " bytes is not as it must be");
  auto expected = counter(row.stream);
  if (!expected)
    return refuse(errc::row_sequence_broken, "more than " + std::to_string(streams_max) + " streams in one request");
  if (row.sequence != *expected)
    return refuse(errc::row_sequence_broken, "stream '" + std::string{row.stream.substr(0, shown_bytes_max)} + "': row "
                                               + std::to_string(*expected) + " was due, row " + std::to_string(row.sequence) + " came");
  ++*expected;
  ++rows_;
  payload_bytes_ += row.payload.size();
  return errc::none;
}

std::vector<stream_count> row_ledger::streams() const { return order_; }

} // namespace leanworker::internal
