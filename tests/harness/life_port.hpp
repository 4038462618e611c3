// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/child/data_row.hpp>

#include <memory>
#include <optional>
#include <string>

namespace leanworker::harness {

/// Takes the rows of one request and checks them: I8 (each once, in order), I10 (no row of another request, none after the end). A row's payload is the ticket of its request.
class life_port : public row_port {
public:
  explicit life_port(std::uint64_t ticket) : ticket_{ticket} {}

  void take(row_slice slice) override {
    visit_rows(
      slice,
      [this](const data_row& row) {
        if (good_)
          problem_ = "I10: a row came after the end of its request";
        if (row.json != std::to_string(ticket_))
          problem_ = "I10: a row of another request: " + std::string{row.json};
        if (row.sequence != next_++)
          problem_ = "I8: row " + std::to_string(row.sequence) + " came, row " + std::to_string(next_ - 1) + " was due";
        return true;
      },
      [](const frame_view&) { return true; });
  }
  void closed(rows_summary summary) override {
    if (summary.rows != next_)
      problem_ = "I9: the summary tells " + std::to_string(summary.rows) + " rows, " + std::to_string(next_) + " came";
  }
  /// The request has this many rows, as its outcome says. One that was ended from the parent's side may see more, which were on their way and are void.
  void end(std::uint64_t told, bool good) {
    good_ = good;
    if (good ? told != next_ : told > next_)
      problem_ = "I9: the outcome tells " + std::to_string(told) + " rows, " + std::to_string(next_) + " came";
  }
  /// "I8: …: request 7"; empty while all is well.
  std::string problem() const { return problem_.empty() ? problem_ : problem_ + ": request " + std::to_string(ticket_); }

private:
  std::uint64_t ticket_;
  std::uint64_t next_ = 0;
  bool good_ = false; ///< It ended well.
  std::string problem_;
};

} // namespace leanworker::harness
