// SPDX-License-Identifier: Apache-2.0
#pragma once

// Define CAF_SUITE before this, and include it last.
#include <leanworker/tests/actors/actor_suite.hpp>

#include <leanworker/actors/row_consumers.hpp>
#include <leanworker/actors/row_sink.hpp>
#include <leanworker/actors/stream_runner.hpp>

namespace leanworker {

/// What a sink of the test's own heard, and what it does.
struct sink_record {
  std::vector<std::string> heard;
  std::size_t refuse_after = 0;  ///< Rows; 0: never.
  bool die_on_row = false;
  bool silent_at_end = false;
  bool refuse_at_end = false; ///< And then answer as if all were well.
  rows_finished answer;
};

struct probe_sink_state {
  probe_sink_state() = default;
  static inline const char* name = "probe_sink";
};

/// A typed actor of the user's own as a sink.
inline row_sink_actor::behavior_type probe_sink(row_sink_actor::stateful_pointer<probe_sink_state> self, std::shared_ptr<sink_record> record) {
  using runner = caf::typed_actor<caf::reacts_to<rows_refused>>;
  return {
    [=](const row_slice& slice) {
      visit_rows(
        slice,
        [&](const data_row& row) {
          record->heard.push_back(std::string{row.json});
          return true;
        },
        [&](const frame_view& frame) {
          record->heard.push_back(std::string{to_string(frame.header.kind)});
          return true;
        });
      if (record->die_on_row)
        self->quit(caf::sec::runtime_error);
      if (record->refuse_after != 0 && record->heard.size() >= record->refuse_after)
        self->send(caf::actor_cast<runner>(self->current_sender()), rows_refused{errc::cancelled, "seen enough"});
    },
    [=](const finish_rows& order) -> caf::result<rows_finished> {
      record->heard.push_back("finish " + std::to_string(order.summary.rows));
      if (record->refuse_at_end)
        self->send(caf::actor_cast<runner>(self->current_sender()), rows_refused{errc::row_malformed, "the last one"});
      if (record->silent_at_end)
        return self->make_response_promise<rows_finished>();
      return record->answer;
    },
    [=](const discard_rows& order) {
      record->heard.push_back("discard " + std::string{to_string(order.outcome.code)});
      self->quit();
    },
  };
}

struct stream_suite : actor_suite {
  struct requester_state {
    requester_state() = default;
    static inline const char* name = "requester";
  };

  std::shared_ptr<std::vector<stream_done>> done = std::make_shared<std::vector<stream_done>>();
  stream_requester_actor requester = adopt(sys.spawn([box = done](stream_requester_actor::stateful_pointer<requester_state>) {
    return stream_requester_actor::behavior_type{[box](const stream_done& m) { box->push_back(m); }};
  }));
  std::shared_ptr<sink_record> record = std::make_shared<sink_record>();
  row_sink_actor sink = adopt(sys.spawn(probe_sink, record));
  pool_actor pool_under_test = start_pool(pool_of(1));
  stream_runner_actor runner;

  stream_suite() { all_ready(1); }

  stream_spec spec() const {
    stream_spec wanted;
    wanted.id = 1;
    wanted.pool = pool_under_test;
    wanted.request = request(1);
    wanted.sink = sink;
    wanted.request_timeout = 3000ms;
    return wanted;
  }
  void run() { run(spec()); }
  void run(stream_spec wanted) {
    runner = adopt(sys.spawn(stream_runner, std::move(wanted), requester));
    settle();
  }
  void rows(const harness::made_up_batch& batch) {
    links.child(0).rows(batch);
    settle();
  }
  std::string outcome_code() const { return done->empty() ? "-" : std::string{to_string(done->front().outcome.code)}; }
  std::string heard() const {
    std::string all;
    for (const auto& one : record->heard)
      all += (all.empty() ? "" : ", ") + one;
    return all;
  }
};

} // namespace leanworker
