// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/actors/row_consumer.hpp>

#include <type_traits>
#include <vector>

/// Ready-made consumers of rows. All of them may be asked for their numbers when the request has ended.
namespace leanworker {

/// Counts, and looks at nothing.
class counting_rows : public row_consumer {
public:
  sink_status row(const data_row& row) override;
  sink_status rows(const row_slice& slice) override;

  std::uint64_t count() const noexcept { return rows_; }
  std::uint64_t payload_bytes() const noexcept { return payload_bytes_; }

private:
  std::uint64_t rows_ = 0;
  std::uint64_t payload_bytes_ = 0;
};

/// A row of one's own.
struct kept_row {
  std::string stream;
  std::uint64_t sequence = 0;
  std::string json;
  friend bool operator==(const kept_row&, const kept_row&) = default;
};

/// Keeps copies of all rows, and notes, up to a cap on their bytes; one more ends the request with `sink_full`. Empty after a failure.
class collected_rows : public row_consumer {
public:
  explicit collected_rows(std::size_t bytes_max = 64u << 20) : bytes_max_{bytes_max} {}
  sink_status row(const data_row& row) override;
  void note(const row_note& note) override;
  void discard(const request_outcome& outcome) noexcept override;

  const std::vector<kept_row>& kept() const noexcept { return rows_; }
  std::vector<kept_row> take() noexcept { return std::move(rows_); }
  const std::vector<row_note>& notes() const noexcept { return notes_; }
  std::uint64_t notes_dropped() const noexcept { return notes_dropped_; } ///< Beyond the same cap.

private:
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::vector<kept_row> rows_;
  std::vector<row_note> notes_;
  std::uint64_t notes_dropped_ = 0;
};

/// Calls functions. The one for rows may return nothing, a bool (false: seen enough, the request ends with `cancelled`) or a sink_status.
class row_callbacks : public row_consumer {
public:
  using note_function = std::function<void(const row_note&)>;

  template <class F>
  explicit row_callbacks(F on_row, note_function on_note = {}) : on_row_{wrap(std::move(on_row))}, on_note_{std::move(on_note)} {}
  sink_status row(const data_row& row) override { return on_row_(row); }
  void note(const row_note& note) override {
    if (on_note_)
      on_note_(note);
  }

private:
  template <class F>
  static std::function<sink_status(const data_row&)> wrap(F on_row) {
    using result = std::invoke_result_t<F&, const data_row&>;
    return [call = std::move(on_row)](const data_row& row) mutable -> sink_status {
      if constexpr (std::is_same_v<result, void>) {
        call(row);
        return {};
      } else if constexpr (std::is_same_v<result, bool>) {
        return call(row) ? sink_status{} : sink_status::cancel();
      } else {
        return call(row);
      }
    };
  }

  std::function<sink_status(const data_row&)> on_row_;
  note_function on_note_;
};

/// Gives everything to several consumers, in their order. The first that fails decides. `finish` is called in order, too: those before one that fails have finished already and are
/// told `discard`, so put a file last.
class tee_rows : public row_consumer {
public:
  explicit tee_rows(std::vector<std::shared_ptr<row_consumer>> all) : all_{std::move(all)} {}
  sink_status row(const data_row& row) override;
  sink_status rows(const row_slice& slice) override;
  void note(const row_note& note) override;
  sink_status finish(const rows_end& end) override;
  void discard(const request_outcome& outcome) noexcept override;

private:
  std::vector<std::shared_ptr<row_consumer>> all_;
};

} // namespace leanworker
