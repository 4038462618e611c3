// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leanworker/messages/pool.hpp>
#include <leanworker/messages/rows.hpp>

#include <chrono>
#include <string>
#include <vector>

/// What a stream runner and a row sink say to each other, and how the runner's requester hears of the end. Rows themselves travel as `row_slice`.
namespace leanworker {

/// The request succeeded, and you have been sent all its rows. Make them final; not after `deadline`. Runner → sink; answered with `rows_finished`.
struct finish_rows {
  rows_summary summary;
  std::string result; ///< The child's own words: JSON text.
  std::chrono::steady_clock::time_point deadline{}; ///< Counted from its sending, whatever waits before it. Stays in this process.
  friend bool operator==(const finish_rows&, const finish_rows&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, finish_rows& x) {
  return f(x.summary, x.result);
}

/// `none`: everything is final. Anything else makes the request fail with it.
struct rows_finished {
  errc code = errc::none;
  std::string message;
  friend bool operator==(const rows_finished&, const rows_finished&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, rows_finished& x) {
  return f(x.code, x.message);
}

/// The request failed: what you were sent is void. Runner → sink, its last word.
struct discard_rows {
  request_outcome outcome;
  friend bool operator==(const discard_rows&, const discard_rows&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, discard_rows& x) {
  return f(x.outcome);
}

/// I take no more: end the request with this. Sink → runner, at any time before it has answered `finish_rows`; `cancelled` for one that has seen enough.
struct rows_refused {
  errc code = errc::sink_failed;
  std::string message;
  friend bool operator==(const rows_refused&, const rows_refused&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, rows_refused& x) {
  return f(x.code, x.message);
}

/// End the request now. Anyone → runner; the end is told as always.
struct cancel_stream {
  bool unused = false;
  friend bool operator==(const cancel_stream&, const cancel_stream&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, cancel_stream& x) {
  return f(x.unused);
}

/// How a request with rows ended, sink included. Runner → requester, exactly once, the runner's last word.
struct stream_done {
  ticket id = 0;
  request_outcome outcome; ///< Its code is the sink's where that failed first.
  rows_summary rows;
  std::vector<child_down> deaths; ///< As in `submission_done`.
  friend bool operator==(const stream_done&, const stream_done&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, stream_done& x) {
  return f(x.id, x.outcome, x.rows, x.deaths);
}

} // namespace leanworker
